package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins/clocks"
	wasihttp "github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/http/server"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

const incoming = "wasi:http/incoming-handler@0.2.12"

// compileGuest links and compiles the server of ../testdata.
func compileGuest(t testing.TB) *host.Composition {
	t.Helper()
	wasm, err := os.ReadFile("../testdata/server/server.wasm")
	if err != nil {
		t.Fatal(err)
	}
	p := wasihttp.New(wasihttp.Config{})
	ifaces := slices.Concat(p.Interfaces(), wasiio.Interfaces(), clocks.Interfaces())
	var cat resolve.Catalog
	for _, i := range ifaces {
		cat = append(cat, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	pl, err := linker.Component("server", wasm, cat, linker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	comp, err := host.Compile(t.Context(), pl, host.Config{Interfaces: ifaces})
	if err != nil {
		t.Fatal(err)
	}
	return comp
}

// logged collects the lines of a log.
type logged struct {
	mu  sync.Mutex
	buf bytes.Buffer // guarded by mu
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

// lines returns the log's lines with that message.
func (l *logged) lines(t testing.TB, message string) (out []map[string]any) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range bytes.Lines(l.buf.Bytes()) {
		var fields map[string]any
		if err := json.Unmarshal(line, &fields); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if fields["message"] == message {
			out = append(out, fields)
		}
	}
	return out
}

// one waits for the one line with that message.
func (l *logged) one(t testing.TB, message string) map[string]any {
	t.Helper()
	var got []map[string]any
	eventually(t, "log line "+message, func() bool {
		got = l.lines(t, message)
		return len(got) > 0
	})
	if len(got) != 1 {
		t.Errorf("%q is logged %d times", message, len(got))
	}
	return got[0]
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

// served is a running Server of the guest.
type served struct {
	*server.Server
	t    testing.TB
	log  *logged
	pool *pool.Pool
	url  string
	stop context.CancelFunc
	done chan error
}

type setup struct {
	policy pool.Policy
	limits server.Limits
	listen server.Listen
	ended  func(context.Context, error)
	access bool
	memory *budget.Quota
}

// serve runs a server until the end of the test, and then looks for what is left.
func serve(t testing.TB, s setup) *served {
	t.Helper()
	plugintest.NoGoroutines(t)
	comp := compileGuest(t)
	out := &served{t: t, log: &logged{}, done: make(chan error, 1)}
	out.pool = pool.New(comp, s.policy, host.InstanceOptions{})
	out.pool.Within(s.memory)
	if s.listen.Address == "" {
		s.listen.Address = "127.0.0.1:0"
	}
	var err error
	out.Server, err = server.New(server.Config{
		Name: "shop", Pool: out.pool, Interface: incoming, Limits: s.limits, Log: zerolog.New(out.log), Ended: s.ended, AccessLog: s.access,
	}, s.listen, nil)
	if err != nil {
		t.Fatal(err)
	}
	out.url = "http://" + out.Addr().String()
	if s.listen.TLS != nil {
		out.url = "https://" + out.Addr().String()
	}
	ctx, stop := context.WithCancel(context.Background())
	out.stop = stop
	go func() { out.done <- out.Run(ctx) }()
	t.Cleanup(func() {
		out.end()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if err := out.pool.Close(ctx); err != nil {
			t.Error(err)
		}
		if err := comp.Close(); err != nil {
			t.Errorf("an instance is left: %v", err)
		}
		if t.Failed() {
			t.Logf("the log:\n%s", out.log)
		}
	})
	return out
}

// end ends the server and returns Run's error.
func (s *served) end() error {
	s.stop()
	select {
	case err := <-s.done:
		s.done <- err
		return err
	case <-time.After(20 * time.Second):
		s.t.Fatal("the server does not end")
		return nil
	}
}

// client returns a client with connections of its own.
func client(t testing.TB) *http.Client {
	tr := &http.Transport{DisableCompression: true}
	t.Cleanup(tr.CloseIdleConnections)
	return &http.Client{Transport: tr, Timeout: 20 * time.Second}
}

// get returns status and body.
func (s *served) get(path string) (*http.Response, string) {
	s.t.Helper()
	c := client(s.t)
	resp, err := c.Get(s.url + path)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Errorf("%s: %v", path, err)
	}
	return resp, string(b)
}

func (s *served) want(path string, status int, body string) *http.Response {
	s.t.Helper()
	resp, got := s.get(path)
	if resp.StatusCode != status || got != body {
		s.t.Errorf("%s: got %d %q, want %d %q", path, resp.StatusCode, got, status, body)
	}
	return resp
}

// start sends a request that is not answered soon, and returns how to leave.
func (s *served) start(path string) (leave func()) {
	ctx, cancel := context.WithCancel(context.Background())
	before := s.pool.Stats().Busy
	var wg sync.WaitGroup
	wg.Go(func() {
		req, _ := http.NewRequestWithContext(ctx, http.MethodGet, s.url+path, nil)
		resp, err := client(s.t).Do(req)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
	})
	eventually(s.t, path+" runs", func() bool { return s.pool.Stats().Busy > before })
	return func() {
		cancel()
		wg.Wait()
	}
}

// raw sends text and returns what comes back until the server closes.
func (s *served) raw(text string) string {
	s.t.Helper()
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		return fmt.Sprint(err)
	}
	b, _ := io.ReadAll(c)
	return string(b)
}

func statusLine(response string) string {
	line, _, _ := strings.Cut(response, "\r\n")
	return line
}

// eventually fails the test if cond stays false.
func eventually(t testing.TB, what string, cond func() bool) {
	t.Helper()
	for range 1000 {
		if cond() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("not within 5 seconds: %s", what)
}
