package sockets

import (
	"errors"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func udp() *host.Interface {
	return wit.Implement("wasi:sockets/udp", map[string]host.Func{
		"[method]udp-socket.start-bind":              onNetwork((*udpSocket).startBind),
		"[method]udp-socket.finish-bind":             command(udpFinishBind),
		"[method]udp-socket.stream":                  query(udpStreams),
		"[method]udp-socket.local-address":           query(udpLocalAddress),
		"[method]udp-socket.remote-address":          query(udpRemoteAddress),
		"[method]udp-socket.address-family":          get(udpAddressFamily),
		"[method]udp-socket.unicast-hop-limit":       query(udpHopLimit),
		"[method]udp-socket.set-unicast-hop-limit":   command(udpSetHopLimit),
		"[method]udp-socket.receive-buffer-size":     option[*udpSocket]((*socket).receiveBuffer, sizeValue),
		"[method]udp-socket.set-receive-buffer-size": setOption[*udpSocket]((*socket).setReceiveBuffer),
		"[method]udp-socket.send-buffer-size":        option[*udpSocket]((*socket).sendBuffer, sizeValue),
		"[method]udp-socket.set-send-buffer-size":    setOption[*udpSocket]((*socket).setSendBuffer),
		"[method]udp-socket.subscribe":               get(udpSubscribe),

		"[method]incoming-datagram-stream.receive":   query(udpReceive),
		"[method]incoming-datagram-stream.subscribe": get(incomingSubscribe),

		"[method]outgoing-datagram-stream.check-send": query(udpCheckSend),
		"[method]outgoing-datagram-stream.send":       udpSend,
		"[method]outgoing-datagram-stream.subscribe":  get(outgoingSubscribe),
	})
}

func udpFinishBind(u *udpSocket, _ []value.Value) error { return u.finishBind() }

func udpStreams(c *host.Call, u *udpSocket, args []value.Value) (value.Value, error) {
	in, out, err := u.stream(optionalAddress(args[0]))
	if err != nil {
		return value.Value{}, err
	}
	return value.Tuple(
		c.Own(wit.Resource("wasi:sockets/udp", "incoming-datagram-stream"), in),
		c.Own(wit.Resource("wasi:sockets/udp", "outgoing-datagram-stream"), out),
	), nil
}

func optionalAddress(v value.Value) *socketAddress {
	p, ok := wire.Option(v)
	if !ok {
		return nil
	}
	a := readSocketAddress(p)
	return &a
}

func udpLocalAddress(_ *host.Call, u *udpSocket, _ []value.Value) (value.Value, error) {
	a, err := u.localAddress()
	if err != nil {
		return value.Value{}, err
	}
	return a.value(), nil
}

func udpRemoteAddress(_ *host.Call, u *udpSocket, _ []value.Value) (value.Value, error) {
	a, err := u.remoteAddress()
	if err != nil {
		return value.Value{}, err
	}
	return a.value(), nil
}

func udpAddressFamily(_ *host.Call, u *udpSocket) value.Value { return value.Enum(int(u.family)) }

func udpHopLimit(_ *host.Call, u *udpSocket, _ []value.Value) (value.Value, error) {
	return hopLimit(u, u.family)
}

func udpSetHopLimit(u *udpSocket, args []value.Value) error {
	return setHopLimit(u, u.family, args[0].U8())
}

func udpSubscribe(c *host.Call, u *udpSocket) value.Value { return io.OwnPollable(c, u) }

func udpReceive(_ *host.Call, s *incomingDatagrams, args []value.Value) (value.Value, error) {
	got, err := s.receive(args[0].U64())
	if err != nil {
		return value.Value{}, err
	}
	list := make([]value.Value, len(got))
	for i, d := range got {
		list[i] = value.Record(value.Bytes(d.data), d.from.value())
	}
	return value.List(list...), nil
}

func incomingSubscribe(c *host.Call, s *incomingDatagrams) value.Value {
	return io.OwnPollable(c, s.event())
}

func udpCheckSend(_ *host.Call, s *outgoingDatagrams, _ []value.Value) (value.Value, error) {
	n, err := s.checkSend()
	return value.U64(n), err
}

func udpSend(_ *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*outgoingDatagrams](args[0])
	if err != nil {
		return value.Value{}, err
	}
	ds := make([]outgoingDatagram, args[1].Len())
	for i := range ds {
		d := args[1].At(i)
		ds[i] = outgoingDatagram{d.At(0).Bytes(), optionalAddress(d.At(1))}
	}
	n, err := s.send(ds)
	var trap *permitError
	switch {
	case errors.As(err, &trap):
		return value.Value{}, err
	case err != nil:
		return wire.ErrCode(codeOf(err))
	}
	return wire.Ok(value.U64(n))
}

func outgoingSubscribe(c *host.Call, s *outgoingDatagrams) value.Value {
	return io.OwnPollable(c, s.event())
}
