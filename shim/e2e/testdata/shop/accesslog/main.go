// Command accesslog is what the middleware of examples/02-http is, as a sidecar process:
// it hands requests on to NEXT, and prints a line about each.
package main

import (
	"log"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"time"
)

func main() {
	next, err := url.Parse(os.Getenv("NEXT"))
	if err != nil {
		log.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(next)
	out := slog.New(slog.NewTextHandler(os.Stdout, nil))
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		proxy.ServeHTTP(w, r)
		out.Info("answered", "method", r.Method, "path", r.URL.RequestURI(), "took", time.Since(start))
	})))
}
