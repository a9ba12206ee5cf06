package server_test

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/pool"
)

// FuzzConnection sends anything to a server with a guest behind it: what comes back are
// responses that net/http can read, no more than there may be requests, and the server
// goes on.
func FuzzConnection(f *testing.F) {
	for _, text := range []string{
		"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabcGET / HTTP/1.1\r\nHost: a\r\n\r\n",
		"POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n",
		"CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "GET /#x HTTP/1.1\r\nHost: a\r\n\r\n", "HEAD / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nConnection: x, close\r\nX: y\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
	} {
		f.Add([]byte(text))
	}
	s := serve(f, setup{policy: pool.Policy{}})
	f.Fuzz(func(t *testing.T, data []byte) {
		if bytes.Contains(data, []byte("sleep")) {
			return
		}
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		_ = c.SetDeadline(time.Now().Add(20 * time.Second))
		_, _ = c.Write(data)
		_ = c.(*net.TCPConn).CloseWrite()
		answer, err := io.ReadAll(c)
		if err != nil && !strings.Contains(err.Error(), "reset") {
			t.Fatalf("%q: %v", data, err)
		}
		if bytes.HasPrefix(data, []byte("PRI ")) {
			return // frames
		}
		in := bufio.NewReader(bytes.NewReader(answer))
		for n := 0; in.Size() > 0; n++ {
			if _, err := in.Peek(1); err != nil {
				break
			}
			method := http.MethodGet
			if bytes.Contains(data, []byte("HEAD")) {
				method = http.MethodHead
			}
			r, err := http.ReadResponse(in, &http.Request{Method: method})
			if err != nil {
				t.Fatalf("%q: %v in %q", data, err, answer)
			}
			if _, err := io.Copy(io.Discard, r.Body); err != nil && !strings.Contains(err.Error(), "unexpected EOF") || n > bytes.Count(data, []byte("\n")) {
				t.Errorf("%q: %v in %q", data, err, answer)
			}
			if method == http.MethodHead {
				break // which responses have bodies is not told
			}
		}
		if log := s.log.take(); strings.Contains(log, "panic") {
			t.Errorf("%q: %s", data, log)
		}
	})
}

// take returns what was logged since the last time.
func (l *logged) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	text := l.buf.String()
	l.buf.Reset()
	return text
}
