package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// hostileMemory is the memory of the process that is attacked.
const hostileMemory = 256 << 20

// attack is one kind of harm: a path of the hostile guest, asked for by some clients at
// once, or what a client does by itself.
type attack struct {
	name    string
	clients int
	client  func(ctx context.Context, address string) // nil: asks for the path
}

var attacks = []attack{
	{name: "memory", clients: 32},
	{name: "tables", clients: 16},
	{name: "recurse", clients: 8},
	{name: "files", clients: 16},
	{name: "directories", clients: 16},
	{name: "streams", clients: 16},
	{name: "tcp", clients: 32},
	{name: "udp", clients: 32},
	{name: "lookups", clients: 16},
	{name: "pollables", clients: 16},
	{name: "requests", clients: 8},
	{name: "fields", clients: 16},
	{name: "body", clients: 16, client: slowReader},
	{name: "flood", clients: 8},
	{name: "newlines", clients: 8},
	{name: "after", clients: 64},
	{name: "flood-after", clients: 16},
	{name: "hold", clients: 300},
	{name: "loop", clients: 4},
	{name: "trap", clients: 16},
	{name: "nothing", clients: 16},
	{name: "slow headers", clients: 500, client: slowHeaders},
	{name: "large headers", clients: 16, client: largeHeaders},
	{name: "large bodies", clients: 32, client: largeBodies},
	{name: "answers not taken", clients: 1000, client: takesNothing},
}

// TestHostile attacks a process with a small memory in every way that its guest knows, while
// a neighbour in the same process and one in a process beside are asked for what is good.
// The process lives, stays below its limit, and every request of the neighbours is answered,
// though the one in the same process may be turned away for a moment. SIDECALL_HOSTILE=2s
// has each attack take that long, and -v prints how long the neighbours had to wait.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("takes some tenths of a second for each of many attacks")
	}
	each := 200 * time.Millisecond
	if said := os.Getenv("SIDECALL_HOSTILE"); said != "" {
		var err error
		if each, err = time.ParseDuration(said); err != nil {
			t.Fatalf("SIDECALL_HOSTILE is how long each attack takes, as in 2s: %v", err)
		}
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "file"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("DIR", dir)
	evil := startHostile(t, hostileMemory, "testdata/hostile")
	beside := startHostile(t, 128<<20, "../../examples/02-http")
	quiet := measureNeighbour(t, beside.address+"/", each)
	for _, a := range attacks {
		t.Run(strings.ReplaceAll(a.name, " ", "-"), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), each)
			defer cancel()
			var attackers sync.WaitGroup
			for range a.clients {
				attackers.Go(func() {
					if a.client != nil {
						a.client(ctx, evil.address)
						return
					}
					for ctx.Err() == nil {
						askFor(ctx, evil.address+"/"+a.name)
					}
				})
			}
			var inside, outside neighbour
			var neighbours sync.WaitGroup
			neighbours.Go(func() { inside.ask(ctx, evil.address+"/good") })
			neighbours.Go(func() { outside.ask(ctx, beside.address+"/") })
			neighbours.Wait()
			attackers.Wait()
			evil.lives()
			beside.lives()
			inside.check(t, "in the same process", true)
			outside.check(t, "in a process beside", false)
			// What was taken is given back: the next one finds it as this one did.
			settled(t, evil.address+"/good")
			most, _ := evil.group.most()
			t.Logf("neighbour in the same process: %d answers, %d turned away, p99 %v; beside: %d, p99 %v, %.1f × of %v; most memory so far %d MiB",
				len(inside.took), inside.busy, inside.p99(), len(outside.took), outside.p99(), float64(outside.p99())/float64(quiet.p99()), quiet.p99(), most>>20)
		})
	}
}

// hostile is a process that serves in a control group.
type hostile struct {
	t       *testing.T
	group   *cgroup
	cmd     *exec.Cmd
	address string
	ended   chan struct{}
	log     tail
}

// tail keeps the end of a log.
type tail struct {
	mu   sync.Mutex
	text []byte // guarded by mu
	size int64  // guarded by mu
}

func (l *tail) add(line []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.size += int64(len(line))
	if len(line) < 1024 && !bytes.Contains(line, []byte(`"stream"`)) {
		l.text = append(l.text, line...)
		l.text = append(l.text, '\n')
	}
	if extra := len(l.text) - 4<<10; extra > 4<<10 {
		l.text = slices.Clone(l.text[extra:])
	}
}

func startHostile(t *testing.T, memory int64, composition string) *hostile {
	t.Helper()
	group := newCgroup(t, memory)
	self, err := exec.LookPath("sidecall")
	if err != nil {
		t.Fatal(err)
	}
	h := &hostile{t: t, group: group, ended: make(chan struct{})}
	h.cmd = group.command(self, "serve", composition, "--listen", "127.0.0.1:0", "--control", "off", "--log-format", "json")
	h.cmd.Env = append(os.Environ(), "GOGC=100") // as in a pod
	stderr, err := h.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	address := make(chan string, 1)
	go func() {
		defer close(h.ended)
		in := bufio.NewScanner(stderr)
		in.Buffer(nil, 1<<20)
		for in.Scan() {
			h.log.add(in.Bytes())
			var line struct{ Message, Address string }
			if bytes.Contains(in.Bytes(), []byte(`"serving"`)) && json.Unmarshal(in.Bytes(), &line) == nil && line.Address != "" {
				address <- line.Address
			}
		}
	}()
	t.Cleanup(func() {
		_ = h.cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		select {
		case <-h.ended:
		case <-time.After(20 * time.Second):
			t.Error("it does not end")
			_ = h.cmd.Process.Kill()
		}
		_ = h.cmd.Wait()
		if t.Failed() {
			h.log.mu.Lock()
			defer h.log.mu.Unlock()
			t.Logf("the end of the log of %s:\n%s", composition, h.log.text)
		}
	})
	select {
	case h.address = <-address:
	case <-h.ended:
		t.Fatalf("it has ended: %s", h.log.text)
	case <-time.After(time.Minute):
		t.Fatal("it does not serve")
	}
	return h
}

// lives fails the test for good if the process is no more, or had to be killed.
func (h *hostile) lives() {
	h.t.Helper()
	if most, kills := h.group.most(); kills > 0 {
		h.t.Fatalf("the kernel has ended the process: it had %d MiB", most>>20)
	}
	select {
	case <-h.ended:
		h.t.Fatal("the process has ended")
	default:
	}
	if peak := residentPeak(h.t, h.cmd.Process.Pid); peak > hostileMemory {
		h.t.Errorf("the process had %d MiB of its own in memory", peak>>20)
	}
}

// neighbour is one who asks for what is good.
type neighbour struct {
	took   []time.Duration
	busy   int
	failed []string
}

// ask asks until ctx is done, on connections of its own.
func (n *neighbour) ask(ctx context.Context, url string) {
	transport := &http.Transport{}
	defer transport.CloseIdleConnections()
	c := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	for ctx.Err() == nil {
		start := time.Now()
		resp, err := c.Get(url)
		if err != nil {
			n.failed = append(n.failed, err.Error())
			continue
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
		switch {
		case resp.StatusCode == http.StatusServiceUnavailable && resp.Header.Get("Retry-After") != "":
			n.busy++
			time.Sleep(50 * time.Millisecond)
		case resp.StatusCode == http.StatusOK || resp.StatusCode == http.StatusUnauthorized:
			n.took = append(n.took, time.Since(start))
		default:
			n.failed = append(n.failed, resp.Status)
		}
		time.Sleep(time.Millisecond)
	}
}

func (n *neighbour) p99() time.Duration {
	if len(n.took) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(n.took))
	return sorted[len(sorted)*99/100]
}

func (n *neighbour) check(t *testing.T, where string, mayWait bool) {
	t.Helper()
	if len(n.failed) > 0 {
		t.Errorf("neighbour %s: %d requests failed, the first: %s", where, len(n.failed), n.failed[0])
	}
	if !mayWait && (n.busy > 0 || len(n.took) == 0) {
		t.Errorf("neighbour %s: %d answers, %d turned away", where, len(n.took), n.busy)
	}
}

func measureNeighbour(t *testing.T, url string, d time.Duration) *neighbour {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var n neighbour
	n.ask(ctx, url)
	n.check(t, "alone", false)
	return &n
}

// settled waits until what is good is answered again.
func settled(t *testing.T, url string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if askFor(t.Context(), url) == http.StatusOK {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("what is good is not answered any more")
		}
	}
}

// attacker is a client without limits of its own.
var attacker = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000}}

// askFor asks once and returns the status, 0 without one.
func askFor(ctx context.Context, url string) int {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0
	}
	resp, err := attacker.Do(req)
	if err != nil {
		return 0
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20))
	return resp.StatusCode
}

func dial(ctx context.Context, address string) net.Conn {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", strings.TrimPrefix(address, "http://"))
	if err != nil {
		return nil
	}
	context.AfterFunc(ctx, func() { _ = c.Close() })
	return c
}

// slowReader takes nothing of an endless answer.
func slowReader(ctx context.Context, address string) {
	if c := dial(ctx, address); c != nil {
		_, _ = io.WriteString(c, "GET /body HTTP/1.1\r\nHost: x\r\n\r\n")
		<-ctx.Done()
	}
}

// takesNothing sends hundreds of requests by HTTP/2 at once, and has no window for answers
// (RFC 9113 section 6.9.2).
func takesNothing(ctx context.Context, address string) {
	c := dial(ctx, address)
	if c == nil {
		return
	}
	frame := func(to []byte, kind, flags byte, stream int, payload ...byte) []byte {
		to = append(to, 0, 0, byte(len(payload)), kind, flags, 0, 0, byte(stream>>8), byte(stream))
		return append(to, payload...)
	}
	b := frame([]byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 4, 0, 0, 0, 4, 0, 0, 0, 0)
	for i := range 250 {
		// GET, http, /, and the authority x (RFC 7541).
		b = frame(b, 1, 5, 2*i+1, 0x82, 0x86, 0x84, 0x41, 1, 'x')
	}
	_, _ = c.Write(b)
	<-ctx.Done()
}

// slowHeaders sends a header byte by byte.
func slowHeaders(ctx context.Context, address string) {
	c := dial(ctx, address)
	if c == nil {
		return
	}
	for _, err := io.WriteString(c, "GET / HTTP/1.1\r\nX: "); err == nil && ctx.Err() == nil; _, err = io.WriteString(c, "x") {
		time.Sleep(100 * time.Millisecond)
	}
}

// largeHeaders sends a header without end.
func largeHeaders(ctx context.Context, address string) {
	for ctx.Err() == nil {
		c := dial(ctx, address)
		if c == nil {
			return
		}
		_, err := io.WriteString(c, "GET /good HTTP/1.1\r\nHost: x\r\n")
		for n := 0; err == nil; n++ {
			_, err = fmt.Fprintf(c, "X%d: %s\r\n", n, strings.Repeat("x", 4000))
		}
		c.Close()
	}
}

// largeBodies sends bodies that nobody reads.
func largeBodies(ctx context.Context, address string) {
	block := make([]byte, 64<<10)
	for ctx.Err() == nil {
		c := dial(ctx, address)
		if c == nil {
			return
		}
		_, err := fmt.Fprintf(c, "POST /hold HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", 60<<20)
		for err == nil {
			_, err = c.Write(block)
		}
		c.Close()
	}
}
