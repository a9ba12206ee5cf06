package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// serving is a process of sidecall serve, with its log.
type serving struct {
	t    *testing.T
	cmd  *exec.Cmd
	url  string
	hurl string

	mu    sync.Mutex
	lines []map[string]any // guarded by mu
	eof   chan struct{}
}

// startServing runs sidecall serve until the end of the test and waits until it
// listens.
func startServing(t *testing.T, args ...string) *serving {
	t.Helper()
	s := &serving{t: t, eof: make(chan struct{}), cmd: exec.Command("sidecall", append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill() // it has ended, mostly
		<-s.eof
		_ = s.cmd.Wait()
	})
	go func() {
		defer close(s.eof)
		for in := bufio.NewScanner(stderr); in.Scan(); {
			line := map[string]any{}
			if json.Unmarshal(in.Bytes(), &line) != nil {
				line["message"] = in.Text()
			}
			s.mu.Lock()
			s.lines = append(s.lines, line)
			s.mu.Unlock()
		}
	}()
	line := s.logged("serving")
	s.url, _ = line["address"].(string)
	s.hurl, _ = line["health"].(string)
	return s
}

// logged waits for the log line with a message that begins so.
func (s *serving) logged(message string) map[string]any {
	s.t.Helper()
	for range 2000 {
		s.mu.Lock()
		for _, l := range s.lines {
			if m, _ := l["message"].(string); strings.HasPrefix(m, message) {
				s.mu.Unlock()
				return l
			}
		}
		s.mu.Unlock()
		time.Sleep(5 * time.Millisecond)
	}
	s.t.Fatalf("%q is not logged, but %v", message, s.lines)
	return nil
}

// end sends a signal and returns the exit code.
func (s *serving) end() int {
	s.t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		s.t.Fatal(err)
	}
	<-s.eof
	_ = s.cmd.Wait() // the code says it
	return s.cmd.ProcessState.ExitCode()
}

func (s *serving) get(url string, header http.Header) (*http.Response, string) {
	s.t.Helper()
	req, err := http.NewRequest(http.MethodGet, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header = header
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Error(err)
	}
	return resp, string(b)
}

func skipWithoutSignals(t *testing.T) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows cannot send signals to a process")
	}
}

var curl = regexp.MustCompile(`(?m)^    \$ curl (?:-H "([^:]*): ([^"]*)" )?http://127.0.0.1:8080(\S*)\n    (.*)\n`)

// TestServeExample serves the example and asks what its README asks.
func TestServeExample(t *testing.T) {
	skipWithoutSignals(t)
	readme, err := os.ReadFile("../../examples/02-http/README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := curl.FindAllStringSubmatch(string(readme), -1)
	if len(shown) != 2 {
		t.Fatalf("the README shows %d requests", len(shown))
	}
	for _, policy := range []string{"per-request", "pool", "singleton"} {
		t.Run(policy, func(t *testing.T) {
			s := startServing(t, "../../examples/02-http", "--health-listen", "127.0.0.1:0", "--instance", policy)
			for _, m := range shown {
				header := http.Header{}
				if m[1] != "" {
					header.Set(m[1], m[2])
				}
				if _, got := s.get(s.url+m[3], header); got != m[4]+"\n" {
					t.Errorf("%s: got %q, want %q", m[0], got, m[4])
				}
			}
			if resp, _ := s.get(s.url+"/", nil); resp.StatusCode != 401 || resp.Header.Get("Www-Authenticate") != "Bearer" {
				t.Errorf("without a token: %d %v", resp.StatusCode, resp.Header)
			}
			line := s.logged("GET /things?n=1 answered in ")
			if line["composition"] != "shop" || line["component"] != "accesslog" || line["stream"] != "stdout" {
				t.Errorf("logged %v", line)
			}
			if resp, body := s.get(s.hurl+"/readyz", nil); resp.StatusCode != 200 || body != "ok\n" {
				t.Errorf("readiness: %d %q", resp.StatusCode, body)
			}
			if code := s.end(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			s.logged("served")
		})
	}
}

// TestServeTaken listens where somebody else does.
func TestServeTaken(t *testing.T) {
	skipWithoutSignals(t) // Windows has another number for it
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	address := l.Addr().String()
	out, err := exec.Command("sidecall", "serve", "../../examples/02-http", "--listen", address).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("ended with %v", err)
	}
	want := "sidecall: error: listening: listen tcp " + address + ": bind: address already in use\n" +
		"  hint: somebody listens there already; choose another address by --listen or --health-listen\n"
	if string(out) != want {
		t.Errorf("got %s, want %s", out, want)
	}
}

// TestServeWithoutLog goes on serving when who reads the log has gone.
func TestServeWithoutLog(t *testing.T) {
	skipWithoutSignals(t)
	cmd := exec.Command("sidecall", "serve", "../../examples/02-http", "--listen", "127.0.0.1:0")
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stderr = w
	err = cmd.Start()
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	ended := false
	defer func() {
		if !ended {
			_ = cmd.Process.Kill() // the test has failed
			_ = cmd.Wait()
		}
	}()
	var line struct{ Address string }
	if err := json.NewDecoder(r).Decode(&line); err != nil {
		t.Fatal(err)
	}
	r.Close()
	for range 3 { // a component prints a line about each
		resp, err := http.Get(line.Address)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	ended = true
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestServeTrap serves a guest that traps.
func TestServeTrap(t *testing.T) {
	skipWithoutSignals(t)
	s := startServing(t, "../../plugins/http/testdata/server/server.wasm", "--deadline", "300ms")
	if resp, _ := s.get(s.url+"/trap", nil); resp.StatusCode != 500 {
		t.Errorf("trap: %d", resp.StatusCode)
	}
	if line := s.logged("guest trapped"); line["component"] != "server" || line["function"] != "wasi:http/incoming-handler@0.2.12#handle" {
		t.Errorf("logged %v", line)
	}
	if resp, _ := s.get(s.url+"/loop", nil); resp.StatusCode != 504 {
		t.Errorf("loop: %d", resp.StatusCode)
	}
	if resp, body := s.get(s.url+"/hello", nil); resp.StatusCode != 200 || body != "hello" {
		t.Errorf("next request: %d %q", resp.StatusCode, body)
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// TestServeDrains ends the process while a request is under way.
func TestServeDrains(t *testing.T) {
	skipWithoutSignals(t)
	s := startServing(t, "../../plugins/http/testdata/server/server.wasm")
	resp, err := http.Get(s.url + "/trickle")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	code := make(chan int, 1)
	go func() { code <- s.end() }()
	b, err := io.ReadAll(resp.Body)
	if string(b) != "tick\ntick\ntick\n" || err != nil {
		t.Errorf("got %q, %v", b, err)
	}
	if c := <-code; c != 0 {
		t.Errorf("exit code %d", c)
	}
}

// TestServeGo serves a guest of another toolchain.
func TestServeGo(t *testing.T) {
	skipWithoutSignals(t)
	guest := "../../../shared/guests/components/http-server-go.wasm"
	if _, err := os.Stat(guest); err != nil {
		t.Skip("the guest is not here: ", err)
	}
	s := startServing(t, guest)
	for range 3 { // every request has an instance of its own, which counts from 1
		if resp, body := s.get(s.url+"/a?b=c", nil); resp.StatusCode != 200 || body != "hello from plain Go: /a?b=c (request 1, logged 0 bytes)\n" {
			t.Errorf("got %d %q", resp.StatusCode, body)
		}
	}
	if code := s.end(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
