package server_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// certificate is one for 127.0.0.1 that signed itself.
func certificate(t testing.TB) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// TestProtocols asks by every protocol that is spoken.
func TestProtocols(t *testing.T) {
	cert, roots := certificate(t)
	for _, test := range []struct {
		name  string
		tls   bool
		setup func(*http.Protocols)
		want  string
	}{
		{"HTTP/1.1", false, func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/1.1"},
		{"HTTP/2 without TLS", false, func(p *http.Protocols) { p.SetUnencryptedHTTP2(true) }, "HTTP/2.0"},
		{"HTTP/1.1 by TLS", true, func(p *http.Protocols) { p.SetHTTP1(true) }, "HTTP/1.1"},
		{"HTTP/2 by TLS", true, func(p *http.Protocols) { p.SetHTTP2(true) }, "HTTP/2.0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := server.Listen{}
			if test.tls {
				l.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
			}
			s := serve(t, setup{listen: l})
			tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, Protocols: &http.Protocols{}}
			test.setup(tr.Protocols)
			defer tr.CloseIdleConnections()
			resp, err := (&http.Client{Transport: tr}).Get(s.url + "/headers")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			if resp.Proto != test.want || resp.StatusCode != 418 || resp.Header.Get("Content-Type") != "text/x-test" || len(resp.Header["X-Two"]) != 2 {
				t.Errorf("got %s %d %v", resp.Proto, resp.StatusCode, resp.Header)
			}
		})
	}
}

// TestPolicies counts the instances that requests take.
func TestPolicies(t *testing.T) {
	for _, test := range []struct {
		policy pool.Policy
		made   uint64
	}{
		{pool.Policy{}, 5},
		{pool.Policy{Kind: pool.Reuse, Size: 3}, 1},
		{pool.Policy{Kind: pool.Reuse, MaxInvocations: 2}, 3},
		{pool.Policy{Kind: pool.Singleton}, 1},
	} {
		t.Run(test.policy.String(), func(t *testing.T) {
			s := serve(t, setup{policy: test.policy})
			for range 5 {
				s.want("/hello", 200, "hello")
				eventually(t, "guest returned", func() bool { return s.pool.Stats().Busy == 0 })
			}
			if got := s.pool.Stats().Made; got != test.made {
				t.Errorf("%d instances, want %d", got, test.made)
			}
		})
	}
}

// TestTrap lets guests fail, and looks at the next request, with every policy.
func TestTrap(t *testing.T) {
	for _, policy := range []pool.Policy{{}, {Kind: pool.Reuse, Size: 1}, {Kind: pool.Singleton}} {
		t.Run(policy.Kind.String(), func(t *testing.T) {
			var ended []error
			var mu sync.Mutex
			s := serve(t, setup{policy: policy, ended: func(_ context.Context, err error) {
				mu.Lock()
				defer mu.Unlock()
				ended = append(ended, err)
			}})
			s.want("/trap", 500, "Internal Server Error\n")
			line := s.log.one(t, "guest trapped")
			for k, want := range map[string]string{"level": "error", "composition": "shop", "component": "server", "method": "GET", "path": "/trap",
				"function": incoming + "#handle", "error": "trap in server, function " + incoming + "#handle: unreachable code was reached"} {
				if line[k] != want {
					t.Errorf("log: %s is %v, want %v", k, line[k], want)
				}
			}
			s.want("/hello", 200, "hello")
			eventually(t, "two ends", func() bool { mu.Lock(); defer mu.Unlock(); return len(ended) == 2 })
			var trap *host.Trap
			if !errors.As(ended[0], &trap) || trap.Code != canon.TrapUnreachable || ended[1] != nil {
				t.Errorf("ended with %v", ended)
			}
		})
	}
}

// TestTrapLate fails when the response has begun.
func TestTrapLate(t *testing.T) {
	s := serve(t, setup{})
	resp, err := client(t).Get(s.url + "/trap-late")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b := make([]byte, 100)
	n, err := resp.Body.Read(b)
	for err == nil {
		var more int
		more, err = resp.Body.Read(b[n:])
		n += more
	}
	if string(b[:n]) != "half" || !strings.Contains(err.Error(), "unexpected EOF") {
		t.Errorf("got %q, %v", b[:n], err)
	}
	s.log.one(t, "guest trapped")
	s.want("/hello", 200, "hello")
}

func TestNoAnswer(t *testing.T) {
	s := serve(t, setup{})
	s.want("/none", 500, "Internal Server Error\n")
	s.log.one(t, "guest did not answer")
	s.want("/error", 403, "Forbidden\n")
	s.log.one(t, "response failed")
}

// TestDeadline has guests compute and wait without end.
func TestDeadline(t *testing.T) {
	for _, path := range []string{"/loop", "/sleep"} {
		t.Run(path, func(t *testing.T) {
			s := serve(t, setup{limits: server.Limits{Deadline: 100 * time.Millisecond}})
			start := time.Now()
			s.want(path, 504, "Gateway Timeout\n")
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("answered after %v", d)
			}
			if line := s.log.one(t, "guest did not answer in time"); line["function"] != incoming+"#handle" {
				t.Errorf("log: %v", line)
			}
			s.want("/hello", 200, "hello")
		})
	}
}

// TestGoesOn lets a guest go on after its answer, with a deadline and without.
func TestGoesOn(t *testing.T) {
	for _, limits := range []server.Limits{{Deadline: 50 * time.Millisecond}, {Deadline: -1, AfterAnswer: 50 * time.Millisecond}} {
		ended := make(chan error, 1)
		s := serve(t, setup{limits: limits, ended: func(_ context.Context, err error) { ended <- err }})
		s.want("/after", 200, "done")
		var interrupt *host.InterruptError
		if err := <-ended; !errors.As(err, &interrupt) {
			t.Errorf("%+v: ended with %v", limits, err)
		}
	}
	ended := make(chan error, 1)
	s := serve(t, setup{ended: func(_ context.Context, err error) { ended <- err }})
	s.want("/after", 200, "done")
	if err := <-ended; err != nil {
		t.Errorf("in time: ended with %v", err)
	}
}

// TestClientLeaves looks whether the guest is ended with the client's interest.
func TestClientLeaves(t *testing.T) {
	for _, path := range []string{"/loop", "/sleep", "/flood"} {
		t.Run(path, func(t *testing.T) {
			s := serve(t, setup{})
			leave := s.start(path)
			start := time.Now()
			leave()
			eventually(t, "guest ended", func() bool { return s.pool.Stats().Busy == 0 })
			if d := time.Since(start); d > 2*time.Second {
				t.Errorf("the guest ended after %v", d)
			}
			if s := s.log.String(); strings.Contains(s, `"error"`) && strings.Contains(s, `"level":"error"`) {
				t.Errorf("a client that leaves is no error: %s", s)
			}
			s.want("/hello", 200, "hello")
		})
	}
}

// TestTurns has more requests than may run and wait.
func TestTurns(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Requests: 1, Queue: 1}})
	leave := s.start("/sleep")
	answers := make(chan *http.Response, 5)
	for range cap(answers) {
		go func() {
			resp, err := client(t).Get(s.url + "/hello")
			if err != nil {
				t.Error(err)
				resp = &http.Response{Body: http.NoBody}
			}
			resp.Body.Close()
			answers <- resp
		}()
	}
	for range cap(answers) - 1 {
		if resp := <-answers; resp.StatusCode != 503 || resp.Header.Get("Retry-After") != "1" {
			t.Errorf("got %d %v", resp.StatusCode, resp.Header)
		}
	}
	leave()
	if resp := <-answers; resp.StatusCode != 200 {
		t.Errorf("the one that waited got %d", resp.StatusCode)
	}
}

// TestWaitTooLong has requests wait until their deadline: one for the only instance,
// the other for the first.
func TestWaitTooLong(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Requests: 1, Deadline: 100 * time.Millisecond}, policy: pool.Policy{Kind: pool.Singleton}})
	lease, err := s.pool.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() { s.want("/hello", 503, "Service Unavailable\n") })
	}
	wg.Wait()
	if err := lease.Return(nil); err != nil {
		t.Error(err)
	}
	s.want("/hello", 200, "hello")
}

func TestBodyLimit(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Body: 100}})
	post := func(body string, chunked bool) int {
		req, _ := http.NewRequest(http.MethodPost, s.url+"/upload", strings.NewReader(body))
		if chunked {
			req.ContentLength = -1
		}
		resp, err := client(t).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		return resp.StatusCode
	}
	if got := post(strings.Repeat("\x00", 100), false); got != 200 {
		t.Errorf("a body of 100 bytes: %d", got)
	}
	if got := post(strings.Repeat("\x00", 101), false); got != 413 {
		t.Errorf("a body of 101 bytes, announced: %d", got)
	}
	// What is not announced the guest gets in part, and then an error. This guest
	// answers all the same.
	if got := post(strings.Repeat("\x01", 1000), true); got != 201 {
		t.Errorf("a body of 1,000 bytes, not announced: %d", got)
	}
	if made := s.pool.Stats().Made; made != 2 {
		t.Errorf("%d instances were made for 2 requests that reached the guest", made)
	}
}

func TestHeaderLimit(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{Header: 4096}})
	resp := s.raw("GET /hello HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("x", 20_000) + "\r\n\r\n")
	if got := statusLine(resp); got != "HTTP/1.1 431 Request Header Fields Too Large" {
		t.Errorf("got %q", got)
	}
}

// TestHealth follows the probes through the life of a server.
func TestHealth(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{Health: "127.0.0.1:0", DrainDelay: 300 * time.Millisecond}})
	probe := func(path string) int {
		resp, err := client(t).Get("http://" + s.HealthAddr().String() + path)
		if err != nil {
			return 0
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	eventually(t, "ready", func() bool { return probe("/readyz") == 200 })
	for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/hello": 404, "/": 404} {
		if got := probe(path); got != want {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
	if resp, _ := s.get("/healthz"); resp.StatusCode != 404 {
		t.Error("the composition's own address answers probes")
	}
	s.stop()
	eventually(t, "not ready", func() bool { return probe("/readyz") == 503 })
	if got := probe("/healthz"); got != 200 {
		t.Errorf("draining, it does not live: %d", got)
	}
	s.want("/hello", 200, "hello") // clients that have not heard yet
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if got := probe("/healthz"); got != 0 {
		t.Errorf("after the end: %d", got)
	}
}

// TestDrain ends a server while requests are under way.
func TestDrain(t *testing.T) {
	s := serve(t, setup{})
	answer := make(chan string, 1)
	go func() {
		_, body := s.get("/trickle") // takes 90 ms
		answer <- body
	}()
	eventually(t, "it runs", func() bool { return s.pool.Stats().Busy == 1 })
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if got := <-answer; got != "tick\ntick\ntick\n" {
		t.Errorf("got %q", got)
	}
	if _, err := net.Dial("tcp", s.Addr().String()); err == nil {
		t.Error("it listens still")
	}
}

// TestDrainTimeout has a request that does not end.
func TestDrainTimeout(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{DrainTimeout: 50 * time.Millisecond}})
	leave := s.start("/loop")
	if err := s.end(); !errors.Is(err, server.ErrDrain) {
		t.Errorf("got %v", err)
	}
	leave()
	s.log.one(t, "server ended, and the guest with it")
}

func TestListenErrors(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	for _, opt := range []server.Listen{
		{Address: l.Addr().String()},
		{Address: "127.0.0.1:0", Health: l.Addr().String()},
		{Address: "no such host:1"},
	} {
		s, err := server.New(server.Config{}, opt, nil)
		if err == nil {
			t.Errorf("%+v: %v", opt, s.Addr())
		}
	}
}
