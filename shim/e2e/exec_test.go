//go:build linux

package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// loops are the guest's arguments for a container that stays.
var loops = []string{"say", "begin", "flush", "loop"}

// looking runs a container that stays, as an ordinary user with a read-only root.
func looking(t *testing.T, p *pod) *container {
	t.Helper()
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("guest", "example.com/guest:1", loops, func(c *cri.ContainerConfig) {
		c.Linux.SecurityContext.RunAsUser = &cri.Int64Value{Value: 4321}
	})
	c.logged("begin")
	return c
}

// TestExecBuiltIn runs sidecall's own commands in an image that has no program at all.
func TestExecBuiltIn(t *testing.T) {
	c := looking(t, newPod(t, nil))
	out, code := c.exec("sidecall", "ps", "-o", "json")
	var stats []struct {
		Composition, Command string
		Components           []struct {
			Name   string
			Memory int
		}
	}
	if err := json.Unmarshal([]byte(out), &stats); err != nil || code != 0 || len(stats) != 1 || stats[0].Command != "run" ||
		len(stats[0].Components) != 1 || stats[0].Components[0].Memory == 0 {
		t.Errorf("ps: %d, %v\n%s", code, err, out)
	}
	for _, tc := range []struct {
		want string
		code int32
		args []string
	}{
		{"guest", 0, []string{"ps"}},
		{"guest", 0, []string{"top", "--once", "-d", "100ms"}},
		{"guest (main)", 0, []string{"graph"}},
		{"wasi:cli/run@0.2.12#run: func() -> result", 0, []string{"call"}},
		{"begin\nsidecall: error: time is up: the call was ended after 500ms", 124, []string{"call", "--timeout", "500ms", "run"}},
		{"the composition does not export a function go", 2, []string{"call", "go"}},
		{"unknown command", 2, []string{"nothing"}},
	} {
		if out, code := c.exec(append([]string{"sidecall"}, tc.args...)...); code != tc.code || !strings.Contains(out, tc.want) {
			t.Errorf("%q: exit code %d, want %d\n%s\nwant %s", tc.args, code, tc.code, out, tc.want)
		}
	}
	if out, code := c.exec("sidecall", "ps"); code != 0 || strings.Contains(out, "\x1b[") {
		t.Errorf("after all that: %d, %q", code, out)
	}
}

// TestExecUnwanted: a pod can say that it is not to be looked into.
func TestExecUnwanted(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("guest", "example.com/guest:1", loops, func(c *cri.ContainerConfig) {
		c.Envs = []*cri.KeyValue{{Key: "SIDECALL_CONTROL", Value: []byte("off")}}
	})
	c.logged("begin")
	if out, code := c.exec("sidecall", "call"); code != 2 || !strings.Contains(out, "no composition runs here") {
		t.Errorf("%d, %s", code, out)
	}
}

// TestExecNot: what cannot be run in a container, and when nothing can.
func TestExecNot(t *testing.T) {
	p := newPod(t, nil)
	c := looking(t, p)
	ask := func(args ...string) error {
		_, err := p.n.runtime.ExecSync(t.Context(), &cri.ExecSyncRequest{ContainerId: c.id, Cmd: args, Timeout: 20})
		return err
	}
	if err := ask("/bin/sh"); err == nil || !strings.Contains(err.Error(), `exec: "/bin/sh": stat /bin/sh: no such file or directory`) {
		t.Errorf("a program that is not there: %v", err)
	}
	if _, err := p.n.runtime.ExecSync(t.Context(), &cri.ExecSyncRequest{ContainerId: c.id, Cmd: []string{"sidecall", "top"}, Timeout: 1}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("a command that takes too long: %v", err)
	}
	if out, err := p.n.ctr("tasks", "pause", c.id); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := ask("sidecall", "version"); err == nil || !strings.Contains(err.Error(), "paused") {
		t.Errorf("while it is paused: %v", err)
	}
	if out, err := p.n.ctr("tasks", "resume", c.id); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := ask("sidecall", "ps"); err != nil {
		t.Errorf("after it was paused: %v", err)
	}
	if _, err := p.n.runtime.StopContainer(t.Context(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 20}); err != nil {
		t.Fatal(err)
	}
	if err := ask("sidecall", "version"); err == nil || !strings.Contains(err.Error(), "CONTAINER_EXITED") {
		t.Errorf("after its end: %v", err)
	}
}

// TestExecStreams runs programs with standard input, as another user, and on a terminal.
func TestExecStreams(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := linuxArchive(file, "example.com/streams:1", filepath.Join(p.n.bin, "tool"), map[string][]byte{"app.wasm": wasm}, []string{"/app.wasm"}); err != nil {
		t.Fatal(err)
	}
	if err := p.n.load(file, "example.com/streams:1"); err != nil {
		t.Fatal(err)
	}
	c := p.run("streams", "example.com/streams:1", loops, nil)
	c.logged("begin")
	count := 0
	run := func(stdin string, flags []string, args ...string) (string, int) {
		t.Helper()
		count++
		line := append(append([]string{"-a", p.n.socket(), "-n", "k8s.io", "tasks", "exec", "--exec-id", fmt.Sprint("e", count)}, flags...), c.id)
		cmd := exec.CommandContext(t.Context(), filepath.Join(os.Getenv("SIDECALL_E2E"), "bin", "ctr"), append(line, args...)...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		var ours strings.Builder // without what ctr has to say of the machine
		for line := range strings.Lines(string(out)) {
			if !strings.Contains(line, "DEPRECATION") {
				ours.WriteString(line)
			}
		}
		return ours.String(), cmd.ProcessState.ExitCode()
	}
	if out, code := run("one\ntwo\n", nil, "/tool", "copy"); out != "one\ntwo\n" || code != 0 {
		t.Errorf("standard input: %d, %q", code, out)
	}
	if out, code := run("", nil, "/tool", "exit", "9"); code != 9 {
		t.Errorf("exit code: %d, %q", code, out)
	}
	if out, code := run("", []string{"--user", "77"}, "/tool", "user"); out != "77\n" || code != 0 {
		t.Errorf("another user: %d, %q", code, out)
	}
	if out, code := run("", []string{"--user", "77"}, "sidecall", "ps"); code != 1 || !strings.Contains(out, "belongs to another user") {
		t.Errorf("sidecall as another user: %d, %q", code, out)
	}
	if out, code := run("", nil, "sidecall", "ps"); code != 0 || !strings.Contains(out, "app") {
		t.Errorf("sidecall: %d, %q", code, out)
	}
	out := onTerminal(t, exec.CommandContext(t.Context(), filepath.Join(os.Getenv("SIDECALL_E2E"), "bin", "ctr"), "-a", p.n.socket(), "-n", "k8s.io",
		"tasks", "exec", "-t", "--exec-id", "t", c.id, "sidecall", "top", "--once", "-d", "100ms"))
	if !strings.Contains(out, "\x1b[H\x1b[2J") || !strings.Contains(out, "COMPOSITION") {
		t.Errorf("on a terminal: %q", out)
	}
}

// onTerminal runs a command on a pseudo-terminal and returns what appeared there.
func onTerminal(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer ours.Close()
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = theirs, theirs, theirs
	var got bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = got.ReadFrom(ours) // ends with an error when the other side is closed
	}()
	err = cmd.Run()
	theirs.Close()
	<-done
	if err != nil {
		t.Errorf("%v\n%s", err, got.String())
	}
	return got.String()
}
