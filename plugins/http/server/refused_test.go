package server_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestNoMemory serves with less memory than an instance needs: clients are told to come
// again, and the log is told once.
func TestNoMemory(t *testing.T) {
	memory := budget.New(budget.Spec{Owner: "the test", What: "memory", Limit: 1 << 20})
	s := serve(t, setup{limits: server.Limits{Deadline: 100 * time.Millisecond}, memory: memory})
	s.want("/hello", 200, "hello")
	taken := memory.Left() - 1
	if err := memory.Take(taken); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		resp, _ := s.get("/hello")
		if resp.StatusCode != http.StatusServiceUnavailable || resp.Header.Get("Retry-After") == "" {
			t.Errorf("got %s, %v", resp.Status, resp.Header)
		}
	}
	line := s.log.one(t, "requests are turned away: there is no memory for more instances; see http.limits.requests, --max-memory and the memory of the process")
	if line["requests"] != 1.0 || line["level"] != "warn" {
		t.Errorf("logged is %v", line)
	}
	if n := s.Refused()[server.NoMemory]; n != 3 {
		t.Errorf("%d requests were turned away", n)
	}
	memory.Give(taken)
	s.want("/hello", 200, "hello")
}
