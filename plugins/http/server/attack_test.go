package server_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host/pool"
	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestMalformed sends what no client should. Nothing of it reaches a guest.
func TestMalformed(t *testing.T) {
	s := serve(t, setup{})
	for _, test := range []struct{ name, request, want string }{
		{"not HTTP", "this is no request at all\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"no host", "GET /hello HTTP/1.1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"two hosts", "GET /hello HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"two lengths", "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx", "HTTP/1.1 400 Bad Request"},
		{"length below zero", "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"length with a sign", "POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx", "HTTP/1.1 400 Bad Request"},
		{"folded header", "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\nContent Length: 1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"space before the colon", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"NUL in a header", "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\x00b\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"carriage return in a header", "GET /hello HTTP/1.1\r\nHost: a\r\nX: a\rX-Admin: 1\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"control character in the path", "GET /he\x01llo HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"unknown transfer coding", "POST /upload HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 501 Not Implemented"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := statusLine(s.raw(test.request)); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	if made := s.pool.Stats().Made; made != 0 {
		t.Errorf("%d requests reached a guest", made)
	}
	s.want("/hello", 200, "hello")
}

// TestBodyIsNoRequest answers while the request's body is still to come. When it
// comes, late, it must not be taken for a request: a proxy in front would take the
// answer to it for that to the next client's.
func TestBodyIsNoRequest(t *testing.T) {
	for _, path := range []string{"/hello", "/echo", "/upload", "/sleep"} {
		t.Run(path, func(t *testing.T) {
			s := serve(t, setup{limits: server.Limits{Deadline: 100 * time.Millisecond}})
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			if _, err := io.WriteString(c, "POST "+path+" HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err != nil {
				t.Fatal(err)
			}
			time.AfterFunc(1300*time.Millisecond, func() { // when no deadline of the first request is left
				_, _ = io.WriteString(c, "GET /headers HTTP/1.1\r\nHost: x\r\n\r\n")
			})
			_ = c.SetReadDeadline(time.Now().Add(3 * time.Second))
			b, err := io.ReadAll(c)
			if strings.Contains(string(b), "418") {
				t.Errorf("the body was taken for a request: %q", b)
			}
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Error("the connection is still open")
			}
		})
	}
}

// TestUnreadBody answers without reading a small body: the connection stays useful.
func TestUnreadBody(t *testing.T) {
	s := serve(t, setup{})
	body := "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
	got := s.raw(body + body + "GET /headers HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
	if strings.Count(got, "hello") != 2 || !strings.Contains(got, "418") {
		t.Errorf("got %q", got)
	}
}

// TestSlowHeader dribbles a header.
func TestSlowHeader(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{HeaderTimeout: 100 * time.Millisecond}})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	go func() {
		for _, err := io.WriteString(c, "GET /hello HTTP/1.1\r\nHost: x\r\n"); err == nil; _, err = io.WriteString(c, "X: y\r\n") {
			time.Sleep(20 * time.Millisecond)
		}
	}()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	_, err = io.ReadAll(c)
	if d := time.Since(start); d > 3*time.Second {
		t.Errorf("closed after %v: %v", d, err)
	}
	if made := s.pool.Stats().Made; made != 0 {
		t.Error("it reached a guest")
	}
}

// TestSlowBody announces a body and dribbles it; the guest waits for it.
func TestSlowBody(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Deadline: 200 * time.Millisecond}})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() {
		for _, err := io.WriteString(c, "POST /upload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"); err == nil; _, err = io.WriteString(c, "x") {
			time.Sleep(20 * time.Millisecond)
		}
	}()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	b, _ := io.ReadAll(c)
	if got := statusLine(string(b)); got != "HTTP/1.1 504 Gateway Timeout" {
		t.Errorf("got %q", got)
	}
	eventually(t, "guest ended", func() bool { return s.pool.Stats().Busy == 0 })
}

// TestSlowReader asks for a flood and does not read it.
func TestSlowReader(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Deadline: 200 * time.Millisecond}})
	c, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET /flood HTTP/1.1\r\nHost: x\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "guest runs", func() bool { return s.pool.Stats().Made == 1 })
	eventually(t, "guest ended", func() bool { return s.pool.Stats().Busy == 0 })
	s.want("/hello", 200, "hello")
}

// TestHugeBody sends 256 MiB through a guest that echoes it, in bounded memory.
func TestHugeBody(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	const size = 256 << 20
	s := serve(t, setup{limits: server.Limits{Body: size}})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pr, pw := io.Pipe()
	go func() {
		block := make([]byte, 64<<10)
		for range size / len(block) {
			if _, err := pw.Write(block); err != nil {
				return
			}
		}
		pw.Close()
	}()
	resp, err := client(t).Post(s.url+"/echo", "", pr)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if n != size || err != nil {
		t.Errorf("%d bytes came back: %v", n, err)
	}
	runtime.ReadMemStats(&after)
	if grown := int64(after.Sys) - int64(before.Sys); grown > 64<<20 {
		t.Errorf("the process grew by %d bytes", grown)
	}
}

// TestConnectionLimit connects more clients than allowed: the others wait.
func TestConnectionLimit(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{Connections: 2}})
	a, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	b, err := net.Dial("tcp", s.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	answer := make(chan int, 1)
	go func() {
		resp, err := client(t).Get(s.url + "/hello")
		if err != nil {
			t.Error(err)
			answer <- 0
			return
		}
		resp.Body.Close()
		answer <- resp.StatusCode
	}()
	select {
	case n := <-answer:
		t.Errorf("a third was answered %d", n)
	case <-time.After(100 * time.Millisecond):
	}
	a.Close()
	if n := <-answer; n != 200 {
		t.Errorf("after one left: %d", n)
	}
}

// TestLoopUnderLoad runs guests that do nothing but compute beside others: those
// keep being answered.
func TestLoopUnderLoad(t *testing.T) {
	s := serve(t, setup{limits: server.Limits{Deadline: 10 * time.Second}})
	var leave []func()
	for range 2 * runtime.GOMAXPROCS(0) {
		leave = append(leave, s.start("/loop"))
	}
	var took []time.Duration
	for range 21 {
		start := time.Now()
		s.want("/hello", 200, "hello")
		took = append(took, time.Since(start))
	}
	for _, l := range leave {
		l()
	}
	slices.Sort(took)
	if took[10] > time.Second {
		t.Errorf("half of the requests took more than %v", took[10])
	}
}

// descriptors counts the process's open files, and mappings its mappings.
func descriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return -1
	}
	return len(list)
}

func mappings() int {
	b, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return -1
	}
	return strings.Count(string(b), "\n")
}

// TestNothingLeft sends many requests of all sorts, and looks what is left of them:
// instances, goroutines, descriptors, mappings. SIDECALL_REQUESTS says how many.
func TestNothingLeft(t *testing.T) {
	count := 3000
	if testing.Short() {
		count = 300
	}
	if n, err := strconv.Atoi(os.Getenv("SIDECALL_REQUESTS")); err == nil {
		count = n
	}
	paths := []string{"/hello", "/headers", "/echo", "/trap", "/trap-late", "/none", "/error", "/trailers", "/hints", "/length", "/unfinished", "/forgotten", "/hello"}
	for _, policy := range []pool.Policy{{}, {Kind: pool.Reuse, Size: 4}} {
		t.Run(policy.Kind.String(), func(t *testing.T) {
			s := serve(t, setup{policy: policy})
			tr := &http.Transport{MaxIdleConnsPerHost: 4}
			c := &http.Client{Transport: tr, Timeout: 20 * time.Second}
			run := func(n int) {
				var wg sync.WaitGroup
				for w := range 4 {
					wg.Go(func() {
						for i := w; i < n; i += 4 {
							resp, err := c.Post(s.url+paths[i%len(paths)], "", strings.NewReader("some text"))
							if err != nil {
								continue // broken off
							}
							_, _ = io.Copy(io.Discard, resp.Body)
							resp.Body.Close()
						}
					})
				}
				wg.Wait()
				tr.CloseIdleConnections()
				eventually(t, "all guests have returned", func() bool { return s.pool.Stats().Busy == 0 })
			}
			run(200)
			goroutines, files, maps := runtime.NumGoroutine(), descriptors(), mappings()
			run(count)
			eventually(t, "no more goroutines than before", func() bool { return runtime.NumGoroutine() <= goroutines+20 })
			eventually(t, "no more descriptors than before", func() bool { return descriptors() <= files+20 })
			runtime.GC()
			if m := mappings(); m > maps+50 {
				t.Errorf("%d mappings, %d before", m, maps)
			}
			if st := s.pool.Stats(); st.Busy != 0 || st.Idle > 4 {
				t.Errorf("instances left: %+v", st)
			}
		})
	}
}
