package manifest

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/linker/plan"
)

var (
	origin    = text{re: regexp.MustCompile(`^(https?|h2c)://[!-.0-~]+/?$`), is: "an origin, as in https://api.example.com, http://*.example.com:8080, or h2c://grpc.example:50051 for HTTP/2 without TLS"}
	protocol  = text{re: regexp.MustCompile(`^(tcp|udp)$`), is: "tcp or udp"}
	peer      = text{re: regexp.MustCompile(`^[!-~]+$`), is: "a name, as in db.example.com or *.example.com, an address, or a range of addresses as in 10.0.0.0/8"}
	addresses = text{re: regexp.MustCompile(`^[0-9a-fA-F:.]+(/[0-9]{1,3})?$`), is: "an address of the host, or a range of addresses as in 127.0.0.0/8"}
	ports     = text{re: regexp.MustCompile(`^(\*|[0-9]{1,5}(-[0-9]{1,5})?)$`), is: `a port, a range as in 8000-8999, or "*" for all`}
)

var allowShape = &shape{form: object, doc: "What the component may use beyond its memory. Nothing else is granted.", fields: []field{
	{name: "files", shape: &shape{form: list, doc: "Directories of the host that the component sees.", elem: &shape{form: object, fields: []field{
		{name: "host", required: true, shape: &shape{form: str, doc: "The directory, relative to the manifest.", text: filled}},
		{name: "guest", required: true, shape: &shape{form: str, doc: "The name under which the component sees it.", text: filled}},
		{name: "readOnly", shape: &shape{form: boolean, doc: "The component may read it only."}},
	}}}},
	{name: "outboundHosts", shape: &shape{form: list, doc: "Origins that the requests which the component makes may go to, whichever sidecars pass them on. Without a port the scheme's own is meant, the port * means any, and *.example.com all names below example.com. The scheme h2c means http to a server that speaks HTTP/2 without TLS, as gRPC's do inside of a cluster.",
		elem: &shape{form: str, doc: "One origin.", text: origin}}},
	{name: "sockets", shape: &shape{form: list, doc: "Addresses that the component may connect to or listen at by sockets of its own.",
		elem: &shape{form: object, oneOf: []string{"connect", "listen"}, fields: []field{
			{name: "protocol", required: true, shape: &shape{form: str, doc: "tcp or udp.", text: protocol}},
			{name: "connect", shape: &shape{form: str, doc: "Whom to connect or send to: a name, *. and a name for all below it, an address, or a range of addresses.", text: peer}},
			{name: "listen", shape: &shape{form: str, doc: "The host's own address, or a range of them, to take at what comes.", text: addresses}},
			{name: "ports", required: true, shape: &shape{form: scalar, doc: "The port, a range of ports, or * for all.", text: ports}},
		}}}},
	{name: "keyvalue", shape: &shape{form: list, doc: "Buckets that the component may open by wasi:keyvalue/store. Components that are granted the same one share it.",
		elem: &shape{form: str, doc: "A bucket's name.", text: filled}}},
}}

// allow reads what a component is allowed.
func (b *builder) allow(c *Component, v *value) {
	b.files(c, v.get("files"))
	if list := v.get("outboundHosts"); list != nil {
		c.OutboundPos = list.pos
		c.OutboundHosts = b.distinct(c, "outboundHosts", list)
		for _, item := range list.items {
			if _, err := plan.ParseOrigin(item.text); err != nil {
				b.errorf(item.pos, "", "components.%s.allow.outboundHosts: %q: %v", c.Name, clip(item.text), err)
			}
		}
	}
	if list := v.get("sockets"); list != nil {
		c.SocketsPos = list.pos
		for _, item := range list.items {
			b.socket(c, item)
		}
	}
	if list := v.get("keyvalue"); list != nil {
		c.BucketsPos = list.pos
		c.Buckets = b.distinct(c, "keyvalue", list)
	}
}

// distinct reads a list of strings, no two of which are the same.
func (b *builder) distinct(c *Component, key string, list *value) []string {
	var out []string
	for _, item := range list.items {
		if slices.Contains(out, item.text) {
			b.errorf(item.pos, "", "components.%s.allow.%s has %q twice", c.Name, key, clip(item.text))
			continue
		}
		out = append(out, item.text)
	}
	return out
}

// socket reads one grant of sockets.
func (b *builder) socket(c *Component, v *value) {
	g := plan.SocketGrant{}
	if v.string("protocol") == "udp" {
		g.Protocol = plan.UDP
	}
	wrong := func(at *value, err error) {
		b.errorf(at.pos, "", "components.%s.allow.sockets: %q: %v", c.Name, clip(at.text), err)
	}
	var err error
	if at := v.get("listen"); at != nil {
		g.Listen = true
		if g.Addresses, err = parseAddresses(at.text); err != nil {
			wrong(at, err)
		}
	} else if at := v.get("connect"); at != nil {
		if strings.ContainsAny(at.text, ":/") || !strings.ContainsAny(at.text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ*_") {
			g.Addresses, err = parseAddresses(at.text)
		} else if g.Host = at.text; at.text == "*" {
			err = fmt.Errorf("all addresses are 0.0.0.0/0 and ::/0, one entry for each")
		} else {
			err = plan.CheckHostName(at.text)
		}
		if err != nil {
			wrong(at, err)
		}
	}
	if at := v.get("ports"); at != nil {
		if g.Ports, err = parsePorts(at.text); err != nil {
			wrong(at, err)
		}
	}
	c.Sockets = append(c.Sockets, g)
}

// parseAddresses reads an address or a range of them.
func parseAddresses(s string) (netip.Prefix, error) {
	if !strings.Contains(s, "/") {
		a, err := netip.ParseAddr(s)
		switch {
		case err != nil || a.Zone() != "":
			return netip.Prefix{}, fmt.Errorf("this is no IP address")
		case a.Is4In6():
			return netip.Prefix{}, fmt.Errorf("an IPv4 address is written as %s", a.Unmap())
		}
		return netip.PrefixFrom(a, a.BitLen()), nil
	}
	p, err := netip.ParsePrefix(s)
	switch {
	case err != nil:
		return p, fmt.Errorf("this is no range of IP addresses")
	case p.Addr().Is4In6():
		return p, fmt.Errorf("a range of IPv4 addresses is written as in 10.0.0.0/8")
	case p != p.Masked():
		return p, fmt.Errorf("the address has more bits than the range; did you mean %s?", p.Masked())
	}
	return p, nil
}

// parsePorts reads what the shape ports allows.
func parsePorts(s string) (out [2]uint16, err error) {
	if s == "*" {
		return out, nil
	}
	first, last, isRange := strings.Cut(s, "-")
	if !isRange {
		last = first
	}
	if out[0], err = parsePort(first); err == nil {
		out[1], err = parsePort(last)
	}
	switch {
	case err != nil || out[0] == 0:
		return out, fmt.Errorf("ports are numbers from 1 to 65535")
	case out[0] > out[1]:
		return out, fmt.Errorf("the range ends before it begins")
	}
	return out, nil
}

func parsePort(s string) (uint16, error) {
	n, err := strconv.ParseUint(s, 10, 16)
	return uint16(n), err
}
