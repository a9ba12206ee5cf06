package framing

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// limit is as net/http has it for a header of 1 KiB.
const limit = 1<<10 + 8<<10

// all reads what a Reader lets through, in pieces of n bytes at most.
func all(r *Reader, n int) (string, error) {
	var out []byte
	p := make([]byte, n)
	for {
		k, err := r.Read(p)
		out = append(out, p[:k]...)
		if err == io.EOF {
			return string(out), nil
		}
		if err != nil {
			return string(out), err
		}
	}
}

// ways are how bytes may come and be asked for: what passes must not depend on it.
func ways(text string) map[string]func() (string, *Reader, error) {
	out := map[string]func() (string, *Reader, error){}
	for name, src := range map[string]func() io.Reader{
		"whole":   func() io.Reader { return strings.NewReader(text) },
		"by byte": func() io.Reader { return iotest.OneByteReader(strings.NewReader(text)) },
		"halves":  func() io.Reader { return iotest.HalfReader(strings.NewReader(text)) },
	} {
		for _, n := range []int{1, 2, 7, 4096} {
			out[name+string(rune('0'+n%10))] = func() (string, *Reader, error) {
				r := NewReader(src(), limit, true, true)
				got, err := all(r, n)
				return got, r, err
			}
		}
	}
	return out
}

const get = "GET / HTTP/1.1\r\nHost: x\r\n\r\n"

func TestPasses(t *testing.T) {
	long := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 3000) + "\r\n\r\n"
	for _, text := range []string{
		get, get + get, long, long + get,
		"GET / HTTP/1.0\r\n\r\n",
		"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET / HTTP/1.0\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc" + get,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: \t 03 \r\n\r\nabc" + get,
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" + get,
		"POST / HTTP/1.1\r\nHost: x\r\ntransfer-encoding: Chunked\r\n\r\n0\r\n\r\n" + get,
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n00A;a=\"b c\";d\r\n0123456789\r\n000\r\nX-Sum: 1\r\nY:\r\n\r\n" + get,
		"GET /a?b=c&d=%20{}|^ HTTP/1.1\r\nHost:\r\nX-Empty:\r\nX: \xc3\xa4\t\"\r\n\r\n",
		"GET /caf\xc3\xa9 HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
		"GET http://a.example:80/x?y HTTP/1.1\r\nHost: b\r\n\r\n",
		"GET http://a.example?y HTTP/1.1\r\nHost: b\r\n\r\n",
		"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
		"M-SEARCH / HTTP/1.9\r\nHost: x\r\n\r\n",
		preface + "\x00\x00\x00\x04\x00\x00\x00\x00\x00" + "\r\nanything at all\n",
	} {
		for way, read := range ways(text) {
			if got, r, err := read(); err != nil || got != text {
				_, why := r.Broken()
				t.Errorf("%q, %s: %q, %v, %v", text, way, got, err, why)
			}
		}
	}
}

// TestStops shows after what a connection has no next request.
func TestStops(t *testing.T) {
	for _, text := range []string{
		"CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n",
		"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
	} {
		for way, read := range ways(text + get) {
			if got, _, err := read(); err != nil || got != text {
				t.Errorf("%q, %s: %q, %v", text, way, got, err)
			}
		}
	}
}

// TestEmptyLine: one empty line before a request means nothing, two are no request.
func TestEmptyLine(t *testing.T) {
	for way, read := range ways("\r\n" + get + "\r\n" + get) {
		if got, _, err := read(); err != nil || got != get+get {
			t.Errorf("%s: %q, %v", way, got, err)
		}
	}
	for way, read := range ways(get + "\r\n\r\n" + get) {
		if got, _, err := read(); err != nil || got != get+marker {
			t.Errorf("%s: %q, %v", way, got, err)
		}
	}
}

// header makes a request of fields.
func header(fields ...string) string {
	return "POST / HTTP/1.1\r\nHost: x\r\n" + strings.Join(append(fields, ""), "\r\n") + "\r\n"
}

func TestRefuses(t *testing.T) {
	for _, test := range []struct{ text, why string }{
		// the length of a body
		{header("Content-Length: 3", "Transfer-Encoding: chunked"), "both"},
		{header("Transfer-Encoding: chunked", "Content-Length: 3"), "both"},
		{header("Content-Length: 3", "Content-Length: 3"), "one number"},
		{header("Content-Length: 3", "content-length: 4"), "one number"},
		{header("Content-Length: 3, 3"), "one number"},
		{header("Content-Length: +3"), "one number"},
		{header("Content-Length: -3"), "one number"},
		{header("Content-Length: 0x3"), "one number"},
		{header("Content-Length: 3_0"), "one number"},
		{header("Content-Length: 3 0"), "one number"},
		{header("Content-Length:"), "one number"},
		{header("Content-Length: 9223372036854775808"), "one number"},
		{header("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), "once"},
		{header("Transfer-Encoding: chunked", "Transfer-Encoding: identity"), "once"},
		{header("Transfer-Encoding: identity", "Transfer-Encoding: chunked"), "once"},
		{header("Transfer-Encoding: chunked, identity"), "once"},
		{header("Transfer-Encoding: identity, chunked"), "once"},
		{header("Transfer-Encoding: chunked, chunked"), "once"},
		{header("Transfer-Encoding: chunked,"), "once"},
		{header("Transfer-Encoding: ,chunked"), "once"},
		{header("Transfer-Encoding: xchunked"), "once"},
		{header("Transfer-Encoding: identity"), "once"},
		{header("Transfer-Encoding: gzip"), "once"},
		{header("Transfer-Encoding:"), "once"},
		{header("Transfer-Encoding: \"chunked\""), "once"},
		{header("Transfer-Encoding: chunked;q=1"), "once"},
		{header("Transfer-Encoding: \x0bchunked"), "control"},
		{"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", "1.0"},
		// lines
		{header("Transfer-Encoding:", " chunked"), "once"},
		{header("X: a", " b"), "obs-fold"},
		{header("X: a", "\tContent-Length: 3"), "obs-fold"},
		{"GET / HTTP/1.1\r\n Host: x\r\n\r\n", "obs-fold"},
		{"GET / HTTP/1.1\nHost: x\n\n", "LF"},
		{"GET / HTTP/1.1\r\nHost: x\nX: y\r\n\r\n", "LF"},
		{"GET / HTTP/1.1\r\nHost: x\r\n\n", "LF"},
		{"GET / HTTP/1.1\r\nHost: x\rX: y\r\n\r\n", "CR"},
		{"GET / HTTP/1.1\rHost: x\r\n\r\n", "CR"},
		{header("X: a\x00b"), "control"},
		{header("X: a\x7fb"), "control"},
		{header("Transfer-Encoding : chunked"), "colon"},
		{header("Content-Length\t: 3"), "colon"},
		{header(": 3"), "colon"},
		{header("Content-Length"), "colon"},
		{header("X(: y"), "colon"},
		{header("X\x80: y"), "colon"},
		// hosts
		{"GET / HTTP/1.1\r\n\r\n", "no Host"},
		{header("Host: x"), "more than one"},
		{header("host: y"), "more than one"},
		{"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: http://a\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a#b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: [a]\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: a%zz\r\n\r\n", "no host"},
		{"GET / HTTP/1.1\r\nHost: \xc3\xa4\r\n\r\n", "no host"},
		// first lines
		{"GET /a#b HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET # HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET a HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET * HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET  / HTTP/1.1\r\nHost: x\r\n\r\n", "version"},
		{"GET / HTTP/1.1 \r\nHost: x\r\n\r\n", "version"},
		{"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n", "version"},
		{"GET\t/ HTTP/1.1\r\nHost: x\r\n\r\n", "first line"},
		{" GET / HTTP/1.1\r\nHost: x\r\n\r\n", "first line"},
		{"GET /\r\nHost: x\r\n\r\n", "first line"},
		{"G(T / HTTP/1.1\r\nHost: x\r\n\r\n", "first line"},
		{"GET / http/1.1\r\nHost: x\r\n\r\n", "version"},
		{"GET / HTTP/11\r\nHost: x\r\n\r\n", "version"},
		{"GET / HTTP/1.10\r\nHost: x\r\n\r\n", "version"},
		{"GET ftp://a/ HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET http:///a HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET http:a HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET http://u@a/ HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET http://a:b/ HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"GET a.example:80 HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"CONNECT a.example HTTP/1.1\r\nHost: x\r\n\r\n", "target"},
		{"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n", "preface"},
	} {
		for way, read := range ways(get + test.text + get) {
			got, r, err := read()
			inBody, why := r.Broken()
			if err != nil || got != get+marker && got != get+test.text[:1]+marker || why == nil || inBody != 0 ||
				!strings.Contains(why.Error(), test.why) && !strings.HasPrefix(test.text, "PRI") {
				t.Errorf("%q, %s: %q, %v, %v", test.text, way, got, err, why)
			}
			if _, err := http.ReadRequest(bufio.NewReader(strings.NewReader(got[len(get):]))); err == nil {
				t.Errorf("%q, %s: net/http takes %q", test.text, way, got[len(get):])
			}
		}
	}
}

// TestRefusesChunks: what is wrong in a body is an error where it stands.
func TestRefusesChunks(t *testing.T) {
	head := header("Transfer-Encoding: chunked")
	for _, test := range []struct{ body, why string }{
		{"3\nabc\r\n0\r\n\r\n", "number"},
		{"3\r\nabc\n0\r\n\r\n", "longer"},
		{"3\r\nabcd\r\n0\r\n\r\n", "longer"},
		{"3\rabc\r\n0\r\n\r\n", "CRLF"},
		{"3\r\nabc\r0\r\n\r\n", "CRLF"},
		{"\r\n0\r\n\r\n", "number"},
		{"0x3\r\nabc\r\n0\r\n\r\n", "number"},
		{"+3\r\nabc\r\n0\r\n\r\n", "number"},
		{"-3\r\nabc\r\n0\r\n\r\n", "number"},
		{" 3\r\nabc\r\n0\r\n\r\n", "number"},
		{"3 \r\nabc\r\n0\r\n\r\n", "number"},
		{"g\r\nabc\r\n0\r\n\r\n", "number"},
		{";a=b\r\nabc\r\n0\r\n\r\n", "number"},
		{"3;a\nabc\r\n0\r\n\r\n", "control"},
		{"3;a\rb\r\nabc\r\n0\r\n\r\n", "CRLF"},
		{"3;" + strings.Repeat("a", 5000) + "\r\nabc\r\n0\r\n\r\n", "too long"},
		{"0000000000000003\r\nabc\r\n0\r\n\r\n", "too large"},
		{"ffffffffffffffff\r\nabc\r\n0\r\n\r\n", "too large"},
		{"0\r\nContent-Length: 3\r\n\r\n", "named content-length"},
		{"0\r\nX: y\r\ntransfer-encoding: chunked\r\n\r\n", "named transfer-encoding"},
		{"0\r\nHost: y\r\n\r\n", "named host"},
		{"0\r\nX : y\r\n\r\n", "colon"},
		{"0\r\n: y\r\n\r\n", "colon"},
		{"0\r\n X: y\r\n\r\n", "colon"},
		{"0\r\nX: y\n\r\n", "control"},
		{"0\r\nX: y\rZ\r\n\r\n", "CRLF"},
		{"0\r\n\n", "colon"},
		{"0\r\n\rx", "CRLF"},
		{"0\r\n" + strings.Repeat("X: y\r\n", 20000) + "\r\n", "too long"},
	} {
		for way, read := range ways(head + test.body + get) {
			if strings.HasSuffix(way, "1") {
				continue // who asks for one byte is answering a request, not reading its body
			}
			got, r, err := read()
			inBody, why := r.Broken()
			var refused Refused
			if !errors.As(err, &refused) || why == nil || inBody != 1 || !strings.Contains(why.Error(), test.why) || !strings.HasPrefix(head+test.body, got) {
				t.Errorf("%.80q, %s: %.80q, %v, %v", test.body, way, got, err, why)
			}
		}
	}
}

// TestNoHTTP refuses what cannot become a request at its first byte: nobody need wait for a
// line.
func TestNoHTTP(t *testing.T) {
	in, out := io.Pipe()
	defer out.Close()
	go func() { _, _ = io.WriteString(out, "\x16\x03\x01\x02\x00") }() // TLS
	p := make([]byte, 100)
	if n, err := NewReader(in, limit, true, true).Read(p); string(p[:n]) != marker || err != nil {
		t.Errorf("%q, %v", p[:n], err)
	}
}

// TestLong leaves headers that are too long to net/http, which answers 431.
func TestLong(t *testing.T) {
	text := "GET / HTTP/1.1\r\nHost: x\r\nX: " + strings.Repeat("a", 20000)
	for way, read := range ways(text + "\r\n\r\n" + get) {
		got, _, err := read()
		if err != nil || len(got) < limit || !strings.HasPrefix(text+"\r\n\r\n"+get, got) {
			t.Errorf("%s: %d bytes, %v", way, len(got), err)
		}
	}
}

// TestBegun tells a connection that waits for a request from one that has some of it.
func TestBegun(t *testing.T) {
	in, out := io.Pipe()
	r := NewReader(in, limit, true, true)
	defer out.Close()
	read := func(want string) {
		t.Helper()
		p := make([]byte, len(want)+1)
		if n, err := r.Read(p); string(p[:n]) != want || err != nil {
			t.Errorf("%q, %v", p[:n], err)
		}
	}
	go func() { _, _ = io.WriteString(out, get) }()
	read(get)
	if r.Begun() || r.Requests() != 1 {
		t.Error("begun", r.Begun(), r.Requests())
	}
	go func() { _, _ = io.WriteString(out, "G") }()
	p := []byte{0}
	if n, err := r.Read(p); n != 1 || err != nil || p[0] != 'G' || !r.Begun() {
		t.Error(n, err, r.Begun())
	}
	go func() {
		for _, b := range []byte(get[1:]) {
			_, _ = out.Write([]byte{b})
		}
	}()
	read(get[1:])
	if r.Begun() || r.Requests() != 2 {
		t.Error("begun", r.Begun(), r.Requests())
	}
}

// FuzzReader wants what passes to be the same however it comes, and to be what net/http
// takes for the same requests.
func FuzzReader(f *testing.F) {
	for _, text := range []string{get + get, header("Content-Length: 3") + "abc" + get, header("Transfer-Encoding: chunked") + "3\r\nabc\r\n0\r\nX: y\r\n\r\n" + get, preface, "\r\n" + get} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		whole, err := all(NewReader(bytes.NewReader(text), limit, true, false), 4096)
		bytewise, err2 := all(NewReader(iotest.OneByteReader(bytes.NewReader(text)), limit, true, false), 4096)
		if (err == nil) != (err2 == nil) || whole != bytewise {
			t.Fatalf("%q, %v\n%q, %v", whole, err, bytewise, err2)
		}
		r := NewReader(bytes.NewReader(text), limit, true, false)
		in := bufio.NewReader(r)
		var n int64
		for {
			req, err := http.ReadRequest(in)
			if err != nil {
				break
			}
			if _, err := io.Copy(io.Discard, req.Body); err != nil {
				break
			}
			n++
		}
		if n > r.Requests() {
			t.Fatalf("net/http sees %d requests, the reader %d", n, r.Requests())
		}
	})
}
