package sockets

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

func tcp() *host.Interface {
	return wit.Implement("wasi:sockets/tcp", map[string]host.Func{
		"[method]tcp-socket.start-bind":               onNetwork((*tcpSocket).startBind),
		"[method]tcp-socket.finish-bind":              tcpStep((*tcpSocket).finishBind),
		"[method]tcp-socket.start-connect":            onNetwork((*tcpSocket).startConnect),
		"[method]tcp-socket.finish-connect":           query(tcpFinishConnect),
		"[method]tcp-socket.start-listen":             tcpStep((*tcpSocket).startListen),
		"[method]tcp-socket.finish-listen":            tcpStep((*tcpSocket).finishListen),
		"[method]tcp-socket.accept":                   query(tcpAccept),
		"[method]tcp-socket.local-address":            query(tcpLocalAddress),
		"[method]tcp-socket.remote-address":           query(tcpRemoteAddress),
		"[method]tcp-socket.is-listening":             get(tcpIsListening),
		"[method]tcp-socket.address-family":           get(tcpAddressFamily),
		"[method]tcp-socket.set-listen-backlog-size":  command(tcpSetBacklog),
		"[method]tcp-socket.keep-alive-enabled":       option[*tcpSocket]((*socket).keepAlive, value.Bool),
		"[method]tcp-socket.set-keep-alive-enabled":   command(tcpSetKeepAlive),
		"[method]tcp-socket.keep-alive-idle-time":     option[*tcpSocket]((*socket).keepAliveIdle, durationValue),
		"[method]tcp-socket.set-keep-alive-idle-time": setOption[*tcpSocket](setKeepAliveIdle),
		"[method]tcp-socket.keep-alive-interval":      option[*tcpSocket]((*socket).keepAliveInterval, durationValue),
		"[method]tcp-socket.set-keep-alive-interval":  setOption[*tcpSocket](setKeepAliveInterval),
		"[method]tcp-socket.keep-alive-count":         option[*tcpSocket]((*socket).keepAliveCount, countValue),
		"[method]tcp-socket.set-keep-alive-count":     setOption[*tcpSocket]((*socket).setKeepAliveCount),
		"[method]tcp-socket.hop-limit":                query(tcpHopLimit),
		"[method]tcp-socket.set-hop-limit":            command(tcpSetHopLimit),
		"[method]tcp-socket.receive-buffer-size":      option[*tcpSocket]((*socket).receiveBuffer, sizeValue),
		"[method]tcp-socket.set-receive-buffer-size":  setOption[*tcpSocket]((*socket).setReceiveBuffer),
		"[method]tcp-socket.send-buffer-size":         option[*tcpSocket]((*socket).sendBuffer, sizeValue),
		"[method]tcp-socket.set-send-buffer-size":     setOption[*tcpSocket]((*socket).setSendBuffer),
		"[method]tcp-socket.subscribe":                get(tcpSubscribe),
		"[method]tcp-socket.shutdown":                 command(tcpShutdown),
	})
}

// options are there until a connection has failed.
func (t *tcpSocket) options() (*socket, error) {
	if t.state == tcpClosed {
		return nil, InvalidState
	}
	return t.conn.socket, nil
}

func tcpStep(f func(*tcpSocket) error) host.Func {
	return command(func(t *tcpSocket, _ []value.Value) error { return f(t) })
}

func ownTCPSocket(c *host.Call, t *tcpSocket) value.Value {
	return c.Own(wit.Resource("wasi:sockets/tcp", "tcp-socket"), t)
}

func tcpFinishConnect(c *host.Call, t *tcpSocket, _ []value.Value) (value.Value, error) {
	in, out, err := t.finishConnect()
	if err != nil {
		return value.Value{}, err
	}
	return value.Tuple(io.OwnInput(c, in), io.OwnOutput(c, out)), nil
}

func tcpAccept(c *host.Call, t *tcpSocket, _ []value.Value) (value.Value, error) {
	s, in, out, err := t.accept()
	if err != nil {
		return value.Value{}, err
	}
	return value.Tuple(ownTCPSocket(c, s), io.OwnInput(c, in), io.OwnOutput(c, out)), nil
}

func tcpLocalAddress(_ *host.Call, t *tcpSocket, _ []value.Value) (value.Value, error) {
	a, err := t.localAddress()
	if err != nil {
		return value.Value{}, err
	}
	return a.value(), nil
}

func tcpRemoteAddress(_ *host.Call, t *tcpSocket, _ []value.Value) (value.Value, error) {
	a, err := t.remoteAddress()
	if err != nil {
		return value.Value{}, err
	}
	return a.value(), nil
}

func tcpIsListening(_ *host.Call, t *tcpSocket) value.Value {
	return value.Bool(t.state == tcpListening)
}

func tcpAddressFamily(_ *host.Call, t *tcpSocket) value.Value { return value.Enum(int(t.family)) }

func tcpSetBacklog(t *tcpSocket, args []value.Value) error { return t.setBacklog(args[0].U64()) }

func tcpSetKeepAlive(t *tcpSocket, args []value.Value) error {
	s, err := t.options()
	if err != nil {
		return err
	}
	return s.setKeepAlive(args[0].Bool())
}

func setKeepAliveIdle(s *socket, n uint64) error { return s.setKeepAliveIdle(wire.Duration(n)) }

func setKeepAliveInterval(s *socket, n uint64) error {
	return s.setKeepAliveInterval(wire.Duration(n))
}

func countValue(n int) value.Value { return value.U32(uint32(n)) }

func tcpHopLimit(_ *host.Call, t *tcpSocket, _ []value.Value) (value.Value, error) {
	return hopLimit(t, t.family)
}

func tcpSetHopLimit(t *tcpSocket, args []value.Value) error {
	return setHopLimit(t, t.family, args[0].U8())
}

func hopLimit(h hasSocket, f family) (value.Value, error) {
	s, err := h.options()
	if err != nil {
		return value.Value{}, err
	}
	n, err := s.hopLimit(f)
	return value.U8(uint8(n)), err
}

func setHopLimit(h hasSocket, f family, n uint8) error {
	s, err := h.options()
	if err != nil {
		return err
	}
	if n == 0 {
		return InvalidArgument
	}
	return s.setHopLimit(f, int(n))
}

func tcpSubscribe(c *host.Call, t *tcpSocket) value.Value { return io.OwnPollable(c, t) }

// tcpShutdown reads shutdown-type: receive, send, both.
func tcpShutdown(t *tcpSocket, args []value.Value) error {
	how := args[0].Case()
	return t.shutdown(how != 1, how != 0)
}
