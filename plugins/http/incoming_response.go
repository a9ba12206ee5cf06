package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
)

// incomingResponse is behind the resource incoming-response.
type incomingResponse struct {
	incomingMessage
	status int
}

func incomingResponseStatus(_ *host.Call, r *incomingResponse, _ []value.Value) (value.Value, error) {
	return value.U16(uint16(r.status)), nil
}
