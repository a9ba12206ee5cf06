package control_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
)

// fake answers calls of "echo" with its arguments, and of "wait" when the call is ended.
type fake struct {
	waiting chan struct{}
	ended   atomic.Int32
}

func (f *fake) Status() control.Status {
	return control.Status{PID: os.Getpid(), Composition: "fake", Usage: control.UsageNow()}
}

func (f *fake) Graph(format string) (string, bool) { return "graph\n", format == "text" }

func (f *fake) Functions() []control.Function {
	return []control.Function{{Name: "echo", Type: "func()"}}
}

func (f *fake) Drain() error { return errors.New("there is nothing to drain") }

func (f *fake) Call(ctx context.Context, r control.CallRequest) control.CallReply {
	if r.Function == "echo" {
		return control.CallReply{Result: strings.Join(r.Args, " ")}
	}
	f.waiting <- struct{}{}
	<-ctx.Done()
	f.ended.Add(1)
	return control.CallReply{Exit: 124, Message: ctx.Err().Error()}
}

// directory is a short path: the names of sockets have little room.
func directory(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "sc")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is temporary anyway
	return filepath.Join(dir, "control")
}

func start(t *testing.T) (*fake, *control.Server, *control.Client, string) {
	t.Helper()
	dir := directory(t)
	f := &fake{waiting: make(chan struct{}, 100)}
	s, err := control.Serve(dir, f)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() }) // closed by the test, mostly
	cs, err := control.Find(dir, false)
	if err != nil || len(cs) != 1 || cs[0].PID != os.Getpid() {
		t.Fatalf("%v, %v", cs, err)
	}
	return f, s, cs[0], dir
}

func TestAsk(t *testing.T) {
	_, s, c, dir := start(t)
	status, err := c.Status(t.Context())
	if err != nil || status.Composition != "fake" || runtime.GOOS == "linux" && (status.Usage.Resident == 0 || status.Usage.Proportional == 0 || status.Usage.CPU == nil) {
		t.Errorf("%+v, %v", status, err)
	}
	if text, err := c.Graph(t.Context(), "text"); text != "graph\n" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
	if _, err := c.Graph(t.Context(), "a&b"); err == nil || !strings.Contains(err.Error(), "there is no such format") {
		t.Errorf("%v", err)
	}
	if fs, err := c.Functions(t.Context()); len(fs) != 1 || err != nil {
		t.Errorf("%v, %v", fs, err)
	}
	if r, err := c.Call(t.Context(), control.CallRequest{Function: "echo", Args: []string{"a", "b"}}); r.Result != "a b" || err != nil {
		t.Errorf("%v, %v", r, err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := c.Status(t.Context()); !errors.Is(err, control.ErrGone) {
		t.Errorf("of a process that has ended: %v", err)
	}
	if cs, err := control.Find(dir, false); len(cs) != 0 || err != nil {
		t.Errorf("left behind: %v, %v", cs, err)
	}
}

// TestStale: what a killed process leaves is not taken for a process, and goes.
func TestStale(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not tell a socket that nobody listens at")
	}
	_, _, _, dir := start(t)
	path := filepath.Join(dir, "1.sock")
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	cs, err := control.Find(dir, false)
	if err != nil || len(cs) != 2 {
		t.Fatalf("%v, %v", cs, err)
	}
	if _, err := cs[0].Status(t.Context()); cs[0].PID != 1 || !errors.Is(err, control.ErrGone) {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the socket is still there: %v", err)
	}
}

// TestPrivate: a directory that others could write to, or that is none, is not used.
func TestPrivate(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("on Windows temporary files are each user's own")
	}
	open := directory(t)
	if err := os.Mkdir(open, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(open, 0o755); err != nil {
		t.Fatal(err)
	}
	link := directory(t)
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{open: "is open to other users (mode 755, not 700)", link: "is not a directory"} {
		if s, err := control.Serve(dir, &fake{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, %v, want %s", s, err, want)
		}
		if cs, err := control.Find(dir, false); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("looked into unasked: %v, %v, want %s", cs, err, want)
		}
		if cs, err := control.Find(dir, true); (err == nil) != (os.Geteuid() == 0) {
			t.Errorf("looked into by name: %v, %v", cs, err)
		}
	}
	if cs, err := control.Find(directory(t), false); len(cs) != 0 || err != nil {
		t.Errorf("where nothing is: %v, %v", cs, err)
	}
}

// raw sends bytes and returns the answer's first line.
func raw(t *testing.T, dir, text string) string {
	t.Helper()
	c, err := net.Dial("unix", filepath.Join(dir, fmt.Sprintf("%d.sock", os.Getpid())))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	go func() { _, _ = c.Write([]byte(text)) }() // the other side may stop reading
	answer := make([]byte, 4096)
	n, _ := c.Read(answer) // what there is
	line, _, _ := strings.Cut(string(answer[:n]), "\r\n")
	return line
}

// TestHostile: what no client of ours would send is refused, and the next is served.
func TestHostile(t *testing.T) {
	_, _, c, dir := start(t)
	for _, tc := range []struct{ name, text, want string }{
		{"no HTTP", "\x00\xff\r\n\r\n", "HTTP/1.1 400 Bad Request"},
		{"long header", "GET /v1/status HTTP/1.1\r\nHost: a\r\nX: " + strings.Repeat("x", 20<<10) + "\r\n\r\n", "HTTP/1.1 431 Request Header Fields Too Large"},
		{"no JSON", "POST /v1/call HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n[", "HTTP/1.1 400 Bad Request"},
		{"long body", "POST /v1/call HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n\"" + strings.Repeat("x", 2<<20), "HTTP/1.1 400 Bad Request"},
		{"other method", "DELETE /v1/status HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 405 Method Not Allowed"},
		{"other path", "GET /../../etc/passwd HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 307 Temporary Redirect"},
	} {
		if got := raw(t, dir, tc.text); got != tc.want && !(tc.name == "other path" && strings.HasPrefix(got, "HTTP/1.1 30")) {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := c.Call(t.Context(), control.CallRequest{Args: []string{strings.Repeat("x", control.MaxRequest)}}); err == nil {
		t.Error("a request that is too long was sent")
	}
}

// TestCalls: only some run at a time, each ends with its client, and all with Close.
func TestCalls(t *testing.T) {
	f, s, c, _ := start(t)
	wait := control.CallRequest{Function: "wait", Timeout: time.Hour.Milliseconds()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	left := make(chan error, 1)
	go func() { _, err := c.Call(ctx, wait); left <- err }()
	for range control.MaxCalls - 1 {
		go func() { _, _ = c.Call(context.Background(), wait) }() // ended by Close
	}
	for range control.MaxCalls {
		<-f.waiting
	}
	if _, err := c.Call(t.Context(), wait); err == nil || !strings.Contains(err.Error(), "4 calls are under way, which are as many as may be") {
		t.Errorf("one more: %v", err)
	}
	cancel()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	for f.ended.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	if _, err := c.Status(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil && !errors.Is(err, http.ErrServerClosed) {
		t.Error(err)
	}
	if n := f.ended.Load(); n != control.MaxCalls {
		t.Errorf("%d calls had ended when Close returned", n)
	}
}

func TestTimeout(t *testing.T) {
	f, _, c, _ := start(t)
	r, err := c.Call(t.Context(), control.CallRequest{Function: "wait", Timeout: 1})
	<-f.waiting
	if err != nil || r.Exit != 124 || r.Message != "context deadline exceeded" {
		t.Errorf("%+v, %v", r, err)
	}
	for millis, want := range map[int64]time.Duration{0: control.DefaultTimeout, -1: control.DefaultTimeout, 5: 5 * time.Millisecond, 1 << 62: control.MaxTimeout} {
		if got := (control.CallRequest{Timeout: millis}).Limit(); got != want {
			t.Errorf("%d: %s, want %s", millis, got, want)
		}
	}
}

func TestDirectory(t *testing.T) {
	for env, want := range map[string]string{"/run/user/7": "/run/user/7/sidecall", "relative": "", "": ""} {
		if want == "" {
			want = filepath.Join(os.TempDir(), fmt.Sprintf("sidecall-%d", os.Getuid()))
		}
		if got := control.Directory(func(string) string { return env }); got != filepath.FromSlash(want) && runtime.GOOS != "windows" {
			t.Errorf("%s: %s, want %s", env, got, want)
		}
	}
}
