//go:build linux

package confine_test

import (
	"bytes"
	"context"
	"debug/elf"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sidecall/sidecall/shim/confine"
)

// TestMain makes this executable do what a shim does, and be what is confined: it is
// called with what to try.
func TestMain(m *testing.M) {
	confine.Main()
	if len(os.Args) > 1 && os.Args[0] == "inside" {
		inside(os.Args[1])
		return
	}
	os.Exit(m.Run())
}

// inside tries to do what a stranger would.
func inside(what string) {
	say := func(err error) { fmt.Println(err) }
	switch what {
	case "look":
		for _, dir := range []string{"/", "/app", "/work"} {
			entries, err := os.ReadDir(dir)
			for _, e := range entries {
				fmt.Println(dir, e.Name())
			}
			if err != nil {
				say(err)
			}
		}
		fmt.Println("env", os.Environ(), "pid", os.Getpid(), "root", os.Getuid() == 0 || os.Getgid() == 0 || os.Geteuid() == 0)
		groups, err := os.Getgroups()
		fmt.Println("groups", groups, err)
	case "write":
		say(os.WriteFile("/work/x", nil, 0o600))
		say(os.WriteFile("/app/x", nil, 0o600))
		say(os.WriteFile("/x", nil, 0o600))
		say(os.Link("/app/app.wasm", "/work/link"))
	case "root":
		say(syscall.Setuid(0))
		say(syscall.Mount("tmpfs", "/work", "tmpfs", 0, ""))
		say(syscall.Chroot("/app"))
		say(syscall.Mknod("/work/null", syscall.S_IFCHR|0o666, 1<<8|3))
		say(syscall.Unshare(syscall.CLONE_NEWNS))
	case "net":
		for _, address := range [][4]byte{{127, 0, 0, 1}, {10, 0, 0, 1}} {
			fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
			if err == nil {
				err = syscall.Connect(fd, &syscall.SockaddrInet4{Port: 1, Addr: address})
			}
			say(err)
		}
	case "fill":
		say(os.WriteFile("/work/a", make([]byte, 12<<20), 0o600))
		say(os.WriteFile("/work/b", make([]byte, 12<<20), 0o600))
		say(os.WriteFile("/work/c", make([]byte, 32<<20), 0o600))
	case "memory":
		for all := [][]byte{}; ; {
			b := make([]byte, 16<<20)
			for i := range b {
				b[i] = 1
			}
			all = append(all, b)
		}
	case "spin":
		for i := 0; ; i++ {
			_ = i * i
		}
	case "descriptors":
		for fd := 3; fd < 64; fd++ {
			if target, err := os.Readlink(fmt.Sprintf("/proc/self/fd/%d", fd)); err == nil {
				fmt.Println(fd, target)
			}
			var s syscall.Stat_t
			if syscall.Fstat(fd, &s) == nil && s.Mode&syscall.S_IFMT == syscall.S_IFREG {
				fmt.Println("open", fd)
			}
		}
		fmt.Println("seen")
	}
}

// program is this test's executable as a box can run it.
func program(t testing.TB) string {
	t.Helper()
	self := filepath.Join(t.TempDir(), "self")
	data, err := os.ReadFile("/proc/self/exe")
	if err == nil {
		err = os.WriteFile(self, data, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	if f, err := elf.Open(self); err != nil || slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP }) {
		t.Skipf("this test's own program is not static, as it is with the race detector: %v", err)
	}
	return self
}

// run confines a try and returns what it wrote.
func run(t testing.TB, what string, change func(*confine.Box)) (string, error) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make namespaces and mounts")
	}
	app := t.TempDir()
	if err := os.WriteFile(filepath.Join(app, "app.wasm"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	self := program(t)
	b := &confine.Box{Program: self, Args: []string{"inside", what}, Env: []string{"TMPDIR=/work"}, Mount: t.TempDir(),
		Dirs: []confine.Dir{{Source: app, Target: "/app"}}, Space: 16 << 20, Memory: 256 << 20, CPU: 2}
	if change != nil {
		change(b)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cmd, err := b.Command(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err = cmd.Run()
	if cmd.ProcessState != nil && cmd.ProcessState.ExitCode() == confine.Failed {
		t.Fatalf("%s", errs.String())
	}
	if entries, readErr := os.ReadDir(b.Mount); readErr != nil || len(entries) != 0 {
		t.Errorf("the node sees what is in the box: %v, %v", entries, readErr)
	}
	return out.String() + errs.String(), err
}

func TestBox(t *testing.T) {
	const denied, readOnly = "operation not permitted", "read-only file system"
	for what, want := range map[string][]string{
		"look":        {"/ app", "/ work", "/app app.wasm", "env [TMPDIR=/work] pid 1 root false", "groups [] <nil>"},
		"write":       {"<nil>", "open /app/x: " + readOnly, "open /x: permission denied", "link /app/app.wasm /work/link: invalid cross-device link"},
		"root":        {denied, denied, denied, denied, denied},
		"net":         {"network is unreachable", "network is unreachable"},
		"fill":        {"<nil>", "write /work/b: no space left on device", "write /work/c: no space left on device"},
		"descriptors": {"seen"},
	} {
		t.Run(what, func(t *testing.T) {
			out, err := run(t, what, nil)
			if got := strings.Split(strings.TrimSpace(out), "\n"); err != nil || !slices.Equal(got, want) {
				t.Errorf("%v\n%q\nwant\n%q", err, got, want)
			}
		})
	}
}

// TestBounds: what takes too much ends.
func TestBounds(t *testing.T) {
	if out, err := run(t, "memory", nil); err == nil || !strings.Contains(out, "out of memory") {
		t.Errorf("memory: %v, %.300s", err, out)
	}
	if _, err := run(t, "spin", func(b *confine.Box) { b.CPU = 1 }); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("processor time: %v", err)
	}
}

// BenchmarkBox is what a box costs besides its program.
func BenchmarkBox(b *testing.B) {
	if os.Getuid() != 0 {
		b.Skip("only root can make namespaces and mounts")
	}
	self, mount := program(b), b.TempDir()
	for _, kind := range []string{"box", "none"} {
		b.Run(kind, func(b *testing.B) {
			for b.Loop() {
				cmd := exec.Command(self)
				cmd.Args = []string{"inside", "nothing"}
				if kind == "box" {
					box := &confine.Box{Program: self, Args: cmd.Args, Mount: mount, Space: 16 << 20, Memory: 256 << 20, CPU: 2}
					var err error
					if cmd, err = box.Command(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v\n%s", err, out)
				}
			}
		})
	}
}
