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

// TestHeadersThatNeverEnd has servers begin a response, and stop.
func TestHeadersThatNeverEnd(t *testing.T) {
	for _, begin := range []string{"", "H", "HTTP/1.1 200 OK\r\nX-A: b\r\n", "HTTP/1.1 103 Early Hints\r\n\r\n", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1"} {
		t.Run(begin, func(t *testing.T) {
			authority := accept(t, func(c net.Conn) {
				if _, err := nethttp.ReadRequest(bufio.NewReader(c)); err == nil {
					_, _ = io.WriteString(c, begin)
				}
			})
			e := env(t, http.Config{FirstByteTimeout: 100 * time.Millisecond}, "http://127.0.0.1:*")
			e.want(e.fails(e.request("GET", "http://"+authority, e.headers())), "connection-read-timeout", "outcome")
		})
	}
}

func TestConnectionErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for n := 0; ; n++ {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = c.Read(make([]byte, 1000))
			if n%2 == 1 {
				_, _ = io.WriteString(c, "this is not HTTP\r\n\r\n")
			}
			c.Close()
		}
	}()
	e := env(t, http.Config{}, "http://*:*", "https://*:*")
	e.want(e.fails(e.request("GET", "http://127.0.0.1:1/", e.headers())), "connection-refused", "a closed port")
	e.want(e.fails(e.request("POST", "http://"+l.Addr().String(), e.headers())), "connection-terminated", "a server that closes")
	e.want(e.fails(e.request("POST", "http://"+l.Addr().String(), e.headers())), "HTTP-protocol-error", "a server that speaks something else")
	if got := e.fails(e.request("GET", "http://does-not-exist.invalid/", e.headers())); !strings.HasPrefix(got, "DNS-") {
		t.Errorf("a name that is none: %s", got)
	}
}

func TestTLS(t *testing.T) {
	s := httptest.NewUnstartedServer(nethttp.HandlerFunc(func(w nethttp.ResponseWriter, r *nethttp.Request) { fmt.Fprint(w, r.Proto) }))
	s.EnableHTTP2 = true
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	e := env(t, http.Config{}, s.URL)
	e.want(e.fails(e.request("GET", s.URL, e.headers())), "TLS-certificate-error", "a certificate of nobody")
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	e = env(t, http.Config{TLS: &tls.Config{RootCAs: roots}}, s.URL)
	e.want(e.text(e.response(e.request("GET", s.URL, e.headers()))), "HTTP/2.0", "protocol")
	plain := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {})
	e = env(t, http.Config{}, "https://127.0.0.1:*")
	e.want(e.fails(e.request("GET", strings.Replace(plain.URL, "http:", "https:", 1), e.headers())), "TLS-protocol-error", "a server without TLS")
}

func TestTimeouts(t *testing.T) {
	release := make(chan struct{})
	s := serve(t, func(w nethttp.ResponseWriter, r *nethttp.Request) {
		if r.URL.Path == "/body" {
			_, _ = io.WriteString(w, "begin")
			_ = nethttp.NewResponseController(w).Flush()
		}
		<-release
	})
	defer close(release)
	e := env(t, http.Config{}, s.URL, "http://192.0.2.1")
	options := func(what string, d time.Duration) value.Value {
		o := e.Must(types, "[constructor]request-options")
		if e.Must(types, "[method]request-options."+what, plugintest.Lend(o)).Case() != 0 {
			t.Errorf("%s is set", what)
		}
		e.Ok(types, "[method]request-options.set-"+what, plugintest.Lend(o), some(value.U64(uint64(d))))
		if p, _ := e.Must(types, "[method]request-options."+what, plugintest.Lend(o)).Payload(); p.U64() != uint64(d) {
			t.Errorf("%s is not what it was set to", what)
		}
		return o
	}
	const short = 50 * time.Millisecond
	start := time.Now()
	e.want(e.fails(e.request("GET", s.URL, e.headers()), options("first-byte-timeout", short)), "connection-read-timeout", "first byte")
	resp := e.response(e.request("GET", s.URL+"/body", e.headers()), options("between-bytes-timeout", short))
	_, in := e.stream(resp)
	got, code := e.read(in)
	e.want(got+" "+code, "begin connection-read-timeout", "between bytes")
	// Nobody answers at this address; some networks say so at once.
	got = e.fails(e.request("GET", "http://192.0.2.1/", e.headers()), options("connect-timeout", short))
	if got != "connection-timeout" && got != "destination-IP-unroutable" && got != "connection-refused" {
		t.Errorf("connect: %s", got)
	}
	if d := time.Since(start); d > 5*time.Second {
		t.Errorf("the timeouts took %v", d)
	}
}
