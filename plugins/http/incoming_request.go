package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// incomingRequest is behind the resource incoming-request.
type incomingRequest struct {
	incomingMessage
	method, scheme, path, authority string
}

func incomingRequestMethod(_ *host.Call, r *incomingRequest, _ []value.Value) (value.Value, error) {
	return methodValue(r.method), nil
}

func incomingRequestPathWithQuery(_ *host.Call, r *incomingRequest, _ []value.Value) (value.Value, error) {
	return wire.OptString(r.path), nil
}

func incomingRequestScheme(_ *host.Call, r *incomingRequest, _ []value.Value) (value.Value, error) {
	return schemeValue(r.scheme), nil
}

func incomingRequestAuthority(_ *host.Call, r *incomingRequest, _ []value.Value) (value.Value, error) {
	return wire.OptString(r.authority), nil
}
