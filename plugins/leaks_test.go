//go:build unix

package plugins_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
)

// leaky is the guest of testdata/leaks, compiled with every grant it needs.
func leaky(t *testing.T, set *plugins.Set) *host.Composition {
	t.Helper()
	wasm, err := os.ReadFile("testdata/leaks/leaks.wasm")
	if err != nil {
		t.Fatal(err)
	}
	var cat resolve.Catalog
	for _, i := range set.Interfaces() {
		cat = append(cat, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	p, err := linker.Component("leaks", wasm, cat, linker.Options{})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, name := range []string{"a", "b", "file"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	loopback := netip.MustParsePrefix("127.0.0.0/8")
	p.Components[0].Grants = plan.Grants{
		Files: []plan.FileGrant{{Host: dir, Guest: "/"}},
		Sockets: []plan.SocketGrant{
			{Addresses: loopback}, {Host: "localhost"}, {Protocol: plan.UDP, Addresses: loopback}, {Addresses: loopback, Listen: true},
		},
		OutboundHosts: []string{"http://127.0.0.1:*"},
		Buckets:       []string{"cache"},
	}
	c, err := host.Compile(t.Context(), p, host.Config{Interfaces: set.Interfaces()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

// held is what the process holds: goroutines of plugins and of what they use, files.
func held() (goroutines, files int) {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		list = nil // not Linux
	}
	return runtime.NumGoroutine(), len(list)
}

// TestLeftOpen has guests open one of everything, pollables and streams of all of it,
// and then return or trap: when their instance is closed, nothing of it is left, and
// servers see their clients go.
func TestLeftOpen(t *testing.T) {
	var begun, gone atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		begun.Add(1)
		defer gone.Add(1)
		control := http.NewResponseController(w)
		if err := control.EnableFullDuplex(); err != nil {
			t.Error(err)
		}
		if r.URL.Path == "/begin" {
			_, _ = io.WriteString(w, "begin")
			_ = control.Flush()
		}
		_, _ = io.Copy(io.Discard, r.Body)
	}))
	defer s.Close()
	set := plugins.New(plugins.Config{})
	defer set.Close()
	c := leaky(t, set)
	stdin, input, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	defer input.Close()
	authority := strings.TrimPrefix(s.URL, "http://")
	port := netip.MustParseAddrPort(authority).Port()
	turn := func(trap bool) {
		i, err := c.Instantiate(t.Context(), host.InstanceOptions{Stdio: host.Stdio{In: stdin, Out: io.Discard}})
		if err != nil {
			t.Fatal(err)
		}
		v, err := i.Call(t.Context(), "", "leave-open", value.String(authority), value.U16(port), value.Bool(trap))
		switch {
		case trap != (err != nil):
			t.Fatalf("trap %v: %v", trap, err)
		case !trap && v.U32() != 0:
			t.Fatalf("%d calls of the guest failed", v.U32())
		}
		if err := i.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := 200
	if testing.Short() {
		count = 100
	}
	for n := range 10 {
		turn(n%2 == 0)
	}
	settle := func(what string, cond func() bool) {
		t.Helper()
		for range 3000 {
			if cond() {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		buf := make([]byte, 1<<20)
		t.Fatalf("%s, still\n%s", what, tail(buf[:runtime.Stack(buf, true)]))
	}
	settle("requests go on", func() bool { return begun.Load() == gone.Load() })
	goroutines, files := held()
	for n := range count {
		turn(n%2 == 0)
	}
	settle("requests go on", func() bool { return begun.Load() == gone.Load() })
	// A connection or two may be kept for later requests, and each is three goroutines and
	// two files here; what every second turn left would be more.
	spare := count / 2
	settle("more goroutines, or files, than before", func() bool {
		g, f := held()
		return g <= goroutines+spare && f <= files+spare
	})
	// The guest waits for two of its three requests to begin.
	if n := begun.Load(); n < int64(2*(count+10)) {
		t.Errorf("%d requests came", n)
	}
}

// tail keeps what fits a screen or two.
func tail(b []byte) []byte { return bytes.TrimSpace(b[:min(len(b), 8000)]) }
