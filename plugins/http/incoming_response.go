package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// incomingResponse is behind the resource incoming-response.
type incomingResponse struct {
	status   int
	headers  *fields
	message  *message
	consumed bool
}

// Drop ends a body that nobody has consumed.
func (r *incomingResponse) Drop() {
	if !r.consumed {
		r.message.close()
	}
}

func incomingResponseStatus(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return value.U16(uint16(r.status)), nil
}

func incomingResponseHeaders(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return own(c, "fields", r.headers), nil
}

func incomingResponseConsume(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingResponse](args[0])
	if err != nil {
		return value.Value{}, err
	}
	if r.consumed {
		return wire.ErrUnit()
	}
	r.consumed = true
	return wire.Ok(own(c, "incoming-body", &incomingBody{message: r.message}))
}
