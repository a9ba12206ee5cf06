package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// outgoingResponse is behind the resource outgoing-response.
type outgoingResponse struct {
	status  int
	headers *fields
	body    *pipe // nil until it was taken
}

func newOutgoingResponse(c *host.Call, args []value.Value) (value.Value, error) {
	h, err := host.Object[*fields](args[0])
	if err != nil {
		return value.Value{}, err
	}
	h.immutable = true
	return own(c, "outgoing-response", &outgoingResponse{status: 200, headers: h}), nil
}

func outgoingResponseStatusCode(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return value.U16(uint16(r.status)), nil
}

// outgoingResponseSetStatusCode takes final status codes: informational ones are
// sent by send-informational.
func outgoingResponseSetStatusCode(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	n := int(args[1].U16())
	if n < 200 || n > 599 {
		return wire.ErrUnit()
	}
	r.status = n
	return wire.OkUnit()
}

func outgoingResponseHeaders(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return own(c, "fields", r.headers), nil
}

func outgoingResponseBody(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	if r.body != nil {
		return wire.ErrUnit()
	}
	length, err := contentLength(r.headers)
	if err != nil {
		return wire.ErrUnit()
	}
	r.body = newPipe(length, ResponseBodySize)
	return wire.Ok(own(c, "outgoing-body", &outgoingBody{pipe: r.body}))
}
