package http

import (
	"bufio"
	"bytes"
	"net/http"
	"testing"
)

// FuzzRequest writes what a guest asks for as a request of HTTP/1.1 and reads it
// back: nothing that is accepted becomes another request, or a second one.
func FuzzRequest(f *testing.F) {
	f.Add("GET", "example.com", "/a?b=c", "x-name", "value")
	f.Add("PURGE", "[::1]:80", "?q", "A", "")
	f.Add("OPTIONS", "a.b:1", "*", "te", "trailers")
	f.Add("GET", "a\r\nX: y", "/\r\n\r\nGET / HTTP/1.1", "a: b", "c\r\nd: e")
	f.Add("GET /x HTTP/1.1\r\n", "a@b", "//x", "host", "evil")
	f.Fuzz(func(t *testing.T, method, authority, path, name, val string) {
		h := &fields{}
		if h.add(name, []byte(val)) != nil || !validAuthority(authority) || !validPath(path) {
			return
		}
		v := methodValue(method)
		if m, ok := readMethod(v); !ok || m != method || method == http.MethodConnect {
			return
		}
		r := &outgoingRequest{outgoingMessage: newOutgoing(h, RequestBodySize), method: method, scheme: "http", path: &path, authority: &authority}
		to, err := r.destination()
		if err != nil {
			return
		}
		req, err := r.request(to, &tracker{})
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := req.Write(&b); err != nil {
			return // net/http is stricter
		}
		in := bufio.NewReader(&b)
		got, err := http.ReadRequest(in)
		if err != nil {
			t.Fatalf("%q cannot be read: %v", b.Bytes(), err)
		}
		if got.Method != method || in.Buffered()+b.Len() != 0 {
			t.Errorf("method %q became %q, and %d bytes are left", method, got.Method, in.Buffered()+b.Len())
		}
		if len(got.Header) > 2 { // the one, and that of a body of no bytes
			t.Errorf("one header became %v", got.Header)
		}
	})
}

// FuzzOrigin reads origins and destinations. A grant of one host covers no other.
func FuzzOrigin(f *testing.F) {
	f.Add("https://example.com", "example.com")
	f.Add("http://*.example.com:*", "evil.example.com:99")
	f.Add("http://[::1]:80", "[::1]")
	f.Add("https://EXAMPLE.com.", "xn--exmple-cua.com")
	f.Fuzz(func(t *testing.T, grant, authority string) {
		o, err := parseOrigin(grant)
		if err != nil || !validAuthority(authority) {
			return
		}
		d, err := destination(o.scheme, authority)
		if err != nil {
			return
		}
		if o.covers(d) && o.host != "" && o.host[0] != '*' && o.host != d.host {
			t.Errorf("%q covers %q", grant, authority)
		}
	})
}
