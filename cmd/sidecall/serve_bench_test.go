package main

import (
	"bufio"
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/plugins"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// BenchmarkServe asks small components over loopback, one request at a time and 64
// at once, beside a handler of net/http that gives the same answer. All are asked in
// turn, a few thousand requests each, and the best of the turns counts, as the
// machine may be shared.
//
//	plain        net/http alone
//	fresh        app of examples/02-http, a fresh instance for each request
//	pool         the same, instances used again
//	chain        authn before the app, fresh instances
//	chain-pool   the same, instances used again
//	proxy        what authn does as a process of its own, in Go, before "pool"
func BenchmarkServe(b *testing.B) {
	ctx := context.Background()
	dir := filepath.Join("..", "..", "examples", "02-http")
	app := filepath.Join(dir, "app.wasm")
	behind := chained(b, dir)
	reuse := pool.Policy{Kind: pool.Reuse, Size: 64}
	alone := manifest.FromFiles(app, nil, nil)
	pooled := benchServer(ctx, b, alone, reuse)
	variants := []struct{ name, address string }{
		{"plain", plainServer(b)},
		{"fresh", benchServer(ctx, b, alone, pool.Policy{})},
		{"pool", pooled},
		{"chain", benchServer(ctx, b, behind, pool.Policy{})},
		{"chain-pool", benchServer(ctx, b, behind, reuse)},
		{"proxy", proxyProcess(b, pooled)},
	}
	for _, clients := range []int{1, 64} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			best := map[string]load{}
			for b.Loop() {
				for _, v := range variants {
					if l := measure(b, v.address, clients, 2000); best[v.name].p50 == 0 || l.rate > best[v.name].rate {
						best[v.name] = l
					}
				}
			}
			for _, v := range variants {
				l := best[v.name]
				b.ReportMetric(l.rate, v.name+"-req/s")
				b.ReportMetric(float64(l.p50.Nanoseconds())/1e3, v.name+"-p50-µs")
				b.ReportMetric(float64(l.p99.Nanoseconds())/1e3, v.name+"-p99-µs")
			}
			b.ReportMetric(0, "ns/op") // a turn of all of them says nothing
		})
	}
}

// chained is the example's app behind authn.
func chained(b *testing.B, dir string) *manifest.Manifest {
	b.Helper()
	const chain = "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: {name: shop}\nmain: app\nhttp: {chain: [authn, app]}\n" +
		"components:\n  app: {file: app.wasm}\n  authn: {file: authn.wasm, env: {TOKEN: open-sesame}}\n"
	m, diags := manifest.Decode([]byte(chain), filepath.Join(dir, "sidecall.yaml"), manifest.Options{})
	if err := diags.Err(); err != nil {
		b.Fatal(err)
	}
	return m
}

// load is what a number of requests took.
type load struct {
	rate     float64 // requests per second
	p50, p99 time.Duration
}

// measure sends requests by a number of clients, one after the other each.
func measure(b *testing.B, address string, clients, requests int) load {
	b.Helper()
	took := make([]time.Duration, requests)
	var wg sync.WaitGroup
	start := time.Now()
	for c := range clients {
		wg.Go(func() {
			conn, err := net.Dial("tcp", address)
			if err != nil {
				b.Error(err)
				return
			}
			defer conn.Close()
			in := bufio.NewReader(conn)
			for i := c; i < requests; i += clients {
				begin := time.Now()
				if err := ask(conn, in); err != nil {
					b.Error(err)
					return
				}
				took[i] = time.Since(begin)
			}
		})
	}
	wg.Wait()
	all := time.Since(start)
	slices.Sort(took)
	return load{float64(requests) / all.Seconds(), took[requests/2], took[requests*99/100]}
}

const benchRequest = "GET /things HTTP/1.1\r\nHost: shop\r\nAuthorization: Bearer open-sesame\r\n\r\n"

func ask(conn net.Conn, in *bufio.Reader) error {
	if _, err := io.WriteString(conn, benchRequest); err != nil {
		return err
	}
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err == nil && string(body) != benchAnswer {
		err = fmt.Errorf("answered %q", body)
	}
	return err
}

const benchAnswer = "Hello from the app: you asked for /things\n"

// plainServer is a handler of net/http.
func plainServer(b *testing.B) string {
	return listenAndServe(b, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, "Hello from the app: you asked for "+r.URL.Path+"\n")
	}))
}

func listenAndServe(b *testing.B, h http.Handler) string {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	s := &http.Server{Handler: h}
	go func() { _ = s.Serve(l) }() // until it is closed
	b.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

// benchServer serves a composition.
func benchServer(ctx context.Context, b *testing.B, m *manifest.Manifest, policy pool.Policy) string {
	b.Helper()
	return listenAndServe(b, benchHandler(ctx, b, m, policy))
}

// benchHandler is a handler that a composition answers for.
func benchHandler(ctx context.Context, b *testing.B, m *manifest.Manifest, policy pool.Policy) http.Handler {
	b.Helper()
	interfaces := plugins.All()
	r := linker.Link(m, catalogOf(interfaces), linker.Options{})
	if err := r.Diagnostics.Err(); err != nil {
		b.Fatal(err)
	}
	c, err := host.Compile(ctx, r.Plan, host.Config{Interfaces: interfaces})
	if err != nil {
		b.Fatal(err)
	}
	p := pool.New(c, policy, host.InstanceOptions{})
	b.Cleanup(func() {
		if err := p.Close(ctx); err != nil {
			b.Error(err)
		}
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return server.NewHandler(server.Config{Name: "shop", Pool: p, Interface: "wasi:http/incoming-handler@0.2.12", Log: zerolog.Nop()})
}

// catalogOf tells the linker what the host offers.
func catalogOf(interfaces []*host.Interface) resolve.Catalog {
	var cat resolve.Catalog
	for _, i := range interfaces {
		cat = append(cat, resolve.HostInterface{Name: i.Name, Type: i.Type})
	}
	return cat
}

// proxyProcess starts a process that does what authn does and hands requests on.
func proxyProcess(b *testing.B, to string) string {
	b.Helper()
	cmd := exec.Command("proxy", to)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSuffix(address, "\n")
}

// proxyMain is the process: it prints its address and runs until it is killed.
func proxyMain() {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: os.Args[1]})
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Println(l.Addr())
	err = http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer open-sesame")) != 1 {
			http.Error(w, "A token is needed.", http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
