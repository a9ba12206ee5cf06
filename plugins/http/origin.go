package http

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/idna"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/plan"
)

// origin is where requests may go: a pattern of a grant, or the destination of one
// request. The host "*" of a pattern means any, "*.x" any name below x, and the port
// "*" any port.
type origin struct {
	scheme, host, port string
	// h2c says that the server speaks HTTP/2 without TLS, which nothing else would tell.
	h2c bool
}

// parseOrigin reads a granted origin.
func parseOrigin(s string) (origin, error) {
	o, err := plan.ParseOrigin(s)
	if err != nil {
		return origin{}, fmt.Errorf("%q is no origin: %w", s, err)
	}
	if o.Scheme == "h2c" {
		return origin{"http", o.Host, o.Port, true}, nil
	}
	return origin{o.Scheme, o.Host, o.Port, false}, nil
}

// destination reads scheme and authority of a request.
func destination(scheme, authority string) (origin, error) {
	u, err := url.Parse(scheme + "://" + authority)
	if err != nil {
		return origin{}, err
	}
	o := origin{scheme: scheme, host: u.Hostname(), port: u.Port()}
	if o.port == "" {
		o.port = map[string]string{"http": "80", "https": "443"}[scheme]
	}
	if _, err := netip.ParseAddr(o.host); err == nil {
		return o, nil
	}
	// The name is compared as it is looked up, not as it is written.
	o.host, err = idna.Lookup.ToASCII(strings.TrimSuffix(o.host, "."))
	if err == nil && o.host == "" {
		err = fmt.Errorf("it has no host")
	}
	return o, err
}

// covers reports whether a granted origin covers a destination.
func (o origin) covers(d origin) bool {
	if o.scheme != d.scheme || o.port != "*" && o.port != d.port {
		return false
	}
	below, wild := strings.CutPrefix(o.host, "*")
	if !wild {
		return o.host == d.host
	}
	if below == "" {
		return true
	}
	_, err := netip.ParseAddr(d.host)
	return err != nil && len(d.host) > len(below) && strings.HasSuffix(d.host, below)
}

// authority is the destination as a request names it.
func (o origin) authority() string { return net.JoinHostPort(o.host, o.port) }

// grants are where the requests of one component may go, and how many it is sending.
type grants struct {
	// origins, and the error of one that is none, do not change: requests that are
	// passed on have them with them.
	origins []origin
	err     error
	active  int
	// component is whose they are.
	component string
}

type grantsKey struct{}

func grantsOf(c *host.Call) *grants {
	return c.State(grantsKey{}, func() any {
		g := &grants{component: c.Component().Name}
		for _, s := range c.Component().Grants.OutboundHosts {
			o, err := parseOrigin(s)
			if err != nil {
				g.err = err
			}
			g.origins = append(g.origins, o)
		}
		return g
	}).(*grants)
}

// allow reports whether a destination is granted, and whether one of the origins that
// grant it says that it speaks HTTP/2 without TLS.
func (g *grants) allow(d origin) (ok, h2c bool) {
	for _, o := range g.origins {
		if o.covers(d) {
			ok, h2c = true, h2c || o.h2c
		}
	}
	return ok, h2c
}

// refusal tells that no request may go to d.
func (g *grants) refusal(d origin) host.Refusal {
	return host.Refusal{Component: g.component, Kind: "http", Target: d.String(), Reason: "an HTTP request to " + d.String(),
		Write: host.Allow(g.component, "["+host.Scalar(d.String())+"]", "allow", "outboundHosts")}
}

// ledHome tells that a granted name led to an address that only those get who ask for it
// as an address.
func (g *grants) ledHome(d origin) host.Refusal {
	return host.Refusal{Component: g.component, Kind: "http", Target: d.String() + " by its address",
		Reason: fmt.Sprintf("an HTTP request to %s, whose name leads to this host, its link or what a cloud tells its machines", d)}
}

// String is the origin as a grant has it, without a port that goes without saying.
func (o origin) String() string {
	name := o.host
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	if o.port == map[string]string{"http": "80", "https": "443"}[o.scheme] {
		return o.scheme + "://" + name
	}
	return o.scheme + "://" + name + ":" + o.port
}
