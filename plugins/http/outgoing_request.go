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
	maker           *grants
	headers         *fields
	method, scheme  string // scheme is "" if none was set
	path, authority *string
	body            *pipe // nil until it was taken
}

func newOutgoingRequest(c *host.Call, args []value.Value) (value.Value, error) {
	h, err := host.Object[*fields](args[0])
	if err != nil {
		return value.Value{}, err
	}
	h.immutable = true
	return own(c, "outgoing-request", &outgoingRequest{maker: grantsOf(c), headers: h, method: methods[0]}), nil
}

func outgoingRequestBody(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
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
	r.body = newPipe(length, RequestBodySize)
	return wire.Ok(own(c, "outgoing-body", &outgoingBody{pipe: r.body}))
}

func outgoingRequestMethod(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return methodValue(r.method), nil
}

func outgoingRequestSetMethod(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	m, ok := readMethod(args[1])
	if !ok {
		return wire.ErrUnit()
	}
	r.method = m
	return wire.OkUnit()
}

func outgoingRequestPathWithQuery(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return optional(r.path), nil
}

func outgoingRequestSetPathWithQuery(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	p := readOptional(args[1])
	if p != nil && !validPath(*p) {
		return wire.ErrUnit()
	}
	r.path = p
	return wire.OkUnit()
}

func outgoingRequestScheme(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return schemeValue(r.scheme), nil
}

func outgoingRequestSetScheme(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	s, ok := readScheme(args[1])
	if !ok {
		return wire.ErrUnit()
	}
	r.scheme = s
	return wire.OkUnit()
}

func outgoingRequestAuthority(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return optional(r.authority), nil
}

func outgoingRequestSetAuthority(_ *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	a := readOptional(args[1])
	if a != nil && !validAuthority(*a) {
		return wire.ErrUnit()
	}
	r.authority = a
	return wire.OkUnit()
}

func outgoingRequestHeaders(c *host.Call, args []value.Value) (value.Value, error) {
	r, err := host.Object[*outgoingRequest](args[0])
	if err != nil {
		return value.Value{}, err
	}
	return own(c, "fields", r.headers), nil
}
