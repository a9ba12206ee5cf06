package http_test

import (
	nethttp "net/http"
	"testing"

	"github.com/sidecall/sidecall/plugins/http"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// TestDescriptors sends requests to more hosts than there are descriptors for. Those that
// are connected, and wait for their next request, give way.
func TestDescriptors(t *testing.T) {
	q := plugintest.Descriptors(t, 1)
	wait := make(chan struct{})
	slow := serve(t, func(w nethttp.ResponseWriter, _ *nethttp.Request) { <-wait })
	quick := serve(t, func(nethttp.ResponseWriter, *nethttp.Request) {})
	e := env(t, http.Config{}, slow.URL, quick.URL)
	get := func(url string) (status int, code string) {
		resp, code := e.await(e.handle(e.request("GET", url, e.headers())))
		if code != "" {
			return 0, code
		}
		e.text(resp)
		return e.status(resp), ""
	}
	first := e.handle(e.request("GET", slow.URL, e.headers()))
	for q.Used() == 0 { // until it is being connected
	}
	_, code := get(quick.URL)
	e.want(code, "connection-limit-reached", "the second")
	close(wait)
	resp, code := e.await(first)
	e.want(code, "", "the first")
	e.text(resp)
	for range 3 {
		if status, code := get(quick.URL); status != 200 {
			t.Errorf("got %d, %s", status, code)
		}
	}
}
