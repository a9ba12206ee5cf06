package main

import (
	"context"
	"net/http"
	"net/url"
	"path/filepath"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/linker/manifest"
)

// BenchmarkChain measures what a middleware adds to a request, without a network, in
// turns of 100 requests with and without it, the best of which count.
func BenchmarkChain(b *testing.B) {
	dir := filepath.Join("..", "..", "examples", "02-http")
	behind := chained(b, dir)
	alone := manifest.FromFiles(filepath.Join(dir, "app.wasm"), nil, nil)
	for _, policy := range []pool.Policy{{}, {Kind: pool.Reuse, Size: 4}} {
		b.Run(policy.Kind.String(), func(b *testing.B) {
			handlers := []http.Handler{benchHandler(context.Background(), b, alone, policy), benchHandler(context.Background(), b, behind, policy)}
			var best [2]time.Duration
			for b.Loop() {
				for n, h := range handlers {
					start := time.Now()
					for range chainTurn {
						h.ServeHTTP(&nowhere{header: http.Header{}}, things)
					}
					if took := time.Since(start) / chainTurn; best[n] == 0 || took < best[n] {
						best[n] = took
					}
				}
			}
			b.ReportMetric(float64(best[0]), "app-ns")
			b.ReportMetric(float64(best[1]), "authn-app-ns")
			b.ReportMetric(float64(best[1]-best[0]), "added-ns")
			b.ReportMetric(0, "ns/op") // a turn of both says nothing
		})
	}
}

const chainTurn = 100

// things is the request that benchmarks make.
var things = &http.Request{
	Method: http.MethodGet, URL: &url.URL{Path: "/things"}, RequestURI: "/things", Host: "shop", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	Header: http.Header{"Authorization": {"Bearer open-sesame"}}, Body: http.NoBody,
}

// nowhere is a response that nobody gets.
type nowhere struct{ header http.Header }

func (n *nowhere) Header() http.Header              { return n.header }
func (n *nowhere) WriteHeader(int)                  {}
func (n *nowhere) Flush()                           {}
func (n *nowhere) EnableFullDuplex() error          { return nil }
func (n *nowhere) SetReadDeadline(time.Time) error  { return nil }
func (n *nowhere) SetWriteDeadline(time.Time) error { return nil }
func (n *nowhere) Write(p []byte) (int, error)      { return len(p), nil }
