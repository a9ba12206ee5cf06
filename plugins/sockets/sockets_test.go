//go:build unix

package sockets_test

import (
	"bytes"
	"io"
	"net"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	wasiio "github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/sockets"
)

const (
	tcpIface = "wasi:sockets/tcp@0.2.12"
	udpIface = "wasi:sockets/udp@0.2.12"
	names    = "wasi:sockets/ip-name-lookup@0.2.12"
	streams  = "wasi:io/streams@0.2.12"
	poll     = "wasi:io/poll@0.2.12"
)

var (
	loopback    = netip.MustParsePrefix("127.0.0.0/8")
	toLoopback  = plan.SocketGrant{Protocol: plan.TCP, Addresses: loopback}
	atLoopback  = plan.SocketGrant{Protocol: plan.TCP, Listen: true, Addresses: loopback}
	udpLoopback = plan.SocketGrant{Protocol: plan.UDP, Addresses: loopback}
	udpListen   = plan.SocketGrant{Protocol: plan.UDP, Listen: true, Addresses: loopback}
	at6         = plan.SocketGrant{Protocol: plan.TCP, Listen: true, Addresses: netip.MustParsePrefix("::1/128")}
	to6         = plan.SocketGrant{Protocol: plan.TCP, Addresses: netip.MustParsePrefix("::1/128")}
)

// net is a component with sockets.
type netEnv struct {
	*plugintest.Env
	t   *testing.T
	net value.Value
}

func env(t *testing.T, grants ...plan.SocketGrant) *netEnv {
	t.Helper()
	plugintest.NoGoroutines(t)
	e := plugintest.New(t, plan.Grants{Sockets: grants}, host.Stdio{}, sockets.Interfaces(), wasiio.Interfaces(), clocks.Interfaces())
	return &netEnv{e, t, plugintest.Lend(e.Must("wasi:sockets/instance-network@0.2.12", "instance-network"))}
}

// drop drops what the test owns, at its end.
func (e *netEnv) own(v value.Value) value.Value {
	e.t.Cleanup(func() { plugintest.Drop(v) })
	return plugintest.Lend(v)
}

func (e *netEnv) tcp(family int) value.Value {
	e.t.Helper()
	return e.own(e.Ok("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket", value.Enum(family)))
}

func (e *netEnv) udp() value.Value {
	e.t.Helper()
	return e.own(e.Ok("wasi:sockets/udp-create-socket@0.2.12", "create-udp-socket", value.Enum(0)))
}

// on calls a method and returns the payload of ok.
func (e *netEnv) on(method string, self value.Value, args ...value.Value) value.Value {
	e.t.Helper()
	return e.Ok(iface(method), "[method]"+method, append([]value.Value{self}, args...)...)
}

// code calls a method and returns its error's name, or "ok".
func (e *netEnv) code(method string, self value.Value, args ...value.Value) string {
	e.t.Helper()
	v := e.Must(iface(method), "[method]"+method, append([]value.Value{self}, args...)...)
	if v.Case() == 0 {
		return "ok"
	}
	return e.Show(iface(method), "[method]"+method, v)
}

func iface(method string) string {
	switch {
	case strings.HasPrefix(method, "tcp-socket"):
		return tcpIface
	case strings.HasPrefix(method, "resolve"):
		return names
	case strings.HasPrefix(method, "input") || strings.HasPrefix(method, "output"):
		return streams
	}
	return udpIface
}

// finish calls a method until it does not say would-block, waiting for the socket.
func (e *netEnv) finish(method string, self value.Value) value.Value {
	e.t.Helper()
	sub := "[method]" + strings.SplitN(method, ".", 2)[0] + ".subscribe"
	p := e.own(e.Must(iface(method), sub, self))
	for {
		v := e.Must(iface(method), "[method]"+method, self)
		if v.Case() == 0 {
			r, _ := v.Payload()
			return r
		}
		if code := e.Show(iface(method), "[method]"+method, v); code != "would-block" {
			e.t.Fatalf("%s: %s", method, code)
		}
		e.Must(poll, "[method]pollable.block", p)
	}
}

func address(s string) value.Value {
	a := netip.MustParseAddrPort(s)
	if a.Addr().Is4() {
		b := a.Addr().As4()
		r := value.Record(value.U16(a.Port()), value.Tuple(value.U8(b[0]), value.U8(b[1]), value.U8(b[2]), value.U8(b[3])))
		return value.Variant(0, &r)
	}
	b := a.Addr().As16()
	parts := make([]value.Value, 8)
	for i := range parts {
		parts[i] = value.U16(uint16(b[2*i])<<8 | uint16(b[2*i+1]))
	}
	r := value.Record(value.U16(a.Port()), value.U32(0), value.Tuple(parts...), value.U32(0))
	return value.Variant(1, &r)
}

func port(v value.Value) uint16 {
	p, _ := v.Payload()
	return p.At(0).U16()
}

func (e *netEnv) want(got, want, what string) {
	e.t.Helper()
	if got != want {
		e.t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

// listen makes a listening socket at the loopback address and returns its address.
func (e *netEnv) listen() (s, addr value.Value) {
	e.t.Helper()
	s = e.tcp(0)
	e.on("tcp-socket.start-bind", s, e.net, address("127.0.0.1:0"))
	e.on("tcp-socket.finish-bind", s)
	e.on("tcp-socket.start-listen", s)
	e.on("tcp-socket.finish-listen", s)
	return s, e.on("tcp-socket.local-address", s)
}

func (e *netEnv) connect(to value.Value) (s, in, out value.Value) {
	e.t.Helper()
	s = e.tcp(0)
	e.on("tcp-socket.start-connect", s, e.net, to)
	r := e.finish("tcp-socket.finish-connect", s)
	return s, e.own(r.At(0)), e.own(r.At(1))
}

func (e *netEnv) accept(l value.Value) (s, in, out value.Value) {
	e.t.Helper()
	r := e.finish("tcp-socket.accept", l)
	return e.own(r.At(0)), e.own(r.At(1)), e.own(r.At(2))
}

func (e *netEnv) write(out value.Value, s string) {
	e.t.Helper()
	e.on("output-stream.blocking-write-and-flush", out, value.Bytes([]byte(s)))
}

func (e *netEnv) read(in value.Value) string {
	e.t.Helper()
	return string(e.on("input-stream.blocking-read", in, value.U64(100)).Bytes())
}

func TestTCP(t *testing.T) {
	e := env(t, toLoopback, atLoopback)
	l, addr := e.listen()
	if !e.Must(tcpIface, "[method]tcp-socket.is-listening", l).Bool() {
		t.Error("not listening")
	}
	e.want(e.code("tcp-socket.accept", l), "would-block", "accept of nothing")
	c, in, out := e.connect(addr)
	s, sin, sout := e.accept(l)
	if a, b := e.on("tcp-socket.local-address", c), e.on("tcp-socket.remote-address", s); port(a) != port(b) {
		t.Error("addresses differ")
	}
	e.want(string(e.on("input-stream.read", sin, value.U64(9)).Bytes()), "", "read of nothing")
	e.write(out, "ping")
	e.want(e.read(sin), "ping", "what arrived")
	e.write(sout, "pong")
	e.want(e.read(in), "pong", "what came back")
	e.want(e.code("tcp-socket.shutdown", c, value.Enum(1)), "ok", "shutdown of sending")
	e.want(e.code("input-stream.blocking-read", sin, value.U64(1)), "closed", "read after the other's shutdown")
	e.want(e.code("output-stream.check-write", out), "closed", "write after shutdown")
	e.write(sout, "still")
	e.want(e.read(in), "still", "the other direction")
	e.want(e.code("tcp-socket.shutdown", c, value.Enum(0)), "ok", "shutdown of receiving")
	e.want(e.code("input-stream.read", in, value.U64(1)), "closed", "read after shutdown")
}

func TestTCPOverIPv6(t *testing.T) {
	if l, err := net.Listen("tcp6", "[::1]:0"); err != nil {
		t.Skipf("this machine has no IPv6: %v", err)
	} else {
		l.Close()
	}
	e := env(t, to6, at6)
	l := e.tcp(1)
	e.want(e.code("tcp-socket.start-bind", l, e.net, address("127.0.0.1:0")), "invalid-argument", "another family")
	e.want(e.code("tcp-socket.start-bind", l, e.net, address("[::ffff:127.0.0.1]:0")), "invalid-argument", "a mapped address")
	e.on("tcp-socket.start-bind", l, e.net, address("[::1]:0"))
	e.on("tcp-socket.finish-bind", l)
	e.on("tcp-socket.start-listen", l)
	e.on("tcp-socket.finish-listen", l)
	c := e.tcp(1)
	e.on("tcp-socket.start-connect", c, e.net, e.on("tcp-socket.local-address", l))
	r := e.finish("tcp-socket.finish-connect", c)
	_, in, _ := e.accept(l)
	e.write(e.own(r.At(1)), "six")
	e.own(r.At(0))
	e.want(e.read(in), "six", "what arrived")
	for _, s := range []value.Value{l, c} {
		e.want(e.code("tcp-socket.set-hop-limit", s, value.U8(9)), "ok", "set-hop-limit")
		if n := e.on("tcp-socket.hop-limit", s).U8(); n != 9 {
			t.Errorf("hop-limit %d", n)
		}
	}
}

// TestTCPStates tries every operation in every state.
func TestTCPStates(t *testing.T) {
	const is, nip = "invalid-state", "not-in-progress"
	ops := []string{"start-bind", "finish-bind", "start-connect", "finish-connect", "start-listen", "finish-listen", "accept",
		"local-address", "remote-address", "shutdown", "set-listen-backlog-size", "hop-limit"}
	for _, tt := range []struct {
		state string
		want  []string
	}{
		{"unbound", []string{"ok", nip, "ok", nip, is, nip, is, is, is, is, "ok", "ok"}},
		{"binding", []string{"concurrency-conflict", "ok", is, nip, is, nip, is, is, is, is, "ok", "ok"}},
		{"bound", []string{is, nip, "ok", nip, "ok", nip, is, "ok", is, is, "ok", "ok"}},
		{"connecting", []string{is, nip, "concurrency-conflict", "", is, nip, is, "ok", is, is, is, "ok"}},
		{"connected", []string{is, nip, is, nip, is, nip, is, "ok", "ok", "ok", is, "ok"}},
		{"listening-in-progress", []string{is, nip, is, nip, "concurrency-conflict", "ok", is, "ok", is, is, "ok", "ok"}},
		{"listening", []string{is, nip, is, nip, is, nip, "would-block", "ok", is, is, "ok", "ok"}},
		{"failed", []string{is, nip, is, nip, is, nip, is, is, is, is, is, is}},
	} {
		for i, op := range ops {
			if tt.want[i] == "" { // either, as the system is fast or slow
				continue
			}
			e := env(t, toLoopback, atLoopback)
			_, addr := e.listen()
			s := e.tcp(0)
			bind := func() { e.on("tcp-socket.start-bind", s, e.net, address("127.0.0.1:0")) }
			step := func(names ...string) {
				for _, n := range names {
					e.on("tcp-socket."+n, s)
				}
			}
			switch tt.state {
			case "binding":
				bind()
			case "bound":
				bind()
				step("finish-bind")
			case "connecting":
				e.on("tcp-socket.start-connect", s, e.net, addr)
			case "connected":
				e.on("tcp-socket.start-connect", s, e.net, addr)
				e.finish("tcp-socket.finish-connect", s)
			case "listening-in-progress":
				bind()
				step("finish-bind", "start-listen")
			case "listening":
				bind()
				step("finish-bind", "start-listen", "finish-listen")
			case "failed":
				e.on("tcp-socket.start-connect", s, e.net, address("127.0.0.1:1"))
				p := e.own(e.Must(tcpIface, "[method]tcp-socket.subscribe", s))
				e.Must(poll, "[method]pollable.block", p)
				e.want(e.code("tcp-socket.finish-connect", s), "connection-refused", "connect to a closed port")
			}
			args := []value.Value{}
			switch op {
			case "start-bind":
				args = []value.Value{e.net, address("127.0.0.1:0")}
			case "start-connect":
				args = []value.Value{e.net, addr}
			case "shutdown":
				args = []value.Value{value.Enum(2)}
			case "set-listen-backlog-size":
				args = []value.Value{value.U64(5)}
			}
			e.want(e.code("tcp-socket."+op, s, args...), tt.want[i], op+" when "+tt.state)
		}
	}
}

func TestTCPArguments(t *testing.T) {
	e := env(t, plan.SocketGrant{Addresses: netip.MustParsePrefix("0.0.0.0/0")}, plan.SocketGrant{Addresses: netip.MustParsePrefix("::/0")}, atLoopback)
	s := e.tcp(0)
	for _, a := range []string{"0.0.0.0:80", "127.0.0.1:0", "224.0.0.1:80", "[::1]:80"} {
		e.want(e.code("tcp-socket.start-connect", s, e.net, address(a)), "invalid-argument", "connect to "+a)
	}
	for _, a := range []string{"224.0.0.1:0", "[::1]:0"} {
		e.want(e.code("tcp-socket.start-bind", s, e.net, address(a)), "invalid-argument", "bind to "+a)
	}
	e.want(e.code("tcp-socket.start-bind", s, e.net, address("192.0.2.1:0")), "address-not-bindable", "bind to another's address")
	e.want(e.code("tcp-socket.set-listen-backlog-size", s, value.U64(0)), "invalid-argument", "no backlog")
	e.want(e.code("tcp-socket.set-hop-limit", s, value.U8(0)), "invalid-argument", "no hops")
	_, addr := e.listen()
	p, _ := addr.Payload()
	e.want(e.code("tcp-socket.start-bind", e.tcp(0), e.net, value.Variant(0, &p)), "address-in-use", "bind to a used address")
}

func TestTCPOptions(t *testing.T) {
	e := env(t, toLoopback)
	s := e.tcp(0)
	second := uint64(time.Second)
	for _, tt := range []struct {
		name      string
		set, want value.Value
	}{
		{"keep-alive-enabled", value.Bool(true), value.Bool(true)},
		{"keep-alive-enabled", value.Bool(false), value.Bool(false)},
		{"keep-alive-idle-time", value.U64(5 * second), value.U64(5 * second)},
		{"keep-alive-idle-time", value.U64(1), value.U64(second)},
		{"keep-alive-idle-time", value.U64(^uint64(0)), value.U64(32767 * second)},
		{"keep-alive-interval", value.U64(3 * second), value.U64(3 * second)},
		{"keep-alive-count", value.U32(7), value.U32(7)},
		{"keep-alive-count", value.U32(^uint32(0)), value.U32(127)},
		{"hop-limit", value.U8(255), value.U8(255)},
		{"receive-buffer-size", value.U64(10000), value.U64(10000)},
		{"send-buffer-size", value.U64(10000), value.U64(10000)},
	} {
		e.want(e.code("tcp-socket.set-"+tt.name, s, tt.set), "ok", "set-"+tt.name)
		if got := e.on("tcp-socket."+tt.name, s); got.Bits() != tt.want.Bits() {
			t.Errorf("%s: got %d, want %d", tt.name, got.Bits(), tt.want.Bits())
		}
	}
	for _, n := range []string{"keep-alive-idle-time", "keep-alive-interval", "receive-buffer-size", "send-buffer-size"} {
		e.want(e.code("tcp-socket.set-"+n, s, value.U64(0)), "invalid-argument", "set-"+n)
	}
	e.want(e.code("tcp-socket.set-receive-buffer-size", s, value.U64(^uint64(0))), "ok", "a huge buffer")
}

// TestTCPAgainstGo sends more than buffers hold to a program of its own, which
// reads late, and gets it back.
func TestTCPAgainstGo(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	const size = 8 << 20
	echoed := make(chan []byte, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		time.Sleep(50 * time.Millisecond)
		b, _ := io.ReadAll(c)
		echoed <- b
		_, _ = c.Write(b)
	}()
	e := env(t, toLoopback)
	c, in, out := e.connect(address(l.Addr().String()))
	sent := make([]byte, size)
	for i := range sent {
		sent[i] = byte(i * 7 >> 3)
	}
	p := e.own(e.Must(streams, "[method]output-stream.subscribe", out))
	waited := 0
	for rest := sent; len(rest) > 0; {
		n := e.on("output-stream.check-write", out).U64()
		if n == 0 {
			e.Must(poll, "[method]pollable.block", p)
			waited++
			continue
		}
		n = min(n, uint64(len(rest)))
		e.on("output-stream.write", out, value.Bytes(rest[:n]))
		rest = rest[n:]
	}
	if waited == 0 {
		t.Error("a reader that does not read takes any amount")
	}
	e.on("tcp-socket.shutdown", c, value.Enum(1)) // while something is pending
	if got := <-echoed; !bytes.Equal(got, sent) {
		t.Fatalf("%d bytes arrived of %d", len(got), size)
	}
	var back []byte
	for len(back) < size {
		b := e.on("input-stream.blocking-read", in, value.U64(1<<20)).Bytes()
		back = append(back, b...)
	}
	if !bytes.Equal(back, sent) {
		t.Error("what came back differs")
	}
	e.want(e.code("input-stream.blocking-read", in, value.U64(1)), "closed", "the end")
}

// TestDroppedConnectionDelivers drops socket and streams right after a write.
func TestDroppedConnectionDelivers(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	e := env(t, toLoopback)
	s := e.Ok("wasi:sockets/tcp-create-socket@0.2.12", "create-tcp-socket", value.Enum(0))
	e.on("tcp-socket.start-connect", plugintest.Lend(s), e.net, address(l.Addr().String()))
	r := e.finish("tcp-socket.finish-connect", plugintest.Lend(s))
	out := plugintest.Lend(r.At(1))
	sent := 0
	for {
		n := e.on("output-stream.check-write", out).U64()
		if n == 0 {
			break
		}
		e.on("output-stream.write", out, value.Bytes(make([]byte, n)))
		sent += int(n)
	}
	for _, v := range []value.Value{s, r.At(0), r.At(1)} {
		plugintest.Drop(v)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if b, err := io.ReadAll(c); len(b) != sent {
		t.Errorf("%d bytes arrived of %d: %v", len(b), sent, err)
	}
}

func TestTCPReset(t *testing.T) {
	e := env(t, toLoopback, atLoopback)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, in, _ := e.connect(address(l.Addr().String()))
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).SetLinger(0)
	c.Close()
	v := e.Must(streams, "[method]input-stream.blocking-read", in, value.U64(1))
	failed, _ := v.Payload()
	h, ok := failed.Payload()
	if !ok {
		t.Fatal("did not fail")
	}
	code := e.Must("wasi:sockets/network@0.2.12", "network-error-code", e.own(h))
	if n, ok := code.Payload(); !ok || sockets.ErrorCode(n.Case()) != sockets.ConnectionReset {
		t.Error("not connection-reset")
	}
}

func TestPollManySockets(t *testing.T) {
	e := env(t, toLoopback, atLoopback)
	l, addr := e.listen()
	var list []value.Value
	var outs []value.Value
	for range 20 {
		_, _, out := e.connect(addr)
		_, in, _ := e.accept(l)
		outs = append(outs, out)
		list = append(list, e.own(e.Must(streams, "[method]input-stream.subscribe", in)))
	}
	timer := e.own(e.Must("wasi:clocks/monotonic-clock@0.2.12", "subscribe-duration", value.U64(20e6)))
	v := e.Must(poll, "poll", value.List(append(list, timer)...))
	if v.Len() != 1 || v.At(0).U32() != 20 {
		t.Error("a silent socket is ready")
	}
	go func() {
		time.Sleep(10 * time.Millisecond)
	}()
	e.write(outs[7], "x")
	v = e.Must(poll, "poll", value.List(list...))
	if v.Len() != 1 || v.At(0).U32() != 7 {
		t.Error("the wrong socket is ready")
	}
}
