// Command ratelimit is what the component beside it is, as a sidecar process: it hands
// requests on to NEXT, but no more of them in a second than LIMIT says.
package main

import (
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"
)

func main() {
	next, err := url.Parse(os.Getenv("NEXT"))
	if err != nil {
		log.Fatal(err)
	}
	limit, err := strconv.Atoi(os.Getenv("LIMIT"))
	if err != nil {
		log.Fatal(err)
	}
	var mu sync.Mutex
	var second int64
	var count int
	allowed := func() bool {
		mu.Lock()
		defer mu.Unlock()
		if now := time.Now().Unix(); now != second {
			second, count = now, 0
		}
		count++
		return count <= limit
	}
	proxy := httputil.NewSingleHostReverseProxy(next)
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !allowed() {
			w.Header().Set("Retry-After", "1")
			http.Error(w, "Too many requests.", http.StatusTooManyRequests)
			return
		}
		proxy.ServeHTTP(w, r)
	})))
}
