package http_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// accept runs f with each connection to a local port, until the end of the test. Then
// the connections are closed, if f has not.
func accept(t testing.TB, f func(net.Conn)) (authority string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go f(c)
		}
	}()
	return l.Addr().String()
}

// answers is a server that reads a request's header, writes an answer, and closes.
func answers(t testing.TB, answer string) (authority string) {
	return accept(t, func(c net.Conn) {
		defer c.Close()
		r, err := nethttp.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.WriteString(c, answer)
		_ = c.(*net.TCPConn).CloseWrite()
		_, _ = io.Copy(io.Discard, r.Body)
	})
}

// outcome gets a URL: the error-code with what it holds, or the status and how the
// body and the trailers came.
func (e *httpEnv) outcome(r value.Value) string {
	e.t.Helper()
	f := e.handle(r)
	p := e.own(e.Must(types, "[method]future-incoming-response.subscribe", f))
	e.Must(poll, "[method]pollable.block", p)
	v, _ := e.Must(types, "[method]future-incoming-response.get", f).Payload()
	v, _ = v.Payload()
	resp, _ := v.Payload()
	if v.Case() == 1 {
		return show(resp)
	}
	e.own(resp)
	status := e.status(plugintest.Lend(resp))
	body, in := e.stream(plugintest.Lend(resp))
	text, code := e.read(in)
	plugintest.Drop(in)
	if code != "" {
		plugintest.Drop(body)
		return fmt.Sprint(status, " ", len(text), " ", code)
	}
	future := e.own(e.Must(types, "[static]incoming-body.finish", body))
	p = e.own(e.Must(types, "[method]future-trailers.subscribe", future))
	e.Must(poll, "[method]pollable.block", p)
	v, _ = e.Must(types, "[method]future-trailers.get", future).Payload()
	v, _ = v.Payload()
	trailers, some := v.Payload()
	if v.Case() == 1 {
		return fmt.Sprint(status, " ", len(text), " trailers: ", show(trailers))
	}
	if t, ok := trailers.Payload(); some && ok {
		return fmt.Sprint(status, " ", len(text), " ", e.entries(e.own(t)))
	}
	return fmt.Sprint(status, " ", len(text))
}

// show names an error-code, with what it holds.
func show(code value.Value) string {
	s := http.Code(code.Case()).String()
	if p, ok := code.Payload(); ok {
		s += " " + p.String()
	}
	return s
}

// TestHostileAnswers has servers answer by what is no response, or half of one.
func TestHostileAnswers(t *testing.T) {
	const ok = "HTTP/1.1 200 OK\r\n"
	long := strings.Repeat("x", 1000)
	large := "X-A: " + long + "\r\n"
	for _, tt := range []struct{ what, answer, want string }{
		{"nothing", "", "connection-terminated"},
		{"half a status line", "HTTP/1.1 2", "HTTP-protocol-error"},
		{"half a header", ok + "X-A: b\r\n", "HTTP-response-incomplete"},
		{"another protocol", "220 mail ready\r\n\r\n", "HTTP-protocol-error"},
		{"a status that is none", "HTTP/1.1 abc\r\n\r\n", "HTTP-protocol-error"},
		{"a version that is none", "HTTP/x 200 OK\r\n\r\n", "HTTP-protocol-error"},
		{"a field without a name", ok + ": b\r\n\r\n", "HTTP-protocol-error"},
		{"a name with a space", ok + "X A: b\r\n\r\n", "HTTP-protocol-error"},
		{"a value with NUL", ok + "X-A: \x00\r\n\r\n", "HTTP-protocol-error"},
		{"two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", "HTTP-protocol-error"},
		{"a length below nothing", ok + "Content-Length: -1\r\n\r\n", "HTTP-protocol-error"},
		{"a transfer coding of its own", ok + "Transfer-Encoding: magic\r\n\r\n", "HTTP-protocol-error"},
		{"a switch that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", "HTTP-protocol-error"},
		{"a header without end", ok + strings.Repeat(large, 100), "HTTP-response-header-section-size none"},
		{"a field without end", ok + "X-A: " + strings.Repeat("x", 1<<17), "HTTP-response-header-section-size none"},
		{"informational responses without end", strings.Repeat("HTTP/1.1 103 Early Hints\r\nX-A: "+long+"\r\n\r\n", 100), "HTTP-response-header-section-size none"},
		{"a large header", ok + strings.Repeat(large, 5) + "\r\n", "HTTP-response-header-section-size some(5175)"},
		{"a large field", ok + "X-A: " + strings.Repeat("x", 5000) + "\r\n\r\n", `HTTP-response-header-size {some("x-a"), some(5035)}`},
		{"a header that is just allowed", ok + strings.Repeat(large, 3) + "Content-Length: 0\r\n\r\n", "200 0"},
		{"half a body", ok + "Content-Length: 10\r\n\r\n12345", "200 5 HTTP-response-incomplete"},
		{"a body to the end of the connection", ok + "\r\n12345", "200 5"},
		{"half a chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n123", "200 3 HTTP-response-incomplete"},
		{"no last chunk", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\n", "200 5 HTTP-response-incomplete"},
		{"a chunk of no size", ok + "Transfer-Encoding: chunked\r\n\r\n5\r\n12345\r\nz\r\n", "200 5 HTTP-response-transfer-coding"},
		{"a chunk of too large a size", ok + "Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "200 0 HTTP-response-transfer-coding"},
		{"a chunk's line without end", ok + "Transfer-Encoding: chunked\r\n\r\n5;" + strings.Repeat("x", 10000), "200 0 HTTP-response-transfer-coding"},
		{"trailers", ok + "Transfer-Encoding: chunked\r\nTrailer: X-A\r\n\r\n1\r\na\r\n0\r\nX-A: b\r\n\r\n", "200 1 x-a=b"},
		{"a trailer's name with a space", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX A: b\r\n\r\n", "200 1 trailers: HTTP-protocol-error"},
		{"trailers without end", ok + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n" + strings.Repeat(large, 10), "200 1 HTTP-response-transfer-coding"},
		{"more than the length", ok + "Content-Length: 1\r\n\r\nabc", "200 1"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			e := env(t, http.Config{MaxResponseHeader: 4096}, "http://127.0.0.1:*")
			e.want(e.outcome(e.request("GET", "http://"+answers(t, tt.answer), e.headers())), tt.want, "outcome")
		})
	}
}

// TestRefusedByTLS has servers end the handshake in different ways.
func TestRefusedByTLS(t *testing.T) {
	server := func(t *testing.T, change func(*tls.Config)) (*httptest.Server, http.Config) {
		s := httptest.NewUnstartedServer(nethttp.NotFoundHandler())
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = &tls.Config{}
		change(s.TLS)
		s.StartTLS()
		t.Cleanup(s.Close)
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		return s, http.Config{TLS: &tls.Config{RootCAs: roots}}
	}
	wants := func(what, want string, change func(*tls.Config), client func(*tls.Config)) {
		t.Run(what, func(t *testing.T) {
			s, cfg := server(t, change)
			client(cfg.TLS)
			e := env(t, cfg, "https://*:*")
			e.want(e.outcome(e.request("GET", s.URL, e.headers())), want, "outcome")
		})
	}
	same := func(*tls.Config) {}
	wants("a client certificate", `TLS-alert-received {some(116), some("tls: certificate required")}`, func(c *tls.Config) { c.ClientAuth = tls.RequireAnyClientCert }, same)
	wants("an old version", `TLS-alert-received {some(70), some("tls: protocol version not supported")}`, func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 })
	wants("another name", "TLS-certificate-error", same, func(c *tls.Config) { c.ServerName = "elsewhere.test" })
	wants("an expired certificate", "TLS-certificate-error", same, func(c *tls.Config) { c.Time = func() time.Time { return time.Unix(1<<40, 0) } })
	e := env(t, http.Config{}, "https://*:*")
	e.want(e.outcome(e.request("GET", "https://"+accept(t, func(c net.Conn) { c.Close() }), e.headers())), "connection-terminated", "a server that closes")
	e.want(e.outcome(e.request("GET", "https://"+accept(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1000))
		_, _ = c.Write([]byte("\x15\x03\x01\x00\x02\x02\x28")) // fatal, handshake failure
	}), e.headers())), `TLS-alert-received {some(40), some("tls: handshake failure")}`, "an alert")
	e.want(e.outcome(e.request("GET", "https://"+accept(t, func(c net.Conn) {
		_, _ = c.Read(make([]byte, 1000))
		_, _ = c.Write([]byte("\x16\x03\x03\x00\x04\x02\x00\x00\x00")) // a server hello of no length
	}), e.headers())), "TLS-protocol-error", "a handshake that is none")
}

// TestServerThatDoesNotRead sends to a server that takes nothing, until nothing more
// can be sent.
func TestServerThatDoesNotRead(t *testing.T) {
	authority := accept(t, func(net.Conn) {})
	send := func(timeout time.Duration) (code string) {
		e := env(t, http.Config{FirstByteTimeout: timeout}, "http://127.0.0.1:*")
		r := e.request("POST", "http://"+authority, e.headers())
		_, out := e.body(r)
		f := e.handle(r)
		for {
			p := plugintest.Lend(e.Must(streams, "[method]output-stream.subscribe", plugintest.Lend(out)))
			e.Must(poll, "[method]pollable.block", p)
			v := e.Must(streams, "[method]output-stream.check-write", plugintest.Lend(out))
			if v.Case() == 1 {
				break // the request has ended
			}
			n, _ := v.Payload()
			e.Ok(streams, "[method]output-stream.write", plugintest.Lend(out), value.Bytes(make([]byte, n.U64())))
		}
		_, code = e.await(f)
		return code
	}
	for timeout := 500 * time.Millisecond; ; timeout *= 2 {
		switch code := send(timeout); {
		case code == "connection-write-timeout":
			return
		case code != "connection-read-timeout" || timeout > 10*time.Second:
			t.Fatal(code)
		}
		// On a busy machine, the guest may not have written enough in that time.
	}
}
