package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// outgoingRequest is behind the resource outgoing-request.
type outgoingRequest struct {
	// maker has the grants of the component that made the request. They say where it
	// may go, whoever sends it.
	maker *grants
	outgoingMessage
	method, scheme  string // scheme is "" if none was set
	path, authority *string
}

func newOutgoingRequest(c *host.Call, h *fields, _ []value.Value) (value.Value, error) {
	return own(c, "outgoing-request", &outgoingRequest{maker: grantsOf(c), outgoingMessage: newOutgoing(h, RequestBodySize), method: methods[0]}), nil
}

// Retained counts the texts that a guest has set as well.
func (r *outgoingRequest) Retained() int {
	n := r.outgoingMessage.Retained() + len(r.method) + len(r.scheme)
	for _, s := range []*string{r.path, r.authority} {
		if s != nil {
			n += len(*s)
		}
	}
	return n
}

func outgoingRequestMethod(_ *host.Call, r *outgoingRequest, _ []value.Value) (value.Value, error) {
	return methodValue(r.method), nil
}

func outgoingRequestSetMethod(_ *host.Call, r *outgoingRequest, args []value.Value) (value.Value, error) {
	m, ok := readMethod(args[0])
	if !ok {
		return wire.ErrUnit()
	}
	r.method = m
	return wire.OkUnit()
}

func outgoingRequestPathWithQuery(_ *host.Call, r *outgoingRequest, _ []value.Value) (value.Value, error) {
	return optional(r.path), nil
}

func outgoingRequestSetPathWithQuery(_ *host.Call, r *outgoingRequest, args []value.Value) (value.Value, error) {
	p := readOptional(args[0])
	if p != nil && !validPath(*p) {
		return wire.ErrUnit()
	}
	r.path = p
	return wire.OkUnit()
}

func outgoingRequestScheme(_ *host.Call, r *outgoingRequest, _ []value.Value) (value.Value, error) {
	return schemeValue(r.scheme), nil
}

func outgoingRequestSetScheme(_ *host.Call, r *outgoingRequest, args []value.Value) (value.Value, error) {
	s, ok := readScheme(args[0])
	if !ok {
		return wire.ErrUnit()
	}
	r.scheme = s
	return wire.OkUnit()
}

func outgoingRequestAuthority(_ *host.Call, r *outgoingRequest, _ []value.Value) (value.Value, error) {
	return optional(r.authority), nil
}

func outgoingRequestSetAuthority(_ *host.Call, r *outgoingRequest, args []value.Value) (value.Value, error) {
	a := readOptional(args[0])
	if a != nil && !validAuthority(*a) {
		return wire.ErrUnit()
	}
	r.authority = a
	return wire.OkUnit()
}
