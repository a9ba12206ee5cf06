//go:build unix

package sockets_test

import (
	"net"
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
)

// bound makes a UDP socket bound to the loopback address.
func (e *netEnv) bound() (s, addr value.Value) {
	e.t.Helper()
	s = e.udp()
	e.on("udp-socket.start-bind", s, e.net, address("127.0.0.1:0"))
	e.on("udp-socket.finish-bind", s)
	return s, e.on("udp-socket.local-address", s)
}

func (e *netEnv) udpStreams(s value.Value, remote *value.Value) (in, out value.Value) {
	e.t.Helper()
	opt := value.None()
	if remote != nil {
		opt = value.Some(*remote)
	}
	r := e.on("udp-socket.stream", s, opt)
	return e.own(r.At(0)), e.own(r.At(1))
}

func datagram(s string, to *value.Value) value.Value {
	opt := value.None()
	if to != nil {
		opt = value.Some(*to)
	}
	return value.Record(value.Bytes([]byte(s)), opt)
}

// receive waits for a datagram.
func (e *netEnv) receive(in value.Value) (string, value.Value) {
	e.t.Helper()
	p := e.own(e.Must(udpIface, "[method]incoming-datagram-stream.subscribe", in))
	e.Must(poll, "[method]pollable.block", p)
	v := e.on("incoming-datagram-stream.receive", in, value.U64(1))
	if v.Len() != 1 {
		e.t.Fatalf("%d datagrams", v.Len())
	}
	return string(v.At(0).At(0).Bytes()), v.At(0).At(1)
}

func (e *netEnv) send(out value.Value, ds ...value.Value) uint64 {
	e.t.Helper()
	if n := e.on("outgoing-datagram-stream.check-send", out).U64(); n < uint64(len(ds)) {
		e.t.Fatalf("%d datagrams permitted", n)
	}
	return e.on("outgoing-datagram-stream.send", out, value.List(ds...)).U64()
}

func TestUDP(t *testing.T) {
	e := env(t, udpLoopback, udpListen)
	a, aAddr := e.bound()
	b, bAddr := e.bound()
	ain, aout := e.udpStreams(a, nil)
	bin, bout := e.udpStreams(b, &aAddr)
	if v := e.on("incoming-datagram-stream.receive", ain, value.U64(9)); v.Len() != 0 {
		t.Error("received nothing, and more")
	}
	if n := e.send(aout, datagram("one", &bAddr), datagram("two", &bAddr)); n != 2 {
		t.Errorf("sent %d", n)
	}
	for _, want := range []string{"one", "two"} {
		got, from := e.receive(bin)
		e.want(got, want, "datagram")
		if port(from) != port(aAddr) {
			t.Error("from somebody else")
		}
	}
	e.send(bout, datagram("back", nil), datagram("", &aAddr))
	got, _ := e.receive(ain)
	e.want(got, "back", "datagram")
	got, _ = e.receive(ain)
	e.want(got, "", "empty datagram")
	if port(e.on("udp-socket.remote-address", b)) != port(aAddr) {
		t.Error("remote-address")
	}
	e.want(e.code("udp-socket.remote-address", a), "invalid-state", "remote-address of a socket without")
	if n := e.on("incoming-datagram-stream.receive", ain, value.U64(0)).Len(); n != 0 {
		t.Error("received more than asked for")
	}
}

func TestUDPRules(t *testing.T) {
	e := env(t, udpLoopback)
	s := e.udp()
	e.want(e.code("udp-socket.stream", s, value.None()), "invalid-state", "stream of an unbound socket")
	e.want(e.code("udp-socket.local-address", s), "invalid-state", "local-address of an unbound socket")
	e.want(e.code("udp-socket.finish-bind", s), "not-in-progress", "finish-bind")
	e.on("udp-socket.start-bind", s, e.net, address("127.0.0.1:0"))
	e.want(e.code("udp-socket.start-bind", s, e.net, address("127.0.0.1:0")), "concurrency-conflict", "start-bind twice")
	e.on("udp-socket.finish-bind", s)
	e.want(e.code("udp-socket.start-bind", s, e.net, address("127.0.0.1:0")), "invalid-state", "start-bind of a bound socket")

	_, out := e.udpStreams(s, nil)
	one := address("127.0.0.1:9")
	const msg = "send of 1 datagrams, of which 0 are permitted: call check-send before each send and send no more than it returned"
	if err := e.Traps(udpIface, "[method]outgoing-datagram-stream.send", out, value.List(datagram("x", &one))); err.Error() != msg {
		t.Error(err)
	}
	send := func(out value.Value, to *value.Value, data string) string {
		e.on("outgoing-datagram-stream.check-send", out)
		return e.code("outgoing-datagram-stream.send", out, value.List(datagram(data, to)))
	}
	for _, a := range []string{"127.0.0.1:0", "0.0.0.0:9", "[::1]:9"} {
		v := address(a)
		e.want(send(out, &v, "x"), "invalid-argument", "send to "+a)
	}
	other := address("192.0.2.1:9")
	e.want(send(out, &other, "x"), "access-denied", "send to what is not granted")
	e.want(e.code("udp-socket.stream", s, value.Some(other)), "access-denied", "stream to what is not granted")
	e.want(send(out, nil, "x"), "invalid-argument", "send to nobody")
	e.want(send(out, &one, string(make([]byte, 65530))), "datagram-too-large", "send of a large datagram")

	_, out2 := e.udpStreams(s, &one)
	e.want(send(out2, &other, "x"), "invalid-argument", "send to another than the peer")
	e.want(e.code("outgoing-datagram-stream.check-send", out), "invalid-state", "use of streams that were replaced")
	e.udpStreams(s, nil)
	e.want(e.code("udp-socket.remote-address", s), "invalid-state", "remote-address after taking the peer back")
	for name, v := range map[string]value.Value{"unicast-hop-limit": value.U8(3), "receive-buffer-size": value.U64(20000), "send-buffer-size": value.U64(20000)} {
		e.want(e.code("udp-socket.set-"+name, s, v), "ok", "set-"+name)
		if got := e.on("udp-socket."+name, s); got.Bits() != v.Bits() {
			t.Errorf("%s is %d", name, got.Bits())
		}
	}
}

// TestUDPTakesNothingFromStrangers sends to a socket that may only send to others.
func TestUDPTakesNothingFromStrangers(t *testing.T) {
	stranger, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	friend, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer friend.Close()
	p := uint16(friend.LocalAddr().(*net.UDPAddr).Port)
	e := env(t, plan.SocketGrant{Protocol: plan.UDP, Addresses: loopback, Ports: [2]uint16{p, p}})
	s, addr := e.bound()
	in, _ := e.udpStreams(s, nil)
	to := &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(port(addr))}
	for _, x := range []struct {
		from net.PacketConn
		data string
	}{{stranger, "evil"}, {friend, "good"}} {
		if _, err := x.from.WriteTo([]byte(x.data), to); err != nil {
			t.Fatal(err)
		}
	}
	pollable := e.own(e.Must(udpIface, "[method]incoming-datagram-stream.subscribe", in))
	var got string
	for got == "" {
		e.Must(poll, "[method]pollable.block", pollable)
		if v := e.on("incoming-datagram-stream.receive", in, value.U64(9)); v.Len() > 0 {
			got = string(v.At(0).At(0).Bytes())
		}
	}
	e.want(got, "good", "datagram")
}
