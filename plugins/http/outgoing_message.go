package http

import (
	"errors"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// outgoingMessage is what outgoing-request and outgoing-response have in common.
type outgoingMessage struct {
	headers *fields
	body    *pipe // nil until it was taken
	over    Code  // the case for a body of another length than announced
}

// newOutgoing makes a message of headers, which cannot be changed any more.
func newOutgoing(h *fields, over Code) outgoingMessage {
	h.immutable = true
	return outgoingMessage{headers: h, over: over}
}

// Retained counts a body as what it may have waiting.
func (m *outgoingMessage) Retained() int {
	n := m.headers.size
	if m.body != nil {
		n += m.body.retained()
	}
	return n
}

// errNotHandedOver is for a body whose message was dropped.
var errNotHandedOver = errors.New("the message with this body was dropped: nobody will read it")

// Drop ends the body of a message that was not handed over.
func (m *outgoingMessage) Drop() {
	if m.body != nil {
		m.body.abort(errNotHandedOver)
	}
}

func (m *outgoingMessage) outgoing() *outgoingMessage { return m }

// An outgoing object has an outgoingMessage.
type outgoing interface{ outgoing() *outgoingMessage }

func outgoingHeaders(c *host.Call, o outgoing, _ []value.Value) (value.Value, error) {
	return own(c, "fields", o.outgoing().headers), nil
}

// takeOutgoingBody gives the body out, once.
func takeOutgoingBody(c *host.Call, o outgoing, _ []value.Value) (value.Value, error) {
	m := o.outgoing()
	if m.body != nil {
		return wire.ErrUnit()
	}
	length, err := contentLength(m.headers)
	if err != nil {
		return wire.ErrUnit()
	}
	m.body = newPipe(length, m.over)
	return wire.Ok(own(c, "outgoing-body", &outgoingBody{pipe: m.body}))
}
