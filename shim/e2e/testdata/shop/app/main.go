// Command app is what the app of examples/02-http is, as a server of its own.
package main

import (
	"fmt"
	"log"
	"net/http"
	"os"
)

func main() {
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = fmt.Fprintf(w, "Hello from the app: you asked for %s\n", r.URL.RequestURI())
	})
	log.Fatal(http.ListenAndServe(os.Getenv("LISTEN"), mux))
}
