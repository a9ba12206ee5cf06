package server_test

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/sidecall/sidecall/plugins/http/server"
)

const next = "GET /headers HTTP/1.1\r\nHost: a\r\n\r\n" // answered 418

// TestSmuggling sends what a proxy in front may see as one request and others as two, by
// TLS and without. The first is answered, or refused with a reason; the connection ends.
func TestSmuggling(t *testing.T) {
	cert, _ := certificate(t)
	for _, protocol := range []string{"plain", "TLS"} {
		t.Run(protocol, func(t *testing.T) {
			l := server.Listen{}
			if protocol == "TLS" {
				l.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			}
			s := serve(t, setup{listen: l})
			for _, test := range []struct{ name, request, status, why string }{
				{"length and chunks", fmt.Sprintf("POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 5+len(next)), "400", "both Content-Length and Transfer-Encoding"},
				{"chunks and length", "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", "400", "both"},
				{"two lengths", "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 36\r\n\r\n", "400", "one number"},
				{"the same length twice", "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", "400", "one number"},
				{"chunked, identity", "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", "400", "end in chunked"},
				{"xchunked", "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n", "400", "end in chunked"},
				{"another coding", "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501", ""},
				{"chunks in HTTP/1.0", "POST /hello HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400", "HTTP/1.0"},
				{"folded", "POST /hello HTTP/1.1\r\nHost: a\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n", "400", "obs-fold"},
				{"bare LF", "POST /hello HTTP/1.1\r\nHost: a\r\nX: y\nContent-Length: 36\r\n\r\n", "400", "LF without CR"},
				{"bare CR", "POST /hello HTTP/1.1\r\nHost: a\r\nX: y\rContent-Length: 36\r\n\r\n", "400", "CR without LF"},
				{"space before the colon", "POST /hello HTTP/1.1\r\nHost: a\r\nContent-Length : 36\r\n\r\n", "400", "colon"},
				{"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", "400", "more than one Host"},
				{"a host that is none", "GET /hello HTTP/1.1\r\nHost: a/b\r\n\r\n", "400", "Host is no host"},
				{"a fragment", "GET /hello#/x HTTP/1.1\r\nHost: a\r\n\r\n", "400", "target"},
				{"a target that is none", "GET hello HTTP/1.1\r\nHost: a\r\n\r\n", "400", "target"},
				{"a tunnel", "CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", "501", ""},
				{"a chunk that is longer", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", "400", "longer than its size"},
				{"bare LF after a size", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\nabc\r\n0\r\n\r\n", "400", "number"},
				{"bare LF in an extension", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;a\nabc\r\n0\r\n\r\n", "400", "control character"},
				{"a size of 64 bits", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000003\r\nabc\r\n0\r\n\r\n", "400", "too large"},
				{"a trailer that frames", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nContent-Length: 5\r\n\r\n", "400", "trailer"},
				{"a body nobody reads", "POST /hello HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n", "", ""},
			} {
				got := s.send(test.request + next)
				if strings.Contains(got, "418") || strings.Count(got, "HTTP/1.1 ") != 1 {
					t.Errorf("%s: answered %q", test.name, got)
				}
				if test.status != "" && (!strings.HasPrefix(got, "HTTP/1.1 "+test.status) || !strings.Contains(got, "Connection: close\r\n") || !strings.Contains(got, test.why)) {
					t.Errorf("%s: answered %q", test.name, got)
				}
				// Behind a request that is right, the answer to that comes first.
				if got := s.send(next + test.request + next); strings.Count(got, "HTTP/1.1 418") != 1 || strings.Count(got, "HTTP/1.1 ") != 2 || !strings.HasPrefix(got, "HTTP/1.1 418") {
					t.Errorf("%s, behind another request: answered %q", test.name, got)
				}
			}
			if protocol == "plain" {
				s.want("/hello", 200, "hello")
			}
		})
	}
}

// send sends text, by TLS if the server does, and returns what comes until it closes.
func (s *served) send(text string) string {
	s.t.Helper()
	c := s.dial()
	defer c.Close()
	if _, err := io.WriteString(c, text); err != nil {
		return fmt.Sprint(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		s.t.Errorf("%q: %v after %q", text, err, b)
	}
	return string(b)
}

// dial connects to the server.
func (s *served) dial() net.Conn {
	s.t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if strings.HasPrefix(s.url, "https:") {
		c = tls.Client(c, &tls.Config{InsecureSkipVerify: true}) // the certificate is another test's
	}
	return c
}

// TestTakes sends what is unusual and right.
func TestTakes(t *testing.T) {
	s := serve(t, setup{})
	for _, test := range []struct{ request, body string }{
		{"GET http://other.example/hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "hello"},
		{"\r\nGET /hello HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "hello"},
		{"GET /hello HTTP/1.0\r\n\r\n", "hello"},
		{"GET /hello?a=\"{}\"|%20 HTTP/1.1\r\nHost: [::1]:8080\r\nConnection: close\r\n\r\n", "hello"},
		{"POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\n\r\n", "abc"},
	} {
		if got := s.send(test.request); !strings.HasPrefix(got[min(len(got), 8):], " 200") || !strings.Contains(got, test.body) {
			t.Errorf("%q: answered %q", test.request, got)
		}
	}
	if got := s.send("OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.1 ") || strings.HasPrefix(got, "HTTP/1.1 400") {
		t.Errorf("OPTIONS *: answered %q", got)
	}
}

// TestWrongByHTTP2 sends fields that say two things, or nothing, by frames: most clients
// could not.
func TestWrongByHTTP2(t *testing.T) {
	s := serve(t, setup{})
	for _, test := range []struct {
		name   string
		fields [][2]string
		status string
	}{
		{"right", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hello"}}, "200"},
		{"the same host", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hello"}, {"host", "a"}}, "200"},
		{"host alone", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":path", "/hello"}, {"host", "a"}}, "200"},
		{"another host", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hello"}, {"host", "b"}}, "400"},
		{"two hosts", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hello"}, {"host", "a"}, {"host", "a"}}, "400"},
		{"no host", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a/b"}, {":path", "/hello"}}, "400"},
		{"a fragment", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hello#x"}}, "400"},
		{"no path", [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "*"}}, "400"},
		{"a tunnel", [][2]string{{":method", "CONNECT"}, {":authority", "a:443"}}, "501"},
	} {
		if got := s.frames(test.fields); got != test.status {
			t.Errorf("%s: answered %s, want %s", test.name, got, test.status)
		}
	}
	if made := s.pool.Stats().Made; made != 3 {
		t.Errorf("%d requests reached a guest", made)
	}
}

// frames sends a request of HTTP/2 and returns its status.
func (s *served) frames(fields [][2]string) (status string) {
	s.t.Helper()
	c := s.dial()
	defer c.Close()
	var block bytes.Buffer
	e := hpack.NewEncoder(&block)
	for _, f := range fields {
		_ = e.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	_, _ = io.WriteString(c, http2.ClientPreface)
	fr := http2.NewFramer(c, c)
	fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	_ = fr.WriteSettings()
	_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: 1, BlockFragment: block.Bytes(), EndStream: true, EndHeaders: true})
	for {
		f, err := fr.ReadFrame()
		if err != nil {
			return err.Error()
		}
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			return f.PseudoValue("status")
		case *http2.RSTStreamFrame:
			return f.ErrCode.String()
		}
	}
}

// TestHTTPToTLS tells a client that has forgotten TLS.
func TestHTTPToTLS(t *testing.T) {
	cert, _ := certificate(t)
	s := serve(t, setup{listen: server.Listen{TLS: &tls.Config{Certificates: []tls.Certificate{cert}}}})
	if got := s.raw("GET / HTTP/1.1\r\nHost: a\r\n\r\n"); !strings.HasPrefix(got, "HTTP/1.0 400 Bad Request\r\n") || !strings.Contains(got, "HTTPS server") {
		t.Errorf("answered %q", got)
	}
}

// TestHandlerAlone: a Handler of another server refuses too.
func TestHandlerAlone(t *testing.T) {
	h := server.NewHandler(server.Config{})
	for _, test := range []struct {
		method, target, host string
		status               int
	}{{http.MethodConnect, "a:443", "a:443", 501}, {"GET", "/", "a/b", 400}} {
		w := &recorder{header: http.Header{}}
		r, err := http.NewRequest(test.method, "http://x/", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RequestURI, r.Host = test.target, test.host
		h.ServeHTTP(w, r)
		if w.status != test.status {
			t.Errorf("%s %s: %d", test.method, test.target, w.status)
		}
	}
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) WriteHeader(status int)      { r.status = status }
func (r *recorder) Write(p []byte) (int, error) { return len(p), nil }
