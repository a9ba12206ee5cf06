// Package server serves a composition over HTTP: it takes requests, HTTP/1.1 and
// HTTP/2, by TLS or without, has instances of the composition answer them, and keeps
// what any request may take within limits.
//
// In: a pool of instances. Out: Handler, for any server of net/http; Server, which
// listens, tells of its health, and drains; Certificate, for Server to change it while
// it runs. Next: cmd, shim. Must not import: other
// plugins but http.
package server
