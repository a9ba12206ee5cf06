package server_test

import (
	"context"
	"io"
	"testing"
	"time"

	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestRestOfConnection sends requests whose guests go on after their answer. The next
// request of the connection waits for them; those of others do not.
func TestRestOfConnection(t *testing.T) {
	ended := make(chan error, 100)
	s := serve(t, setup{limits: server.Limits{Deadline: 5 * time.Second}, ended: func(_ context.Context, err error) { ended <- err }})
	c := client(t)
	get := func() {
		t.Helper()
		resp, err := c.Get(s.url + "/after")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body) // the connection is used again
		resp.Body.Close()
		if resp.StatusCode != 200 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	const requests = 5
	for range requests {
		get()
		if n := s.pool.Stats().Busy; n > 1 {
			t.Errorf("%d instances work for one connection", n)
		}
	}
	if n := s.AfterAnswer(); n > 1 {
		t.Errorf("%d guests go on", n)
	}
	for range requests {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	eventually(t, "no guest goes on", func() bool { return s.AfterAnswer() == 0 })
}

// TestRestIsBounded: a request that waits for the rest of an earlier one waits no longer
// than its deadline, and the guest that it waits for has one too.
func TestRestIsBounded(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Deadline: 60 * time.Millisecond}})
	c := client(t)
	start := time.Now()
	for range 3 {
		resp, err := c.Get(s.url + "/after")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body) // the connection is used again
		resp.Body.Close()
		if resp.StatusCode != 200 && resp.StatusCode < 503 { // or 504, where the machine is busy
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	if d := time.Since(start); d > 10*time.Second {
		t.Errorf("took %v", d)
	}
}
