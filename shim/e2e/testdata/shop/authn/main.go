// Command authn is what the middleware of examples/02-http is, as a sidecar process: it
// hands requests on to NEXT that carry the token in the variable TOKEN.
package main

import (
	"crypto/subtle"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
)

func main() {
	next, err := url.Parse(os.Getenv("NEXT"))
	if err != nil {
		log.Fatal(err)
	}
	want := []byte("Bearer " + os.Getenv("TOKEN"))
	proxy := httputil.NewSingleHostReverseProxy(next)
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), want) == 0 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "A token is needed.", http.StatusUnauthorized)
			return
		}
		proxy.ServeHTTP(w, r)
	})))
}
