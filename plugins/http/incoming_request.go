package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// incomingRequest is behind the resource incoming-request.
type incomingRequest struct {
	method, scheme, path, authority string
	headers                         *fields
	message                         *message
	consumed                        bool
}

// Drop ends a body that nobody has consumed.
func (r *incomingRequest) Drop() {
	if !r.consumed {
		r.message.close()
	}
}

func incomingRequestMethod(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return methodValue(r.method), nil
}

func incomingRequestPathWithQuery(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return wire.OptString(r.path), nil
}

func incomingRequestScheme(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return schemeValue(r.scheme), nil
}

func incomingRequestAuthority(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return wire.OptString(r.authority), nil
}

func incomingRequestHeaders(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return own(c, "fields", r.headers), nil
}

func incomingRequestConsume(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*incomingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	if r.consumed {
		return wire.ErrUnit()
	}
	r.consumed = true
	return wire.Ok(own(c, "incoming-body", &incomingBody{message: r.message}))
}
