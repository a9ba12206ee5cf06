package http

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// incomingMessage is what incoming-request and incoming-response have in common.
type incomingMessage struct {
	headers  *fields
	message  *message
	consumed bool
}

// Retained counts the headers, which stay when the body is gone.
func (m *incomingMessage) Retained() int { return m.headers.size }

// Drop ends a body that nobody has consumed.
func (m *incomingMessage) Drop() {
	if !m.consumed {
		m.message.close()
	}
}

func (m *incomingMessage) incoming() *incomingMessage { return m }

// An incoming object has an incomingMessage.
type incoming interface{ incoming() *incomingMessage }

func incomingHeaders(c *host.Call, i incoming, _ []value.Value) (value.Value, error) {
	return own(c, "fields", i.incoming().headers), nil
}

// consumeIncoming gives the body out, once.
func consumeIncoming(c *host.Call, i incoming, _ []value.Value) (value.Value, error) {
	m := i.incoming()
	if m.consumed {
		return wire.ErrUnit()
	}
	m.consumed = true
	return wire.Ok(own(c, "incoming-body", &incomingBody{message: m.message}))
}
