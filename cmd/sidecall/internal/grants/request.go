package grants

import (
	"fmt"
	"net"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
)

// The kinds of what may be asked for, named as the manifest's keys are.
const (
	Files         = "files"
	OutboundHosts = "outboundHosts"
	Sockets       = "sockets"
	KeyValue      = "keyvalue"
	Listen        = "listen"
	TLS           = "tls"
)

// Kinds are all of them, with what stands behind the equals sign.
var Kinds = []struct{ Name, Value string }{
	{Files, "HOST::GUEST[::ro]"}, {OutboundHosts, "ORIGIN"}, {Sockets, "PROTOCOL:connect|listen:ADDRESS:PORTS"},
	{KeyValue, "BUCKET"}, {Listen, "ADDRESS"}, {TLS, "CERTIFICATE::KEY"},
}

// Request is one thing that a manifest asks for.
type Request struct {
	// Component is who would use it, empty for the whole composition.
	Component string
	Kind      string
	// Value is what --allow KIND=VALUE has, fit to be shown.
	Value string
	// Means says it in words, fit to be shown.
	Means string

	guest string // of Files: the name by which the guest sees it
}

// Flag is the request as --allow takes it.
func (r Request) Flag() string { return r.Kind + "=" + r.Value }

// key tells requests apart.
func (r Request) key() string { return r.Component + " " + r.Flag() }

// request makes a Request of strangers' text.
func request(component, kind, value, means string) Request {
	return Request{Component: component, Kind: kind, Value: printable.Text(value), Means: printable.Text(means)}
}

// Of lists what a manifest asks for, in its order, each once.
func Of(m *manifest.Manifest) []Request {
	var out []Request
	add := func(r Request) {
		if !slices.ContainsFunc(out, func(o Request) bool { return o.key() == r.key() }) {
			out = append(out, r)
		}
	}
	for i := range m.Components {
		c := &m.Components[i]
		for _, g := range c.Files {
			g.Host = leadsTo(g.Host)
			add(ofFiles(c.Name, g))
		}
		for _, h := range c.OutboundHosts {
			add(ofOrigin(c.Name, h))
		}
		for _, g := range c.Sockets {
			add(ofSocket(c.Name, g))
		}
		for _, b := range c.Buckets {
			add(ofBucket(c.Name, b))
		}
	}
	if h := m.HTTP; h != nil {
		for _, address := range []string{h.Listen, h.Health.Listen} {
			if r, asks := ofListen(address); asks {
				add(r)
			}
		}
		if h.Cert != "" {
			add(ofTLS(h))
		}
	}
	return out
}

func ofFiles(component string, g plan.FileGrant) Request {
	value, means := g.Host+"::"+g.Guest, "read and write "
	if g.ReadOnly {
		value, means = value+"::ro", "read "
	}
	r := request(component, Files, value, means+Quote(g.Host)+", as "+Quote(g.Guest))
	r.guest = g.Guest
	return r
}

func ofOrigin(component, origin string) Request {
	return request(component, OutboundHosts, origin, "send requests to "+Quote(origin))
}

func ofSocket(component string, g plan.SocketGrant) Request {
	protocol, use, means := "tcp", "connect", "connect to "
	if g.Protocol == plan.UDP {
		protocol, means = "udp", "exchange datagrams with "
	}
	if g.Listen {
		use, means = "listen", "listen at "
	}
	peer, ports := g.Host, "*"
	if peer == "" {
		if peer = g.Addresses.String(); g.Addresses.IsSingleIP() {
			peer = g.Addresses.Addr().String()
		}
	}
	if g.Ports != [2]uint16{} {
		if ports = fmt.Sprint(g.Ports[0]); g.Ports[0] != g.Ports[1] {
			ports += "-" + fmt.Sprint(g.Ports[1])
		}
	}
	return request(component, Sockets, strings.Join([]string{protocol, use, peer, ports}, ":"),
		fmt.Sprintf("%s%s, %s ports %s", means, Quote(peer), protocol, ports))
}

func ofBucket(component, bucket string) Request {
	return request(component, KeyValue, bucket, "use the bucket "+Quote(bucket))
}

// ofListen is what an address asks for: nothing, if only this machine can reach it.
func ofListen(address string) (Request, bool) {
	host, _, err := net.SplitHostPort(address)
	ip := net.ParseIP(host)
	if address == "" || err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return Request{}, false
	}
	return request("", Listen, address, "listen at "+Quote(address)+", where others can reach it"), true
}

func ofTLS(h *manifest.HTTP) Request {
	return request("", TLS, h.Cert+"::"+h.Key, "serve with the certificate "+Quote(h.Cert)+" and the key "+Quote(h.Key))
}

// Quote puts text in quotes that is more than one plain word, so that nothing in it can
// pass for the words around it.
func Quote(s string) string {
	if plainWord(s, "/._-:*@+%[]") {
		return s
	}
	return fmt.Sprintf("%+q", s)
}

// ShellWord is text as a shell takes it for one word.
func ShellWord(s string) string {
	if plainWord(s, "/._-:@+%=,") {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// plainWord tells whether s has letters and digits of ASCII, and others, only.
func plainWord(s, others string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(others, r))
	})
}
