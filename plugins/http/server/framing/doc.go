// Package framing reads HTTP/1 as strictly as RFC 9112 lets a server: where a request
// begins and ends, nobody in front of the server may see differently. net/http is more
// lenient, and hides from its handlers what it has read over.
//
// In: the bytes of a client's connection. Out: the same bytes, as far as they are
// requests of which there is one reading; of others, bytes that net/http answers 400, and
// then the end. And, for HTTP/2, where in what a server writes a GOAWAY may stand.
// Next: server. Must not import: anything of ours.
package framing
