package server_test

import (
	"io"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestAnswersNotTaken: requests of HTTP/2 whose answers nobody takes, refusals included, are
// reset beyond a number, which the log says; when their client has gone, others are answered.
func TestAnswersNotTaken(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Requests: 1, Queue: -1}})
	c := s.dial()
	_ = c.SetDeadline(time.Now().Add(20 * time.Second))
	_, _ = io.WriteString(c, http2.ClientPreface)
	fr := http2.NewFramer(c, c)
	_ = fr.WriteSettings(http2.Setting{ID: http2.SettingInitialWindowSize, Val: 0})
	const requests = 50
	for i := range requests {
		// GET, http, /hello, which has a body, and the authority x (RFC 7541).
		_ = fr.WriteHeaders(http2.HeadersFrameParam{StreamID: uint32(2*i + 1), BlockFragment: []byte("\x82\x86\x04\x06/hello\x41\x01x"), EndStream: true, EndHeaders: true})
	}
	for reset := 0; reset < requests-2; {
		f, err := fr.ReadFrame()
		if err != nil {
			t.Fatalf("%d streams of %d were reset: %v", reset, requests, err)
		}
		if f, ok := f.(*http2.RSTStreamFrame); ok && f.ErrCode == http2.ErrCodeInternal {
			reset++
		}
	}
	if n := len(s.log.lines(t, "requests are reset: as many streams of HTTP/2 are open as may, for clients do not take their answers; see http.limits.requests and http.limits.write")); n != 1 {
		t.Errorf("the log says so %d times", n)
	}
	c.Close()
	eventually(t, "others are answered", func() bool {
		return s.frames([][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", "/hello"}}) == "200"
	})
}
