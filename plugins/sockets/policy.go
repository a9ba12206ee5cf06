package sockets

import (
	"net/netip"
	"slices"
	"strings"
	"sync"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/near"
)

// policy is what one component may do with sockets.
type policy struct {
	grants []plan.SocketGrant
	// descriptors are what sockets and lookups take of the instance's, nil for any.
	descriptors *host.Descriptors
	// component is whose it is.
	component string

	mu sync.Mutex
	// found tells for each address which granted names were looked up to it.
	found map[netip.Addr][]string // guarded by mu
	// names counts those in found.
	names int // guarded by mu
	// open counts the component's sockets.
	open int // guarded by mu
}

// maxSockets is how many sockets a component may have at a time.
const maxSockets = 512

type policyKey struct{}

func policyOf(c *host.Call) *policy {
	return c.State(policyKey{}, func() any {
		return &policy{grants: c.Component().Grants.Sockets, component: c.Component().Name, descriptors: c.Descriptors(), found: map[netip.Addr][]string{}}
	}).(*policy)
}

// uses reports whether there is any grant for sockets of the protocol.
func (p *policy) uses(proto plan.SocketProtocol) bool {
	for _, g := range p.grants {
		if g.Protocol == proto {
			return true
		}
	}
	return false
}

// acquire counts a socket, and takes the descriptor for it.
func (p *policy) acquire(proto plan.SocketProtocol) (*host.Descriptor, error) {
	if !p.uses(proto) {
		return nil, p.noSocket(proto)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.open >= maxSockets {
		return nil, NewSocketLimit
	}
	held, err := p.descriptors.Take()
	if err != nil {
		return nil, err
	}
	p.open++
	return held, nil
}

func (p *policy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.open--
}

// connect reports whether the address of somebody else may be used.
func (p *policy) connect(proto plan.SocketProtocol, a netip.AddrPort) bool {
	p.mu.Lock()
	names := p.found[a.Addr().Unmap()]
	p.mu.Unlock()
	for _, g := range p.grants {
		if g.Protocol != proto || g.Listen || !inPorts(g, a.Port()) {
			continue
		}
		if g.Host == "" && g.Addresses.Contains(a.Addr().Unmap()) {
			return true
		}
		for _, name := range names {
			if matches(g.Host, name) {
				return true
			}
		}
	}
	return false
}

// listen reports whether an address of the host may be used to take what comes.
func (p *policy) listen(proto plan.SocketProtocol, a netip.AddrPort) bool {
	for _, g := range p.grants {
		if g.Protocol == proto && g.Listen && g.Host == "" && g.Addresses.Contains(a.Addr().Unmap()) && inPorts(g, a.Port()) {
			return true
		}
	}
	return false
}

// bind reports whether a socket may be bound to an address: one that it may listen
// at, or, for a socket that only connects or sends, a port that the system chooses.
func (p *policy) bind(proto plan.SocketProtocol, a netip.AddrPort) bool {
	return p.listen(proto, a) || a.Port() == 0 && p.uses(proto)
}

func inPorts(g plan.SocketGrant, port uint16) bool {
	return g.Ports == [2]uint16{} || g.Ports[0] <= port && port <= g.Ports[1]
}

// lookup reports whether a name may be looked up.
func (p *policy) lookup(name string) bool {
	for _, g := range p.grants {
		if !g.Listen && g.Host != "" && matches(g.Host, name) {
			return true
		}
	}
	return false
}

// remember keeps what a granted name was looked up to, but for addresses that a name
// must not lead to.
func (p *policy) remember(name string, addrs []netip.Addr) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, a := range addrs {
		if near.Refused(name, a) || p.names >= maxFound || slices.Contains(p.found[a], name) {
			continue
		}
		p.found[a] = append(p.found[a], name)
		p.names++
	}
}

// maxFound bounds what is remembered of lookups.
const maxFound = 4096

// matches reports whether a granted name covers a name. Both are in ASCII.
func matches(grant, name string) bool {
	grant, name = canonical(grant), canonical(name)
	if below, ok := strings.CutPrefix(grant, "*"); ok {
		return len(name) > len(below) && strings.HasSuffix(name, below)
	}
	return grant == name
}

func canonical(name string) string { return strings.TrimSuffix(strings.ToLower(name), ".") }
