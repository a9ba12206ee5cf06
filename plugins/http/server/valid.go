package server

import (
	"net/http"

	"github.com/sidecall/sidecall/plugins/http/server/framing"
)

// invalid is the status of a request that is not taken though net/http has read it, and
// why, 0 for one that is. Of HTTP/1 framing has refused the most before, which also knows
// what net/http leaves out.
func invalid(r *http.Request) (status int, why string) {
	switch {
	case r.Method == http.MethodConnect:
		return http.StatusNotImplemented, "this server makes no tunnels"
	case !framing.ValidHost(r.Host):
		return http.StatusBadRequest, "the authority is no host with an optional port"
	case r.RequestURI != "" && !framing.ValidTarget(r.Method, r.RequestURI):
		return http.StatusBadRequest, "the target is none that " + r.Method + " may have"
	}
	// By HTTP/2 a Host may stand beside :authority, and says the same (RFC 9113 section
	// 8.3.1). net/http leaves it in the header there.
	hosts := r.Header["Host"]
	if len(hosts) > 1 || len(hosts) == 1 && hosts[0] != r.Host {
		return http.StatusBadRequest, "host is not what :authority is"
	}
	return 0, ""
}
