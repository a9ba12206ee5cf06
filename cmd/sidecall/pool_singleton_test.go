package main

import (
	"context"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/plugins"
	wasihttp "github.com/sidecall/sidecall/plugins/http"
)

// TestPoolOfStale: an instance that has a resource of a singleton which is no more is
// not handed out again.
func TestPoolOfStale(t *testing.T) {
	dir := filepath.Join("testdata", "limiter")
	text, err := os.ReadFile(filepath.Join(dir, "sidecall.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	m, diags := manifest.Decode(text, filepath.Join(dir, "sidecall.yaml"), manifest.Options{})
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	interfaces := plugins.All()
	r := linker.Link(m, catalogOf(interfaces), linker.Options{})
	if err := r.Diagnostics.Err(); err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	c, err := host.Compile(ctx, r.Plan, host.Config{Interfaces: interfaces})
	if err != nil {
		t.Fatal(err)
	}
	p := pool.New(c, pool.Policy{Kind: pool.Reuse, Size: 2}, host.InstanceOptions{})
	take := func() *pool.Lease {
		t.Helper()
		l, err := p.Take(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	ask := func(l *pool.Lease, path string, status int, body string) (err error) {
		t.Helper()
		handle, err := l.Instance().Func("wasi:http/incoming-handler@0.2.12", "handle")
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		rec := httptest.NewRecorder()
		x := &wasihttp.Exchange{Instance: l.Instance(), Handle: handle, Ended: func(err error) { ended <- err }}
		_ = x.Serve(rec, httptest.NewRequest("GET", path, nil)) // its status says it
		if rec.Code != status || rec.Body.String() != body {
			t.Errorf("%s: got %d %q, want %d %q", path, rec.Code, rec.Body, status, body)
		}
		return <-ended
	}
	back := func(l *pool.Lease, failed error) {
		t.Helper()
		if err := l.Return(failed); err != nil {
			t.Error(err)
		}
	}
	holds, fails := take(), take()
	back(holds, ask(holds, "/leak", 200, "1\n"))
	err = ask(fails, "/fail", 500, "Internal Server Error\n")
	if err == nil {
		t.Error("the singleton did not trap")
	}
	back(fails, err)
	next := take()
	if next.Instance() == holds.Instance() {
		t.Error("an instance that cannot call the singleton was handed out")
	}
	back(next, ask(next, "/", 200, "1\n"))
	if got, want := p.Stats(), (pool.Stats{Made: 3, Discarded: 2, Idle: 1}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
}
