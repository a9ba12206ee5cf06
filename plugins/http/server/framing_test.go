package server_test

import (
	"strings"
	"testing"
)

// TestOneFraming asks the same many times: how the end of the answer is known must not
// depend on how soon the guest ends.
func TestOneFraming(t *testing.T) {
	s := serve(t, setup{})
	for version, want := range map[string]string{"1.1": "transfer-encoding: chunked", "1.0": ""} {
		seen := map[string]int{}
		for range 200 {
			head, _, _ := strings.Cut(s.send("GET /hello HTTP/"+version+"\r\nHost: a\r\nConnection: close\r\n\r\n"), "\r\n\r\n")
			framing := ""
			for line := range strings.Lines(strings.ToLower(head)) {
				if strings.HasPrefix(line, "transfer-encoding:") || strings.HasPrefix(line, "content-length:") {
					framing += strings.TrimSpace(line)
				}
			}
			seen[framing]++
		}
		if len(seen) != 1 || seen[want] == 0 {
			t.Errorf("HTTP/%s: %v", version, seen)
		}
	}
}

// TestStatusOfBrokenAnswers: the log has the status that was sent, whatever came after it.
func TestStatusOfBrokenAnswers(t *testing.T) {
	for _, path := range []string{"/unfinished", "/forgotten", "/length"} {
		s := serve(t, setup{})
		got := s.send("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n")
		if !strings.HasPrefix(got, "HTTP/1.1 200") || strings.HasSuffix(got, "\r\n0\r\n\r\n") {
			t.Errorf("%s: answered %q", path, got)
		}
		if line := s.log.one(t, "response failed"); line["status"] != 200.0 || line["broken_off"] != true {
			t.Errorf("%s: logged %v", path, line)
		}
	}
}
