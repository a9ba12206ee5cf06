package main

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestServeSingleton serves an app that is made for each request, or pooled, beside a
// sidecar whose state stays.
func TestServeSingleton(t *testing.T) {
	skipWithoutSignals(t)
	for _, policy := range []string{"per-request", "pool"} {
		t.Run(policy, func(t *testing.T) {
			s := startServing(t, "testdata/limiter", "--instance", policy, "--deadline", "5s")
			want := func(path string, status int, body string) {
				t.Helper()
				if resp, got := s.get(s.url+path, nil); resp.StatusCode != status || got != body {
					t.Errorf("%s: got %d %q, want %d %q", path, resp.StatusCode, got, status, body)
				}
			}
			for n := range 5 {
				want("/", 200, fmt.Sprintln(n+1))
			}
			if line := s.logged("request"); line["composition"] != "limited" || line["path"] != "/" || line["status"] != 200.0 || line["bytes"] != 2.0 {
				t.Errorf("logged %v", line)
			}
			const clients, each = 8, 20
			var mu sync.Mutex
			var numbers []string
			var wg sync.WaitGroup
			for range clients {
				wg.Go(func() {
					for range each {
						// A few may find all permits in use.
						resp, body := s.get(s.url+"/", nil)
						for resp.StatusCode == http.StatusTooManyRequests {
							resp, body = s.get(s.url+"/", nil)
						}
						if resp.StatusCode != 200 {
							t.Errorf("got %d %q", resp.StatusCode, body)
						}
						mu.Lock()
						numbers = append(numbers, strings.TrimSpace(body))
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			slices.Sort(numbers)
			if n := len(slices.Compact(numbers)); n != clients*each {
				t.Errorf("%d different numbers for %d requests", n, clients*each)
			}
			want("/", 200, fmt.Sprintln(clients*each+6))
			if policy == "per-request" { // what it did not give back, its end does
				for range 10 {
					s.until("/leak", 200, "")
				}
				s.until("/used", 200, "1\n")
			}

			if resp, _ := s.get(s.url+"/fail", nil); resp.StatusCode != 500 {
				t.Errorf("fail: %d", resp.StatusCode)
			}
			if line := s.logged("guest trapped"); line["component"] != "limiter" || line["function"] != "example:limit/limiter@0.1.0#fail" {
				t.Errorf("logged %v", line)
			}
			if line := s.logged("singleton failed"); line["composition"] != "limited" || line["singleton"] != "limiter" || line["level"] != "error" {
				t.Errorf("logged %v", line)
			}
			want("/", 200, "1\n") // without the state of before
			s.logged("singleton was made anew")
			if code := s.end(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// until asks until the answer is what is wanted: instances end after their answer.
func (s *serving) until(path string, status int, body string) {
	s.t.Helper()
	var got string
	for range 2000 {
		resp, text := s.get(s.url+path, nil)
		if resp.StatusCode == status && (body == "" || text == body) {
			return
		}
		got = fmt.Sprint(resp.StatusCode, text)
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("%s: got %q, want %d %q", path, got, status, body)
}

// TestServeSingletonSpins: a singleton that does not return keeps nobody longer than
// their deadlines.
func TestServeSingletonSpins(t *testing.T) {
	skipWithoutSignals(t)
	s := startServing(t, "testdata/limiter", "--deadline", "1s")
	var wg sync.WaitGroup
	for range 3 {
		wg.Go(func() {
			if resp, _ := s.get(s.url+"/spin", nil); resp.StatusCode != http.StatusGatewayTimeout {
				t.Errorf("spin: %d", resp.StatusCode)
			}
		})
	}
	wg.Wait()
	s.logged("singleton failed")
	waited := func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return slices.ContainsFunc(s.lines, func(l map[string]any) bool {
			return l["message"] == "guest did not answer in time" && l["error"] == "waiting for limiter, which is singleton: context deadline exceeded"
		})
	}
	for n := 0; !waited(); n++ {
		if n == 2000 {
			t.Fatal("the log does not say what the others waited for")
		}
		time.Sleep(5 * time.Millisecond)
	}
	s.until("/", 200, "1\n")
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
