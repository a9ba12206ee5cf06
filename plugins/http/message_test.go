package http

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestIncomingHeader shows what a guest sees of a request's header, and what not.
func TestIncomingHeader(t *testing.T) {
	for _, test := range []struct {
		given http.Header
		want  string
	}{
		{http.Header{"X-A": {"1", "2"}, "Cookie": {"c"}, "Content-Length": {"3"}, "Forwarded": {"for=x"}}, "content-length=3 cookie=c forwarded=for=x x-a=1 x-a=2"},
		{http.Header{"Connection": {"close, X-Secret", "x-other\t,"}, "X-Secret": {"1"}, "X-Other": {"2"}, "X-A": {"3"}}, "x-a=3"},
		{http.Header{"Connection": {"Authorization"}, "Authorization": {"Bearer x"}}, ""},
		{http.Header{"Keep-Alive": {"1"}, "Proxy-Connection": {"1"}, "Upgrade": {"h2c"}, "Http2-Settings": {"x"}, "Transfer-Encoding": {"x"},
			"Proxy-Authorization": {"x"}, "Proxy-Authenticate": {"x"}, "Host": {"x"}}, ""},
		{http.Header{"Expect": {"100-continue"}, "X-A": {"1"}}, "x-a=1"},
		{http.Header{"Te": {"trailers"}}, "te=trailers"},
		{http.Header{"Te": {"trailers, gzip"}}, ""},
		{http.Header{"Te": {"trailers", "gzip"}}, ""},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header = test.given
		in := newIncomingRequest(r, http.NewResponseController(httptest.NewRecorder()))
		if got := texts(in.headers); got != test.want {
			t.Errorf("%v: %s, want %s", test.given, got, test.want)
		}
	}
	if got := texts(fromTrailer(http.Header{"X-Sum": {"1"}, "Content-Length": {"2"}, "Authorization": {"x"}, "Content-Type": {"x"}, "Connection": {"x"}})); got != "x-sum=1" {
		t.Errorf("trailers: %s", got)
	}
}

func texts(f *fields) string {
	var all []string
	for _, e := range f.entries {
		all = append(all, e.name+"="+string(e.value))
	}
	return strings.Join(all, " ")
}

// TestFrame shows by what the end of a response's body is known.
func TestFrame(t *testing.T) {
	length := func(values ...string) (f fields) {
		for _, v := range values {
			f.entries = append(f.entries, field{"Content-Length", []byte(v)})
		}
		return f
	}
	body := newPipe(-1, ResponseBodySize)
	for _, test := range []struct {
		method, proto string
		r             outgoingResponse
		want          string
	}{
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1}, "Content-Length=0"},
		{"GET", "1.1", outgoingResponse{status: 204, whole: -1}, ""},
		{"GET", "1.1", outgoingResponse{status: 304, whole: -1}, ""},
		{"HEAD", "1.1", outgoingResponse{status: 200, whole: -1}, ""},
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{body: body}}, "Transfer-Encoding=chunked"},
		{"GET", "1.0", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{body: body}}, "Transfer-Encoding=chunked"},
		{"GET", "2.0", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{body: body}}, "Content-Length="},
		{"HEAD", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{body: body}}, ""},
		{"GET", "1.1", outgoingResponse{status: 204, whole: -1, outgoingMessage: outgoingMessage{body: body}}, ""},
		{"GET", "1.1", outgoingResponse{status: 200, whole: 5, outgoingMessage: outgoingMessage{body: body}}, "Content-Length=5"},
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{body: body, headers: new(length("7"))}}, "Content-Length=7"},
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{body: body, headers: new(length("7", "7"))}}, "Content-Length=7"},
		{"HEAD", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{headers: new(length("7"))}}, "Content-Length=7"},
		{"GET", "1.1", outgoingResponse{status: 304, whole: -1, outgoingMessage: outgoingMessage{headers: new(length("7"))}}, "Content-Length=7"},
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{headers: new(length("7"))}}, "error"},
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{headers: new(length("7", "8"))}}, "error"},
		{"GET", "1.1", outgoingResponse{status: 200, whole: -1, outgoingMessage: outgoingMessage{headers: new(length("seven"))}}, "error"},
	} {
		if test.r.headers == nil {
			test.r.headers = &fields{}
		}
		req := httptest.NewRequest(test.method, "/", nil)
		req.ProtoMajor, req.ProtoMinor = int(test.proto[0]-'0'), int(test.proto[2]-'0')
		h := http.Header{}
		got := ""
		if err := frame(h, req, &test.r); err != nil {
			got = "error"
		}
		for name, values := range h {
			got += name + "=" + strings.Join(values, ",")
		}
		if got != test.want {
			t.Errorf("%s by HTTP/%s, %d, %q: %s, want %s", test.method, test.proto, test.r.status, texts(test.r.headers), got, test.want)
		}
	}
}
