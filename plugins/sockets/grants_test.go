//go:build unix

package sockets_test

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

func TestNothingIsGranted(t *testing.T) {
	e := env(t)
	e.want(e.Fails("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket", value.Enum(0)), "access-denied", "TCP")
	e.want(e.Fails("wasi:sockets/udp-create-socket@0.2.12", "create-udp-socket", value.Enum(1)), "access-denied", "UDP")
	e.want(e.Fails(names, "resolve-addresses", e.net, value.String("example.com")), "access-denied", "lookup")
}

func TestGrants(t *testing.T) {
	prefix := netip.MustParsePrefix
	for _, tt := range []struct {
		grant plan.SocketGrant
		addr  string
		want  bool
	}{
		{plan.SocketGrant{Addresses: prefix("127.0.0.0/8")}, "127.0.0.1:1", true},
		{plan.SocketGrant{Addresses: prefix("127.0.0.2/32")}, "127.0.0.1:1", false},
		{plan.SocketGrant{Addresses: prefix("127.0.0.0/8"), Ports: [2]uint16{1, 5}}, "127.0.0.1:5", true},
		{plan.SocketGrant{Addresses: prefix("127.0.0.0/8"), Ports: [2]uint16{2, 5}}, "127.0.0.1:1", false},
		{plan.SocketGrant{Addresses: prefix("127.0.0.0/8"), Ports: [2]uint16{2, 5}}, "127.0.0.1:6", false},
		{plan.SocketGrant{Addresses: prefix("127.0.0.0/8"), Listen: true}, "127.0.0.1:1", false},
		{plan.SocketGrant{Addresses: prefix("::/0")}, "127.0.0.1:1", false},
		{plan.SocketGrant{Host: "localhost"}, "127.0.0.1:1", false}, // not looked up
	} {
		e := env(t, tt.grant)
		s := e.tcp(0)
		want := "access-denied"
		if tt.want {
			want = "ok"
		}
		e.want(e.code("tcp-socket.start-connect", s, e.net, address(tt.addr)), want, tt.grant.String()+" to "+tt.addr)
		e.want(e.Fails("wasi:sockets/udp-create-socket@0.2.12", "create-udp-socket", value.Enum(0)), "access-denied", "another protocol")
	}
}

func TestListenGrants(t *testing.T) {
	e := env(t, toLoopback, plan.SocketGrant{Listen: true, Addresses: loopback, Ports: [2]uint16{40000, 65535}})
	bind := func(a string) (value.Value, string) {
		s := e.tcp(0)
		return s, e.code("tcp-socket.start-bind", s, e.net, address(a))
	}
	for _, tt := range []struct{ addr, want string }{
		{"127.0.0.1:39999", "access-denied"},
		{"0.0.0.0:40000", "access-denied"},
		{"0.0.0.0:0", "ok"}, // to connect from
	} {
		_, got := bind(tt.addr)
		e.want(got, tt.want, "bind to "+tt.addr)
	}
	s, _ := bind("0.0.0.0:0")
	e.on("tcp-socket.finish-bind", s)
	e.want(e.code("tcp-socket.start-listen", s), "access-denied", "listen at all addresses")
}

// lookup returns all addresses of a name.
func (e *netEnv) lookup(name string) (addrs []value.Value) {
	e.t.Helper()
	s := e.own(e.Ok(names, "resolve-addresses", e.net, value.String(name)))
	for {
		a, more := e.finish("resolve-address-stream.resolve-next-address", s).Payload()
		if !more {
			return addrs
		}
		addrs = append(addrs, a)
	}
}

func TestLookupOpensTheWay(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	p := uint16(l.Addr().(*net.TCPAddr).Port)
	e := env(t, plan.SocketGrant{Host: "LOCALHOST", Ports: [2]uint16{p, p}})
	addr := address(l.Addr().String())
	e.want(e.code("tcp-socket.start-connect", e.tcp(0), e.net, addr), "access-denied", "connect before lookup")
	if addrs := e.lookup("localhost"); len(addrs) == 0 {
		t.Fatal("no address of localhost")
	}
	e.connect(addr)
	e.want(e.code("tcp-socket.start-connect", e.tcp(0), e.net, address("127.0.0.1:1")), "access-denied", "connect to another port")
	for _, n := range []string{"example.com", "localhost.example.com", "xlocalhost"} {
		e.want(e.Fails(names, "resolve-addresses", e.net, value.String(n)), "access-denied", n)
	}
}

func TestLookupOfAddresses(t *testing.T) {
	e := env(t)
	for _, tt := range []struct {
		name   string
		family int
	}{{"127.0.0.1", 0}, {"::1", 1}, {"::ffff:127.0.0.1", 0}} {
		addrs := e.lookup(tt.name)
		if len(addrs) != 1 || addrs[0].Case() != tt.family {
			t.Errorf("%s: %d addresses", tt.name, len(addrs))
		}
	}
	for _, n := range []string{"", "a b", "-", "a..b", "xn--\xc3\xa4"} {
		e.want(e.Fails(names, "resolve-addresses", e.net, value.String(n)), "invalid-argument", n)
	}
}

func TestLookupIsCancelled(t *testing.T) {
	e := env(t, plan.SocketGrant{Host: "*.invalid"})
	s := e.Ok(names, "resolve-addresses", e.net, value.String("nothing.invalid"))
	e.code("resolve-address-stream.resolve-next-address", plugintest.Lend(s))
	plugintest.Drop(s)
}

// TestDescriptors opens more sockets of each kind, and looks up more names, than an
// instance has descriptors for.
func TestDescriptors(t *testing.T) {
	q := plugintest.Descriptors(t, 12)
	e := env(t, toLoopback, plan.SocketGrant{Protocol: plan.UDP, Host: "*.invalid"}, plan.SocketGrant{Protocol: plan.UDP, Listen: true, Addresses: netip.MustParsePrefix("127.0.0.0/8")})
	create := func(proto string) value.Value {
		return e.Must("wasi:sockets/"+proto+"-create-socket@0.2.12", "create-"+proto+"-socket", value.Enum(0))
	}
	var made []value.Value
	for _, proto := range []string{"tcp", "udp", "tcp"} {
		v, _ := create(proto).Payload()
		made = append(made, v)
	}
	for _, proto := range []string{"tcp", "udp"} {
		e.want(e.Fails("wasi:sockets/"+proto+"-create-socket@0.2.12", "create-"+proto+"-socket", value.Enum(0)), "new-socket-limit", proto)
	}
	e.want(e.Fails(names, "resolve-addresses", e.net, value.String("nothing.invalid")), "temporary-resolver-failure", "lookup")
	for _, v := range made {
		plugintest.Drop(v)
	}
	if q.Used() != 0 {
		t.Errorf("%d descriptors are used at the end", q.Used())
	}
	s := e.Ok(names, "resolve-addresses", e.net, value.String("nothing.invalid"))
	plugintest.Drop(s)
	for deadline := time.Now().Add(10 * time.Second); q.Used() > 0; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the lookup keeps its descriptor")
		}
	}
}

func TestSocketLimit(t *testing.T) {
	e := env(t, toLoopback)
	var made []value.Value
	for {
		v := e.Must("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket", value.Enum(0))
		p, _ := v.Payload()
		if v.Case() == 1 {
			break
		}
		made = append(made, p)
	}
	if len(made) != 512 {
		t.Errorf("%d sockets", len(made))
	}
	for _, s := range made {
		plugintest.Drop(s)
	}
	e.tcp(0)
}
