// Package http implements wasi:http: requests that components send, through a
// client of the host, and requests that they answer, for a server of the host.
//
// Bodies stream in both directions with bounded buffers: whoever is slow makes the
// other side wait. A response that a guest asked for is fetched while the guest goes
// on.
//
// In: the grants of a component; for a server, requests of net/http. Out: the WIT
// interfaces; Serve. Next: whoever composes a host, or serves. Must not import:
// other plugins but io.
package http
