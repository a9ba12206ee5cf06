package cli

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/shim/pod"
)

// narrow takes from a manifest what the node's operator does not honour. What it took away
// it says in words, one for each.
func narrow(m *manifest.Manifest, by pod.Narrow) (*manifest.Manifest, []string, error) {
	out := *m
	out.Components = slices.Clone(m.Components)
	var took []string
	for i := range out.Components {
		c := &out.Components[i]
		take := func(key string, n int) {
			if n > 0 {
				took = append(took, fmt.Sprintf("the node's operator does not honour all of %s's allow.%s", c.Name, key))
			}
		}
		if by.NoFiles {
			take("files", len(c.Files))
			c.Files, c.FilesAt = nil, nil
		}
		if by.NoSockets {
			take("sockets", len(c.Sockets))
			c.Sockets = nil
		}
		if by.NoKeyValue {
			take("keyvalue", len(c.Buckets))
			c.Buckets = nil
		}
		sockets := slices.DeleteFunc(slices.Clone(c.Sockets), func(g plan.SocketGrant) bool { return g.Listen && !within(g.Ports, by.Ports) })
		take("sockets", len(c.Sockets)-len(sockets))
		c.Sockets = sockets
		hosts, err := narrowHosts(c.OutboundHosts, by)
		if err != nil {
			return nil, nil, err
		}
		if !slices.Equal(hosts, c.OutboundHosts) {
			take("outboundHosts", 1)
		}
		c.OutboundHosts = hosts
	}
	return &out, took, nil
}

// within tells whether one of the operator's ranges of ports has all of a grant's. A grant
// of all ports is 0 to 0.
func within(ports [2]uint16, all [][2]uint16) bool {
	if ports == [2]uint16{} {
		ports = [2]uint16{1, 65535}
	}
	return len(all) == 0 || slices.ContainsFunc(all, func(r [2]uint16) bool { return r[0] <= ports[0] && ports[1] <= r[1] })
}

// narrowHosts are the origins that both a manifest grants and the operator honours: of two
// origins of which one has all of the other, that is the other.
func narrowHosts(granted []string, by pod.Narrow) ([]string, error) {
	if len(by.OutboundHosts) == 0 && !by.NoOutbound {
		return granted, nil
	}
	var out []string
	for _, text := range granted {
		g, err := plan.ParseOrigin(text)
		if err != nil {
			return nil, err
		}
		for _, honoured := range by.OutboundHosts {
			h, err := plan.ParseOrigin(honoured)
			if err != nil {
				return nil, fmt.Errorf("what the node's operator says: pods.outboundHosts: %q: %w", honoured, err)
			}
			both, ok := common(g, h)
			if text := both.String(); ok && !slices.Contains(out, text) {
				out = append(out, text)
			}
		}
	}
	return out, nil
}

// common is what two origins have in common.
func common(a, b plan.Origin) (plan.Origin, bool) {
	out := a
	switch {
	case a.Scheme != b.Scheme:
		return out, false
	case a.Port == "*":
		out.Port = b.Port
	case b.Port != "*" && a.Port != b.Port:
		return out, false
	}
	switch {
	case hasHost(a.Host, b.Host):
		out.Host = b.Host
	case !hasHost(b.Host, a.Host):
		return out, false
	}
	return out, true
}

// hasHost tells whether an origin's host stands for all that another stands for.
func hasHost(all, one string) bool {
	below, wild := strings.CutPrefix(all, "*")
	if !wild {
		return all == one
	}
	if below == "" {
		return true
	}
	return net.ParseIP(one) == nil && one != "*" && len(strings.TrimPrefix(one, "*")) >= len(below) && strings.HasSuffix(one, below)
}

// mayListen refuses an address at whose port a pod may not listen on this node.
func mayListen(address string, by pod.Narrow) error {
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		return nil // which is said where it is listened at
	}
	port, err := strconv.ParseUint(text, 10, 16)
	if err == nil && !by.Port(uint16(port)) {
		return fmt.Errorf("the node's operator does not let pods listen at port %d; those that they may listen at are pods.ports in the node's node.yaml", port)
	}
	return nil
}
