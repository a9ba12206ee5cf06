package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// outgoingResponse is behind the resource outgoing-response.
type outgoingResponse struct {
	outgoingMessage
	status int
	// whole is the length of a body that had ended when the response was set, else -1.
	whole int64
	// broken is why the body could not be what the guest wanted already then.
	broken error
}

func newOutgoingResponse(c *host.Call, h *fields, _ []value.Value) (value.Value, error) {
	return own(c, "outgoing-response", &outgoingResponse{outgoingMessage: newOutgoing(h, ResponseBodySize), status: 200, whole: -1}), nil
}

func outgoingResponseStatusCode(_ *host.Call, r *outgoingResponse, _ []value.Value) (value.Value, error) {
	return value.U16(uint16(r.status)), nil
}

// outgoingResponseSetStatusCode takes final status codes: informational ones are
// sent by send-informational.
func outgoingResponseSetStatusCode(_ *host.Call, r *outgoingResponse, args []value.Value) (value.Value, error) {
	n := int(args[0].U16())
	if n < 200 || n > 599 {
		return wire.ErrUnit()
	}
	r.status = n
	return wire.OkUnit()
}
