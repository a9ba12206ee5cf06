package http

import (
	"crypto/tls"
	"net"
	"net/http"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Config says how requests of guests are sent. The zero Config is useful.
type Config struct {
	// TLS is for servers that are reached by https, nil for the system's roots.
	TLS *tls.Config
	// Resolver looks names up, nil for the system's.
	Resolver *net.Resolver
	// ConnectTimeout, FirstByteTimeout and BetweenBytesTimeout are for requests that
	// do not say their own. 0 means 30 seconds, 10 minutes and 10 minutes.
	ConnectTimeout, FirstByteTimeout, BetweenBytesTimeout time.Duration
	// MaxResponseHeader limits the size of a response's header, and that of its
	// trailers, in bytes, of which each field takes 32 beside its name and value. 0
	// means 256 KiB.
	MaxResponseHeader int64
	// MaxRequests limits the requests of one component of one instance that are under
	// way at a time. 0 means 128.
	MaxRequests int
	// Around, if it is not nil, is put around what sends the requests of a component,
	// to observe them. The context of a request has the values of the guest's call.
	Around func(component string, next http.RoundTripper) http.RoundTripper
}

func (c Config) withDefaults() Config {
	if c.ConnectTimeout <= 0 {
		c.ConnectTimeout = 30 * time.Second
	}
	if c.FirstByteTimeout <= 0 {
		c.FirstByteTimeout = 10 * time.Minute
	}
	if c.BetweenBytesTimeout <= 0 {
		c.BetweenBytesTimeout = 10 * time.Minute
	}
	if c.MaxResponseHeader <= 0 {
		c.MaxResponseHeader = 256 << 10
	}
	if c.MaxRequests <= 0 {
		c.MaxRequests = 128
	}
	return c
}

// Plugin is wasi:http with its pool of connections, which all instances share.
type Plugin struct {
	cfg    Config
	client *client
}

// New makes a Plugin. Close it when no instance uses it any more.
func New(cfg Config) *Plugin {
	cfg = cfg.withDefaults()
	return &Plugin{cfg: cfg, client: newClient(cfg)}
}

// Close closes all connections.
func (p *Plugin) Close() error {
	p.client.close()
	return nil
}

// Interfaces returns the interfaces of wasi:http, but for incoming-handler, which is
// a guest's.
func (p *Plugin) Interfaces() []*host.Interface {
	return []*host.Interface{types(), p.outgoingHandler()}
}

func (p *Plugin) outgoingHandler() *host.Interface {
	return wit.Implement("wasi:http/outgoing-handler", map[string]host.Func{
		"handle": func(c *host.Call, args []value.Value) (value.Value, error) { return p.handle(c, args) },
	})
}
