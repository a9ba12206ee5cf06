package http_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/sidecall/sidecall/plugins/http"
)

// frames is a server of HTTP/2 that answers the first request of a connection by
// writing frames, and then, when the client has left or close is set, closes.
func frames(t testing.TB, settings []http2.Setting, answer func(f *http2.Framer, stream uint32) (close bool)) (string, http.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(nethttp.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{NextProtos: []string{"h2"}}
	serveFrames := func(_ *nethttp.Server, c *tls.Conn, _ nethttp.Handler) {
		defer c.Close()
		if _, err := io.ReadFull(c, make([]byte, len(http2.ClientPreface))); err != nil {
			return
		}
		f := http2.NewFramer(c, c)
		_ = f.WriteSettings(settings...)
		for {
			frame, err := f.ReadFrame()
			if err != nil {
				return
			}
			switch frame := frame.(type) {
			case *http2.SettingsFrame:
				if !frame.IsAck() {
					_ = f.WriteSettingsAck()
				}
			case *http2.HeadersFrame:
				if answer(f, frame.StreamID) {
					return
				}
			}
		}
	}
	s.Config.TLSNextProto = map[string]func(*nethttp.Server, *tls.Conn, nethttp.Handler){"h2": serveFrames}
	s.StartTLS()
	t.Cleanup(s.Close)
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	return s.URL, http.Config{TLS: &tls.Config{RootCAs: roots}, MaxResponseHeader: 4096}
}

// headers writes fields, given as name and value in turn.
func writeHeaders(f *http2.Framer, stream uint32, end bool, fields ...string) {
	var b bytes.Buffer
	enc := hpack.NewEncoder(&b)
	for i := 0; i < len(fields); i += 2 {
		_ = enc.WriteField(hpack.HeaderField{Name: fields[i], Value: fields[i+1]})
	}
	_ = f.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: b.Bytes(), EndStream: end, EndHeaders: true})
}

// TestHostileFrames has servers of HTTP/2 answer by what is no response, or half of
// one.
func TestHostileFrames(t *testing.T) {
	reset := func(code http2.ErrCode) func(*http2.Framer, uint32) bool {
		return func(f *http2.Framer, id uint32) bool { _ = f.WriteRSTStream(id, code); return false }
	}
	long := strings.Repeat("x", 1000)
	for _, tt := range []struct {
		what, want string
		answer     func(f *http2.Framer, id uint32) (close bool)
	}{
		{"a closed connection", "connection-terminated", func(*http2.Framer, uint32) bool { return true }},
		{"cancelled", "connection-terminated", reset(http2.ErrCodeCancel)},
		{"an internal error", "connection-terminated", reset(http2.ErrCodeInternal)},
		{"flow control", "HTTP-protocol-error", reset(http2.ErrCodeFlowControl)},
		{"inadequate security", "TLS-protocol-error", reset(http2.ErrCodeInadequateSecurity)},
		{"HTTP/1.1 wanted", "HTTP-upgrade-failed", reset(http2.ErrCodeHTTP11Required)},
		{"gone away", "connection-terminated", func(f *http2.Framer, id uint32) bool {
			_ = f.WriteGoAway(id, http2.ErrCodeEnhanceYourCalm, nil)
			return true
		}},
		{"a frame that is out of place", "HTTP-protocol-error", func(f *http2.Framer, id uint32) bool { _ = f.WriteContinuation(id, true, nil); return false }},
		{"data before the header", "HTTP-protocol-error", func(f *http2.Framer, id uint32) bool { _ = f.WriteData(id, false, []byte("x")); return false }},
		{"no status", "HTTP-protocol-error", func(f *http2.Framer, id uint32) bool { writeHeaders(f, id, true, "x-a", "b"); return false }},
		{"upper case", "HTTP-protocol-error", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, true, ":status", "200", "X-A", "b")
			return false
		}},
		{"a large header", "HTTP-response-header-section-size some(5182)", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, true, ":status", "200", "x-a", long, "x-b", long, "x-c", long, "x-d", long, "x-e", long+"1234567")
			return false
		}},
		{"a large field", `HTTP-response-header-size {some("x-a"), some(5035)}`, func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, true, ":status", "200", "x-a", strings.Repeat("x", 5000))
			return false
		}},
		{"a whole response", "200 3", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, true, []byte("abc"))
			return false
		}},
		{"half a body, then the end", "200 3 HTTP-response-incomplete", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, false, []byte("abc"))
			return true
		}},
		{"half a body, then gone away", "200 3 HTTP-response-incomplete", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, false, []byte("abc"))
			_ = f.WriteGoAway(id, http2.ErrCodeNo, nil)
			return true
		}},
		{"half a body, then reset", "200 3 HTTP-response-incomplete", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, false, []byte("abc"))
			_ = f.WriteRSTStream(id, http2.ErrCodeInternal)
			return false
		}},
		{"half a body, then a frame that is out of place", "200 3 HTTP-protocol-error", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, false, []byte("abc"))
			_ = f.WriteContinuation(id, true, nil)
			return false
		}},
		{"large trailers", "200 3 trailers: HTTP-response-trailer-section-size some(5175)", func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, false, []byte("abc"))
			writeHeaders(f, id, true, "x-a", long, "x-b", long, "x-c", long, "x-d", long, "x-e", long)
			return false
		}},
		{"a large trailer", `200 3 trailers: HTTP-response-trailer-size {some("x-a"), some(5035)}`, func(f *http2.Framer, id uint32) bool {
			writeHeaders(f, id, false, ":status", "200")
			_ = f.WriteData(id, false, []byte("abc"))
			writeHeaders(f, id, true, "x-a", strings.Repeat("x", 5000))
			return false
		}},
	} {
		t.Run(tt.what, func(t *testing.T) {
			url, cfg := frames(t, nil, tt.answer)
			e := env(t, cfg, "https://127.0.0.1:*")
			e.want(e.outcome(e.request("GET", url, e.headers())), tt.want, "outcome")
		})
	}
}

// TestServerOfSmallHeaders sends more than a server of HTTP/2 says that it takes.
func TestServerOfSmallHeaders(t *testing.T) {
	url, cfg := frames(t, []http2.Setting{{ID: http2.SettingMaxHeaderListSize, Val: 1000}}, func(f *http2.Framer, id uint32) bool {
		writeHeaders(f, id, true, ":status", "204")
		return false
	})
	e := env(t, cfg, "https://127.0.0.1:*")
	e.want(e.outcome(e.request("GET", url, e.headers())), "204 0", "a small header") // after which the client knows
	long := strings.Repeat("x", 1000)
	e.want(e.outcome(e.request("GET", url, e.headers("x-a", long))), "HTTP-request-header-section-size none", "a large header")

	url, cfg = frames(t, []http2.Setting{{ID: http2.SettingMaxHeaderListSize, Val: 1000}}, func(f *http2.Framer, id uint32) bool {
		if id == 1 {
			writeHeaders(f, id, true, ":status", "204")
		}
		return false
	})
	e = env(t, cfg, "https://127.0.0.1:*")
	e.want(e.outcome(e.request("GET", url, e.headers())), "204 0", "a small header")
	r := e.request("POST", url, e.headers())
	body, out := e.body(r)
	e.write(out, "abc")
	e.finish(body, out, e.headers("x-a", long))
	e.want(e.outcome(r), "HTTP-request-trailer-section-size none", "large trailers")
}
