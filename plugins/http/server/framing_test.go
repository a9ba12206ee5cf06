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
