package sockets

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"

	"golang.org/x/net/idna"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func ipNameLookup() *host.Interface {
	return wit.Implement("wasi:sockets/ip-name-lookup", map[string]host.Func{
		"resolve-addresses": resolveAddresses,
		"[method]resolve-address-stream.resolve-next-address": query(resolveNextAddress),
		"[method]resolve-address-stream.subscribe":            get(resolveSubscribe),
	})
}

// addressStream is behind the resource resolve-address-stream.
type addressStream struct {
	signal io.Signal
	cancel context.CancelFunc

	mu    sync.Mutex
	done  bool         // guarded by mu
	addrs []netip.Addr // guarded by mu: found, not yet returned
	err   error        // guarded by mu
}

// resolveAddresses begins to look a name up. An address, which needs no looking
// up, stands for itself.
func resolveAddresses(c *host.Call, args []value.Value) (value.Value, error) {
	n, err := host.Object[*networkObject](args[0])
	if err != nil {
		return value.Value{}, err
	}
	s, err := lookUp(n.policy, args[1].Str())
	if err != nil {
		return failed(c, err)
	}
	return wire.Ok(c.Own(wit.Resource("wasi:sockets/ip-name-lookup", "resolve-address-stream"), s))
}

// hostNames says what a name of a host is: letters, digits and hyphens once it is in
// ASCII, in labels that are neither empty nor too long.
var hostNames = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.StrictDomainName(true), idna.VerifyDNSLength(true))

func lookUp(p *policy, name string) (*addressStream, error) {
	if a, err := netip.ParseAddr(name); err == nil && a.Zone() == "" {
		return &addressStream{done: true, addrs: []netip.Addr{a.Unmap()}, cancel: func() {}}, nil
	}
	name, err := hostNames.ToASCII(strings.TrimSuffix(name, "."))
	if err != nil {
		return nil, InvalidArgument
	}
	if !p.lookup(name) {
		return nil, p.noLookup(name)
	}
	held, err := p.descriptors.Take() // the resolver asks by a socket
	if err != nil {
		return nil, TemporaryResolverFailure
	}
	s := &addressStream{}
	ctx, cancel := context.WithCancel(context.Background())
	s.cancel = cancel
	go func() {
		defer cancel()
		defer held.Give()
		addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		for i := range addrs {
			addrs[i] = addrs[i].Unmap().WithZone("")
		}
		p.remember(name, addrs)
		s.mu.Lock()
		s.done, s.addrs, s.err = true, addrs, err
		s.mu.Unlock()
		s.signal.Notify()
	}()
	return s, nil
}

// Drop ends the lookup.
func (s *addressStream) Drop() { s.cancel() }

// Ready reports whether the lookup is done.
func (s *addressStream) Ready() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.done
}

// Watch watches for the end of the lookup.
func (s *addressStream) Watch(wake func()) (stop func()) { return s.signal.Watch(wake) }

// next returns the next address; ok is false after the last.
func (s *addressStream) next() (a netip.Addr, ok bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !s.done:
		return a, false, WouldBlock
	case s.err != nil:
		return a, false, s.err
	case len(s.addrs) == 0:
		return a, false, nil
	}
	a, s.addrs = s.addrs[0], s.addrs[1:]
	return a, true, nil
}

func resolveNextAddress(_ *host.Call, s *addressStream, _ []value.Value) (value.Value, error) {
	a, ok, err := s.next()
	if err != nil || !ok {
		return value.None(), err
	}
	return value.Some(ipAddress(a)), nil
}

func resolveSubscribe(c *host.Call, s *addressStream) value.Value { return io.OwnPollable(c, s) }
