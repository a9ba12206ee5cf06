package server_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"

	"github.com/sidecall/sidecall/plugins/http/server"
)

// keeps sends requests on connections that it keeps, and never one again: each that was
// sent is answered whole, or it is lost.
type keeps struct {
	address        string
	request        string
	pause          time.Duration
	answered, lost atomic.Int64
	mu             sync.Mutex
	why            []error // guarded by mu
}

// run sends until the server listens no more.
func (k *keeps) run() {
	for {
		c, err := net.DialTimeout("tcp", k.address, 5*time.Second)
		if err != nil {
			return
		}
		err = k.use(c)
		c.Close()
		if err != nil {
			k.lost.Add(1)
			k.mu.Lock()
			k.why = append(k.why, err)
			k.mu.Unlock()
		}
	}
}

func (k *keeps) use(c net.Conn) error {
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	in := bufio.NewReader(c)
	for n := 1; ; n++ {
		if _, err := io.WriteString(c, k.request); err != nil {
			return fmt.Errorf("request %d: %w", n, err)
		}
		resp, err := http.ReadResponse(in, nil)
		if err != nil {
			return fmt.Errorf("request %d: %w", n, err)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		if err != nil || resp.StatusCode != 200 {
			return fmt.Errorf("request %d: %s, %w", n, resp.Status, err)
		}
		k.answered.Add(1)
		if resp.Close {
			return nil
		}
		time.Sleep(k.pause)
	}
}

// TestDrainLosesNothing ends a server under load: every request is answered, on kept
// connections and on new ones.
func TestDrainLosesNothing(t *testing.T) {
	for name, k := range map[string]*keeps{
		"without a pause": {request: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"},
		"with a pause":    {request: "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n", pause: 20 * time.Millisecond},
		"with bodies":     {request: "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5000\r\n\r\n" + strings.Repeat("x", 5000)},
		"slow answers":    {request: "GET /trickle HTTP/1.1\r\nHost: a\r\n\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, setup{})
			k.address = s.Addr().String()
			var wg sync.WaitGroup
			for range 16 {
				wg.Go(k.run)
			}
			eventually(t, "requests", func() bool { return k.answered.Load() > 32 })
			if err := s.end(); err != nil {
				t.Error(err)
			}
			wg.Wait()
			if n := k.lost.Load(); n > 0 {
				t.Errorf("%d of %d requests were lost: %v", n, k.answered.Load()+n, k.why[0])
			}
		})
	}
}

// TestLeave tells clients to go, and answers them, until the server ends.
func TestLeave(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{Health: "127.0.0.1:0"}})
	kept := s.dial()
	defer kept.Close()
	ask := func(c net.Conn) (string, error) {
		_, err := io.WriteString(c, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n")
		if err != nil {
			return "", err
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			return "", err
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return fmt.Sprint(resp.StatusCode, " ", resp.Close), err
	}
	if got, err := ask(kept); got != "200 false" {
		t.Error(got, err)
	}
	s.Leave()
	s.Leave()
	resp, err := client(t).Get("http://" + s.HealthAddr().String() + "/readyz")
	if err != nil || resp.StatusCode != 503 {
		t.Error(resp, err)
	}
	resp.Body.Close()
	time.Sleep(600 * time.Millisecond) // longer than a connection is kept when the server ends
	if got, err := ask(kept); got != "200 true" {
		t.Error("a kept connection:", got, err)
	}
	fresh := s.dial()
	defer fresh.Close()
	if got, err := ask(fresh); got != "200 true" {
		t.Error("a new connection:", got, err)
	}
}

// TestDrainPipelined answers the requests that have come, all of them, and closes.
func TestDrainPipelined(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{DrainDelay: time.Second}})
	c := s.dial()
	defer c.Close()
	s.Leave()
	const n = 5
	if _, err := io.WriteString(c, strings.Repeat("GET /trickle HTTP/1.1\r\nHost: a\r\n\r\n", n)); err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(c)
	if got := strings.Count(string(all), "HTTP/1.1 200"); got != n || strings.Count(string(all), "Connection: close") != 1 || err != nil {
		t.Errorf("%d answers, %v: %q", got, err, all)
	}
}

// TestDrainIdle ends connections on which nothing comes, soon.
func TestDrainIdle(t *testing.T) {
	s := serve(t, setup{})
	c := s.dial()
	defer c.Close()
	if _, err := io.WriteString(c, "GET /hello HTTP/1.1\r\nHost: a\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_, _ = http.ReadResponse(bufio.NewReader(c), nil)
	start := time.Now()
	if err := s.end(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("took %v", took)
	}
	if _, err := io.ReadAll(c); err != nil {
		t.Error("the connection ended with", err)
	}
}

// TestGoaway tells a client of HTTP/2 that it should go, refusing nothing, before the server
// ends, with and without TLS: the stream that is under way and one that crosses are answered.
func TestGoaway(t *testing.T) {
	cert, _ := certificate(t)
	for _, config := range []*tls.Config{nil, {Certificates: []tls.Certificate{cert}}} {
		s := serve(t, setup{listen: server.Listen{TLS: config}})
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		_ = c.SetDeadline(time.Now().Add(10 * time.Second))
		if config != nil {
			c = tls.Client(c, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2"}})
		}
		h := newStreams(c)
		h.get(1, "/hello")
		if got := h.until(1); got != "200" {
			t.Fatal(got)
		}
		h.get(3, "/trickle")
		s.Leave()
		if got := h.until(0); got != "GOAWAY 2147483647 NO_ERROR" {
			t.Fatal(got)
		}
		h.get(5, "/hello") // it was on its way
		seen := h.until(3) + h.until(5)
		if seen != "200200" {
			t.Errorf("answered %s", seen)
		}
		done := make(chan error, 1)
		go func() { done <- s.end() }()
		if got := h.until(0); got != "GOAWAY 5 NO_ERROR" {
			t.Error(got)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		c.Close()
	}
}

// streams is a connection of HTTP/2.
type streams struct {
	fr     *http2.Framer
	block  bytes.Buffer
	enc    *hpack.Encoder
	status map[uint32]string
	ended  map[uint32]bool
	away   []string
}

func newStreams(c net.Conn) *streams {
	h := &streams{status: map[uint32]string{}, ended: map[uint32]bool{}}
	_, _ = io.WriteString(c, http2.ClientPreface)
	h.fr = http2.NewFramer(c, c)
	h.fr.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	h.enc = hpack.NewEncoder(&h.block)
	_ = h.fr.WriteSettings()
	return h
}

func (h *streams) get(stream uint32, path string) {
	h.block.Reset()
	for _, f := range [][2]string{{":method", "GET"}, {":scheme", "http"}, {":authority", "a"}, {":path", path}} {
		_ = h.enc.WriteField(hpack.HeaderField{Name: f[0], Value: f[1]})
	}
	_ = h.fr.WriteHeaders(http2.HeadersFrameParam{StreamID: stream, BlockFragment: h.block.Bytes(), EndStream: true, EndHeaders: true})
}

// until reads to the end of a stream, or, for 0, to a GOAWAY.
func (h *streams) until(stream uint32) string {
	for {
		switch {
		case stream == 0 && len(h.away) > 0:
			first := h.away[0]
			h.away = h.away[1:]
			return first
		case h.ended[stream]:
			return h.status[stream]
		}
		f, err := h.fr.ReadFrame()
		if err != nil {
			return err.Error()
		}
		id := f.Header().StreamID
		switch f := f.(type) {
		case *http2.MetaHeadersFrame:
			h.status[id] = f.PseudoValue("status")
			h.ended[id] = f.StreamEnded()
		case *http2.DataFrame:
			h.ended[id] = f.StreamEnded()
		case *http2.RSTStreamFrame:
			h.status[id], h.ended[id] = f.ErrCode.String(), true
		case *http2.GoAwayFrame:
			h.away = append(h.away, fmt.Sprint("GOAWAY ", f.LastStreamID, " ", f.ErrCode))
		}
	}
}

// TestDrainTimeoutEndsAll: who does not go is sent away in the end.
func TestDrainTimeoutEndsAll(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{DrainTimeout: 50 * time.Millisecond}})
	leave := s.start("/sleep")
	defer leave()
	if err := s.end(); !errors.Is(err, server.ErrDrain) {
		t.Error(err)
	}
}
