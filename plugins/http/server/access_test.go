package server_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestAccessLog looks at the lines of requests that end well, and otherwise.
func TestAccessLog(t *testing.T) {
	s := serve(t, setup{access: true, limits: server.Limits{Body: 1000, Deadline: 10 * time.Second}})
	for _, test := range []struct {
		method, path, body string
		status, bytes      float64
		broken             bool
	}{
		{"GET", "/hello?token=secret", "", 200, 5, false},
		{"GET", "/headers", "", 418, 0, false},
		{"GET", "/trap", "", 500, 22, false},
		{"POST", "/echo", strings.Repeat("x", 2000), 413, 25, false},
		{"GET", "/trap-late", "", 200, 4, true},
	} {
		t.Run(test.path, func(t *testing.T) {
			before := len(s.log.lines(t, "request"))
			req := s.request(test.method, test.path, test.body)
			if resp, err := client(t).Do(req); err == nil {
				_, _ = io.Copy(io.Discard, resp.Body) // broken off, perhaps
				resp.Body.Close()
			}
			var line map[string]any
			eventually(t, "log line", func() bool {
				if lines := s.log.lines(t, "request"); len(lines) > before {
					line = lines[before]
				}
				return line != nil
			})
			path, _, _ := strings.Cut(test.path, "?")
			for name, want := range map[string]any{"level": "info", "composition": "shop", "method": test.method, "path": path, "protocol": "HTTP/1.1",
				"status": test.status, "broken_off": map[bool]any{true: true}[test.broken]} {
				if line[name] != want {
					t.Errorf("%s is %v, want %v", name, line[name], want)
				}
			}
			if test.bytes > 0 && line["bytes"] != test.bytes {
				t.Errorf("%v bytes, want %v", line["bytes"], test.bytes)
			}
			if d, ok := line["duration"].(float64); !ok || d <= 0 {
				t.Errorf("duration %v", line["duration"])
			}
		})
	}
}

// TestAccessLogClientLeaves: a client that leaves is no error of the server's, whether
// its request runs or waits.
func TestAccessLogClientLeaves(t *testing.T) {
	s := serve(t, setup{access: true, limits: server.Limits{Requests: 1, Deadline: time.Minute}})
	leave := s.start("/sleep")
	ctx, cancel := context.WithCancel(t.Context())
	req := s.request("GET", "/hello", "").WithContext(ctx)
	sent := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { cancel() }})
	if resp, err := client(t).Do(req.WithContext(sent)); err == nil {
		resp.Body.Close()
		t.Error("a request was answered that had to wait")
	}
	eventually(t, "log line", func() bool { return len(s.log.lines(t, "request")) > 0 })
	leave()
	eventually(t, "two log lines", func() bool { return len(s.log.lines(t, "request")) > 1 })
	for i, path := range []string{"/hello", "/sleep"} {
		line := s.log.lines(t, "request")[i]
		if line["path"] != path || line["status"] != 0.0 || line["bytes"] != 0.0 || line["broken_off"] != true {
			t.Errorf("logged %v", line)
		}
	}
}

// TestNoAccessLog: nobody asked for it.
func TestNoAccessLog(t *testing.T) {
	s := serve(t, setup{})
	s.want("/hello", 200, "hello")
	if log := s.log.String(); log != "" {
		t.Errorf("logged %s", log)
	}
}

func (s *served) request(method, path, body string) *http.Request {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	return req
}
