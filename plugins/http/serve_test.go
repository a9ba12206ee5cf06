package http_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	nethttp "net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

const incoming = "wasi:http/incoming-handler@0.2.12"

// guestServer serves testdata/server, with a fresh instance for each request.
type guestServer struct {
	*httptest.Server
	t    *testing.T
	comp *host.Composition

	timeout time.Duration // of requests, 0 for none
	mu      sync.Mutex
	errs    []error // of Serve, in order
	calls   []error // of the guest's calls
	// begun and ended are told of requests.
	begun, ended chan struct{}
}

func guest(t *testing.T, start func(*httptest.Server)) *guestServer {
	t.Helper()
	plugintest.NoGoroutines(t)
	wasm, err := os.ReadFile("testdata/server/server.wasm")
	if err != nil {
		t.Fatal(err)
	}
	p := http.New(http.Config{})
	ifaces := append(append(p.Interfaces(), wasiio.Interfaces()...), clocks.Interfaces()...)
	var cat resolve.Catalog
	for _, i := range ifaces {
		cat = append(cat, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	pl, err := linker.Component("server", wasm, cat, linker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s := &guestServer{t: t, begun: make(chan struct{}, 1000), ended: make(chan struct{}, 1000)}
	if s.comp, err = host.Compile(t.Context(), pl, host.Config{Interfaces: ifaces}); err != nil {
		t.Fatal(err)
	}
	s.Server = httptest.NewUnstartedServer(s)
	start(s.Server)
	t.Cleanup(func() {
		s.Server.Close()
		if err := s.comp.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func (s *guestServer) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	select {
	case s.begun <- struct{}{}:
	default: // the test does not look
	}
	if s.timeout > 0 {
		ctx, cancel := context.WithTimeout(r.Context(), s.timeout)
		defer cancel()
		r = r.WithContext(ctx)
	}
	inst, err := s.comp.Instantiate(context.Background(), host.InstanceOptions{})
	if err != nil {
		s.t.Error(err)
		return
	}
	handle, err := inst.Func(incoming, "handle")
	if err != nil {
		s.t.Error(err)
		return
	}
	x := &http.Exchange{Instance: inst, Handle: handle, Ended: func(err error) {
		if err := inst.Close(context.Background()); err != nil {
			s.t.Error(err)
		}
		s.mu.Lock()
		s.calls = append(s.calls, err)
		s.mu.Unlock()
		s.ended <- struct{}{}
	}}
	err = x.Serve(w, r)
	s.mu.Lock()
	s.errs = append(s.errs, err)
	s.mu.Unlock()
	var failed *http.ServeError
	if errors.As(err, &failed) && failed.Status == 0 {
		panic(nethttp.ErrAbortHandler)
	}
}

// last returns the errors of the last request, when the guest has returned.
func (s *guestServer) last() (serve, call error) {
	select {
	case <-s.ended:
	case <-time.After(10 * time.Second):
		s.t.Fatal("the guest does not return")
	}
	for range 1000 {
		s.mu.Lock()
		if len(s.errs) == len(s.calls) {
			defer s.mu.Unlock()
			return s.errs[len(s.errs)-1], s.calls[len(s.calls)-1]
		}
		s.mu.Unlock()
		time.Sleep(time.Millisecond)
	}
	s.t.Fatal("Serve does not return")
	return nil, nil
}

func (s *guestServer) get(path string) (*nethttp.Response, string, error) {
	s.t.Helper()
	resp, err := s.Client().Get(s.URL + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp, string(b), err
}

// Both protocols, as servers have them.
var protocols = map[string]func(*httptest.Server){
	"HTTP/1.1": (*httptest.Server).Start,
	"HTTP/2.0": func(s *httptest.Server) {
		s.EnableHTTP2 = true
		s.StartTLS()
	},
}

func TestServe(t *testing.T) {
	for proto, start := range protocols {
		t.Run(proto, func(t *testing.T) {
			s := guest(t, start)
			for _, tt := range []struct {
				path   string
				status int
				body   string
			}{
				{"/hello", 200, "hello"},
				{"/hello?x=1", 200, "hello"},
				{"/other", 404, ""},
				{"/headers", 418, "ok"},
				{"/trickle", 200, "tick\ntick\ntick\n"},
				{"/trailers", 200, "body"},
				{"/hints", 200, ""},
				{"/upload", 200, ""},
				{"/after", 200, "done"},
			} {
				resp, body, err := s.get(tt.path)
				if resp.Proto != proto || resp.StatusCode != tt.status || body != tt.body || err != nil {
					t.Errorf("%s: %s %d %q %v", tt.path, resp.Proto, resp.StatusCode, body, err)
				}
				if serve, call := s.last(); serve != nil || call != nil {
					t.Errorf("%s: Serve: %v, call: %v", tt.path, serve, call)
				}
				switch tt.path {
				case "/hello":
					if resp.Header.Get("Content-Type") != "" {
						t.Error("a content type was guessed")
					}
				case "/headers":
					h := resp.Header
					if h.Get("Content-Type") != "text/x-test" || resp.ContentLength != 2 || fmt.Sprint(h["X-Two"]) != "[1 2]" {
						t.Errorf("headers %v, length %d", h, resp.ContentLength)
					}
				case "/trailers":
					if got := resp.Trailer.Get("X-Sum"); got != "42" {
						t.Errorf("trailer %q", got)
					}
				}
			}
		})
	}
}

func TestServeFailures(t *testing.T) {
	for proto, start := range protocols {
		t.Run(proto, func(t *testing.T) {
			s := guest(t, start)
			for _, tt := range []struct {
				path        string
				status      int
				serve, call string // parts of the errors
			}{
				{"/none", 500, "answered with status 500: the guest set no response", ""},
				{"/error", 403, "answered with status 403: HTTP-request-denied", ""},
				{"/trap", 500, "answered with status 500: trap in server", "unreachable"},
				{"/trap-late", 0, "response broken off: the body was not finished", "unreachable"},
				{"/unfinished", 0, "response broken off: the body was not finished", ""},
				{"/forgotten", 0, "response broken off: the body was not finished", ""},
				{"/length", 0, "response broken off: HTTP-response-body-size", ""},
			} {
				resp, body, err := s.get(tt.path)
				if tt.status != 0 && (resp.StatusCode != tt.status || err != nil) {
					t.Errorf("%s: %d %v", tt.path, resp.StatusCode, err)
				}
				if tt.status == 0 && resp.StatusCode != 200 {
					t.Errorf("%s: status %d", tt.path, resp.StatusCode)
				}
				if tt.status == 0 && err == nil {
					t.Errorf("%s: the client was not told that %q is not all", tt.path, body)
				}
				serve, call := s.last()
				if serve == nil || !strings.HasPrefix(serve.Error(), tt.serve) {
					t.Errorf("%s: Serve: %v", tt.path, serve)
				}
				if (call == nil) != (tt.call == "") || call != nil && !strings.Contains(call.Error(), tt.call) {
					t.Errorf("%s: call: %v", tt.path, call)
				}
			}
			// The next request is untouched by all of them.
			if _, body, err := s.get("/hello"); body != "hello" || err != nil {
				t.Errorf("%q, %v", body, err)
			}
			s.last()
		})
	}
}

func TestServeTimeout(t *testing.T) {
	s := guest(t, (*httptest.Server).Start)
	s.timeout = 100 * time.Millisecond
	for _, path := range []string{"/loop", "/sleep"} {
		resp, _, _ := s.get(path)
		_, call := s.last()
		if resp.StatusCode != 504 || !errors.Is(call, context.DeadlineExceeded) {
			t.Errorf("%s: %d, %v", path, resp.StatusCode, call)
		}
	}
}

// TestServeEcho sends a body that comes back while it is sent.
func TestServeEcho(t *testing.T) {
	for proto, start := range protocols {
		t.Run(proto, func(t *testing.T) {
			s := guest(t, start)
			body := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
			resp, err := s.Client().Post(s.URL+"/echo", "", bytes.NewReader(body))
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if got, err := io.ReadAll(resp.Body); err != nil || !bytes.Equal(got, body) {
				t.Errorf("%d bytes came back of %d: %v", len(got), len(body), err)
			}
			s.last()
			r, w := io.Pipe()
			req, _ := nethttp.NewRequest("POST", s.URL+"/echo", r)
			if resp, err = s.Client().Do(req); err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			buf := make([]byte, 100)
			for _, msg := range []string{"ping", "pong"} {
				if _, err := io.WriteString(w, msg); err != nil {
					t.Fatal(err)
				}
				if n, err := io.ReadAtLeast(resp.Body, buf, len(msg)); string(buf[:n]) != msg {
					t.Errorf("%q came back of %q: %v", buf[:n], msg, err)
				}
			}
			w.Close()
			s.last()
		})
	}
}

// TestClientLeaves ends requests while the guest works on them.
func TestClientLeaves(t *testing.T) {
	for proto, start := range protocols {
		t.Run(proto, func(t *testing.T) {
			s := guest(t, start)
			for _, path := range []string{"/loop", "/sleep", "/flood", "/echo"} {
				ctx, cancel := context.WithCancel(t.Context())
				r, w := io.Pipe()
				var body io.Reader
				if path == "/echo" {
					body = r
				}
				req, _ := nethttp.NewRequestWithContext(ctx, "POST", s.URL+path, body)
				go func() {
					<-s.begun // a request that did not come would have no guest
					time.Sleep(20 * time.Millisecond)
					cancel()
					w.CloseWithError(context.Canceled) // which the client waits for
				}()
				resp, err := s.Client().Do(req)
				if err == nil {
					_, err = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
				}
				if err == nil {
					t.Errorf("%s: there was an end", path)
				}
				if _, call := s.last(); path != "/flood" && path != "/echo" && !errors.Is(call, context.Canceled) {
					t.Errorf("%s: %v", path, call)
				}
			}
		})
	}
}

// TestSlowClient sends half a body and waits; the guest has answered long ago.
func TestSlowClient(t *testing.T) {
	s := guest(t, (*httptest.Server).Start)
	c, err := net.Dial("tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	fmt.Fprint(c, "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	buf := make([]byte, 1000)
	if n, err := c.Read(buf); err != nil || !strings.HasPrefix(string(buf[:n]), "HTTP/1.1 200") {
		t.Errorf("%q, %v", buf[:n], err)
	}
	if serve, call := s.last(); serve != nil || call != nil {
		t.Error(serve, call)
	}
}

func TestInformational(t *testing.T) {
	s := guest(t, (*httptest.Server).Start)
	var got []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			got = append(got, fmt.Sprint(code, h))
			return nil
		},
	})
	req, _ := nethttp.NewRequestWithContext(ctx, "GET", s.URL+"/hints", nil)
	resp, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	s.last()
	if fmt.Sprint(got) != "[103 map[Link:[</style.css>]]]" || resp.Header.Get("Link") != "" {
		t.Errorf("%v, then %v", got, resp.Header)
	}
}

func TestHead(t *testing.T) {
	s := guest(t, (*httptest.Server).Start)
	for _, path := range []string{"/hello", "/headers", "/length"} {
		resp, err := s.Client().Head(s.URL + path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		resp.Body.Close()
		s.last()
	}
}

// TestServeMany leaves nothing behind.
func TestServeMany(t *testing.T) {
	s := guest(t, (*httptest.Server).Start)
	n := 2000
	if testing.Short() {
		n = 200
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range n / 8 {
				resp, err := s.Client().Get(s.URL + "/hello")
				if err != nil {
					t.Error(err)
					return
				}
				_, _ = io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				<-s.ended
			}
		})
	}
	wg.Wait()
}
