//go:build linux

package e2e_test

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	hello = "../../examples/01-hello"
	guest = "../../cmd/sidecall/testdata/guest/guest.wasm"
)

func TestComposition(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/hello:1", hello)
	c := p.run("hello", "example.com/hello:1", []string{"Ada"}, nil)
	if s := c.exited(); s.ExitCode != 0 {
		t.Errorf("exit code %d", s.ExitCode)
	}
	c.logged("Hello, Ada!\n") // its standard error may come in between
	c.logged("  1. greeted Ada (info)\n")
}

func TestComponent(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "lines"), []byte("from a volume\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := p.run("guest", "example.com/guest:1", []string{"env", "LEVEL", "cat", "/data/lines", "save", "/data/new", "text", "env", "PATH"}, func(c *cri.ContainerConfig) {
		c.Envs = []*cri.KeyValue{{Key: "LEVEL", Value: []byte("loud")}}
		c.Mounts = []*cri.Mount{{ContainerPath: "/data", HostPath: dir, Readonly: true}}
	})
	c.exited()
	c.logged("loud")
	c.logged("from a volume\n")
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a read-only volume was written to")
	}
	if strings.Contains(c.log(), "/usr/bin") {
		t.Errorf("the guest sees the image's PATH: %s", c.log())
	}
}

func TestExitCodes(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	for _, tc := range []struct {
		name string
		args []string
		want int32
	}{
		{"exit", []string{"exit", "1"}, 1},
		{"trap", []string{"trap"}, 134},
	} {
		c := p.run(tc.name, "example.com/guest:1", tc.args, nil)
		if s := c.exited(); s.ExitCode != tc.want {
			t.Errorf("%s: exit code %d, want %d\n%s", tc.name, s.ExitCode, tc.want, c.log())
		}
	}
}

// TestLinux runs Linux containers beside WebAssembly, in one pod with one shim.
func TestLinux(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	say := p.run("say", linuxImage, nil, func(c *cri.ContainerConfig) { c.Command = []string{"/tool", "say", "hello"} })
	if s := say.exited(); s.ExitCode != 0 {
		t.Errorf("exit code %d", s.ExitCode)
	}
	say.logged("[hello]")
	c := p.run("wasm", "example.com/guest:1", []string{"say", "beside"}, nil)
	c.exited()
	c.logged("beside")
	code := p.run("code", linuxImage, nil, func(c *cri.ContainerConfig) { c.Command = []string{"/tool", "exit", "7"} })
	if s := code.exited(); s.ExitCode != 7 {
		t.Errorf("exit code %d", s.ExitCode)
	}
	sleeper := p.run("sleeper", linuxImage, nil, nil)
	if out, _ := sleeper.exec("/tool", "say", "exec"); out != "[exec]\n" {
		t.Errorf("exec: %q", out)
	}
}

// TestRunning looks at a container of WebAssembly from outside: exec, stats, stopping.
func TestRunning(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("loop", "example.com/guest:1", []string{"say", "begin", "flush", "loop"}, nil)
	c.logged("begin")
	if out, code := c.exec("sidecall", "version"); code != 0 || !strings.Contains(out, "sidecall") {
		t.Errorf("exec: %d, %s", code, out)
	}
	r, err := p.n.runtime.ContainerStats(t.Context(), &cri.ContainerStatsRequest{ContainerId: c.id})
	if err != nil || r.Stats.Memory.GetWorkingSetBytes().GetValue() == 0 {
		t.Errorf("stats: %v, %v", r, err)
	}
	if _, err := p.n.runtime.UpdateContainerResources(t.Context(), &cri.UpdateContainerResourcesRequest{ContainerId: c.id,
		Linux: &cri.LinuxContainerResources{MemoryLimitInBytes: 200 << 20}}); err != nil {
		t.Errorf("update: %v", err)
	}
	if s := c.status(); s.Resources.GetLinux().GetMemoryLimitInBytes() != 200<<20 {
		t.Errorf("after the update: %v", s.Resources)
	}
	begin := time.Now()
	if _, err := p.n.runtime.StopContainer(t.Context(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 20}); err != nil {
		t.Fatal(err)
	}
	if s := c.exited(); s.ExitCode != 143 || time.Since(begin) > 10*time.Second {
		t.Errorf("stopped with %d after %s", s.ExitCode, time.Since(begin))
	}
}

// TestIsolation looks at process 1 from outside.
func TestIsolation(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("loop", "example.com/guest:1", []string{"say", "begin", "flush", "loop"}, func(c *cri.ContainerConfig) {
		c.Linux.SecurityContext.RunAsUser = &cri.Int64Value{Value: 4321}
	})
	c.logged("begin")
	status, err := os.ReadFile(filepath.Join("/proc", pidOf(t, p.n, c), "status"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Uid:\t4321\t4321", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"} {
		if !strings.Contains(string(status), want) {
			t.Errorf("not %q:\n%s", want, status)
		}
	}
}

// TestOutOfMemory: a guest that takes all that the container may have is told that there is
// no more, and the log says so; nobody is killed.
func TestOutOfMemory(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("bomb", "example.com/guest:1", []string{"grow"}, limited(16<<20))
	if s := c.exited(); s.ExitCode != 0 || s.Reason != "Completed" {
		t.Errorf("exit code %d, reason %s\n%s", s.ExitCode, s.Reason, c.log())
	}
	for _, want := range []string{"got less than 100 MiB", "guest was refused more memory", "the limit is set by the memory limit of the container"} {
		c.logged(want)
	}
}

// TestOOMKilled: what a container has in a volume of memory counts for it as well, and no
// component can be told of that: the kernel ends process 1, and that is what users see.
func TestOOMKilled(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := linuxArchive(file, "example.com/filled:1", filepath.Join(p.n.bin, "tool"), map[string][]byte{"opt/app.wasm": wasm}, []string{"/opt/app.wasm"}); err != nil {
		t.Fatal(err)
	}
	if err := p.n.load(file, "example.com/filled:1"); err != nil {
		t.Fatal(err)
	}
	volume := t.TempDir()
	if err := syscall.Mount("tmpfs", volume, "tmpfs", 0, "size=256m"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(volume, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	c := p.run("filled", "example.com/filled:1", []string{"say", "begin", "flush", "loop"}, func(c *cri.ContainerConfig) {
		limited(64 << 20)(c)
		c.Mounts = []*cri.Mount{{ContainerPath: "/data", HostPath: volume}}
	})
	c.logged("begin")
	// Whoever fills it may be ended first, so that it is filled again.
	_, _ = p.n.runtime.ExecSync(t.Context(), &cri.ExecSyncRequest{ContainerId: c.id, Cmd: []string{"/tool", "fill", "/data/file", "128"}, Timeout: 20})
	if s := c.exited(); s.ExitCode != 137 || s.Reason != "OOMKilled" {
		t.Errorf("exit code %d, reason %s\n%s", s.ExitCode, s.Reason, c.log())
	}
}

// limited gives a container so many bytes of memory.
func limited(bytes int64) func(*cri.ContainerConfig) {
	return func(c *cri.ContainerConfig) {
		c.Linux.Resources = &cri.LinuxContainerResources{MemoryLimitInBytes: bytes}
	}
}

// TestKilledShim shows that nothing of a pod outlives its shim.
func TestKilledShim(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("loop", "example.com/guest:1", []string{"say", "begin", "flush", "loop"}, nil)
	c.logged("begin")
	pid := pidOf(t, p.n, c)
	shim := parentOf(t, pid)
	if err := syscall.Kill(shim, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.exited()
	if err := eventually(10*time.Second, func() error {
		if _, err := os.Stat(filepath.Join("/proc", pid)); err == nil {
			return os.ErrExist
		}
		return nil
	}); err != nil {
		t.Error("process 1 is still there")
	}
	_, _ = p.n.runtime.StopPodSandbox(t.Context(), &cri.StopPodSandboxRequest{PodSandboxId: p.id})
	_, _ = p.n.runtime.RemovePodSandbox(t.Context(), &cri.RemovePodSandboxRequest{PodSandboxId: p.id})
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mounts), c.id) {
		t.Error("mounts of the container are left")
	}
	if err := eventually(10*time.Second, func() error {
		left, _ := filepath.Glob("/sys/fs/cgroup/*" + p.n.cgroup() + "/" + c.id)
		more, _ := filepath.Glob("/sys/fs/cgroup" + p.n.cgroup() + "/" + c.id)
		if left = append(left, more...); len(left) > 0 {
			return fmt.Errorf("cgroups of the container are left: %q", left)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if err := eventually(10*time.Second, func() error {
		uses, _ := filepath.Glob(filepath.Join(p.n.dir, "node", "uses", "*", "k8s.io."+c.id))
		// Older versions of containerd do not tell the shim of all its containers' ends; then
		// a use ends with the bundle.
		uses = slices.DeleteFunc(uses, func(use string) bool {
			bundle, _ := os.ReadFile(use)
			_, err := os.Stat(string(bundle))
			return err != nil
		})
		if len(uses) > 0 {
			return fmt.Errorf("the node's cache is still used by it: %q", uses)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestRestartedContainerd shows that a container outlives containerd.
func TestRestartedContainerd(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	c := p.run("loop", "example.com/guest:1", []string{"say", "begin", "flush", "loop"}, nil)
	c.logged("begin")
	_ = p.n.process.Process.Kill()
	_ = p.n.process.Wait()
	if err := p.n.start(); err != nil {
		t.Fatal(err)
	}
	if s := c.status(); s.State != cri.ContainerState_CONTAINER_RUNNING {
		t.Errorf("state %s", s.State)
	}
	if _, err := p.n.runtime.StopContainer(t.Context(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 20}); err != nil {
		t.Fatal(err)
	}
	if s := c.exited(); s.ExitCode != 143 {
		t.Errorf("exit code %d", s.ExitCode)
	}
}

// TestWrong shows that what is wrong with an image is said where a pod's events come from.
func TestWrong(t *testing.T) {
	p := newPod(t, map[string]string{"sidecall.dev/runtime.odd": "java"})
	module := []byte("\x00asm\x01\x00\x00\x00\x01\x05\x01\x60\x01\x7f\x00\x02\x24\x01\x16wasi_snapshot_preview1\x09proc_exit\x00\x00")
	for _, tc := range []struct {
		name, want string
		wasm       []byte
	}{
		{"library", `this core module is no program: it exports no function "_start"`, module},
		{"broken", "unexpected end of the file", []byte("\x00asm\x0d\x00\x01\x00\x07\xff\x01")},
		{"odd", `annotation sidecall.dev/runtime.odd: "java" is neither wasm nor linux`, module},
	} {
		image := "example.com/" + tc.name + ":1"
		file := filepath.Join(t.TempDir(), "image.tar")
		if err := linuxArchive(file, image, filepath.Join(p.n.bin, "tool"), map[string][]byte{"app.wasm": tc.wasm}, []string{"/app.wasm"}); err != nil {
			t.Fatal(err)
		}
		if err := p.n.load(file, image); err != nil {
			t.Fatal(err)
		}
		_, err := p.create(tc.name, image, nil, nil)
		if err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q in it", tc.name, err, tc.want)
		}
	}
}

// TestFiles runs WebAssembly that an ordinary image has among its files.
func TestFiles(t *testing.T) {
	p := newPod(t, nil)
	wasm, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "image.tar")
	if err := linuxArchive(file, "example.com/files:1", filepath.Join(p.n.bin, "tool"), map[string][]byte{"opt/app.wasm": wasm}, []string{"/opt/app.wasm"}); err != nil {
		t.Fatal(err)
	}
	if err := p.n.load(file, "example.com/files:1"); err != nil {
		t.Fatal(err)
	}
	c := p.run("files", "example.com/files:1", []string{"say", "from a file"}, nil)
	c.exited()
	c.logged("from a file")
	if out, code := p.run("more", "example.com/files:1", []string{"say", "begin", "flush", "loop"}, nil).exec("/tool", "say", "native"); code != 0 || out != "[native]\n" {
		t.Errorf("exec of the image's own program: %d, %q", code, out)
	}
}

// TestOrdinary runs what pack --as image makes, with and without the shim knowing it.
func TestOrdinary(t *testing.T) {
	p := newPod(t, map[string]string{"sidecall.dev/runtime.plain": "linux"})
	p.n.pack(t, "example.com/ordinary:1", "--as", "image", hello)
	for _, name := range []string{"known", "plain"} {
		c := p.run(name, "example.com/ordinary:1", nil, nil)
		c.exited()
		c.logged("Hello, world!")
	}
}

// TestServe lets a composition answer requests, and stops it in good order.
func TestServe(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/shop:1", "../../examples/02-http")
	address := freeAddress(t)
	serve := func(name string) *container {
		return p.run(name, "example.com/shop:1", nil, func(c *cri.ContainerConfig) {
			c.Envs = []*cri.KeyValue{{Key: "SIDECALL_LISTEN", Value: []byte(address)}, {Key: "TOKEN", Value: []byte("from-a-secret")}}
		})
	}
	get := func(token string) (int, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/", nil)
		if err != nil {
			return 0, err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0, err
		}
		return answer.StatusCode, answer.Body.Close()
	}
	for _, name := range []string{"cold", "warm"} {
		begin := time.Now()
		c := serve(name)
		started := time.Since(begin)
		var code int
		err := eventually(20*time.Second, func() (err error) {
			code, err = get("from-a-secret")
			return err
		})
		if err != nil || code != http.StatusOK {
			t.Fatalf("%d, %v\n%s", code, err, c.log())
		}
		t.Logf("%s: started after %s, answered after %s", name, started, time.Since(begin))
		if code, err := get("open-sesame"); err != nil || code != http.StatusUnauthorized {
			t.Errorf("with the manifest's token: %d, %v", code, err)
		}
		if out, code := c.exec("sidecall", "graph"); code != 0 || !strings.Contains(out, "authn") {
			t.Errorf("exec: %d, %s", code, out)
		}
		if _, err := p.n.runtime.StopContainer(t.Context(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 20}); err != nil {
			t.Fatal(err)
		}
		if s := c.exited(); s.ExitCode != 0 {
			t.Errorf("stopped with %d\n%s", s.ExitCode, c.log())
		}
		// Process 1 is not root, and has its code from the node's cache.
		if text := c.log(); !strings.Contains(text, "serving") || strings.Contains(text, "compiled code") {
			t.Errorf("the log is\n%s", text)
		}
	}
}

// freeAddress is one that nobody listens at.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// TestPull pushes to a registry and lets containerd pull from it, as a node does.
func TestPull(t *testing.T) {
	p := newPod(t, nil)
	s := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer s.Close()
	for name, what := range map[string]string{"hello": hello, "guest": guest} {
		image := strings.TrimPrefix(s.URL, "http://") + "/acme/" + name
		pinned := strings.TrimSpace(p.n.sidecall(t, "push", what, image+":1.0"))
		if !strings.HasPrefix(pinned, image+"@sha256:") {
			t.Errorf("push printed %q", pinned)
		}
		for i, ref := range []string{image + ":1.0", pinned} {
			if _, err := p.n.images.PullImage(t.Context(), &cri.PullImageRequest{Image: &cri.ImageSpec{Image: ref}}); err != nil {
				t.Fatal(err)
			}
			if name == "hello" {
				c := p.run(name+strconv.Itoa(i), ref, nil, nil)
				c.exited()
				c.logged("Hello, world!")
				continue
			}
			c := p.run(name+strconv.Itoa(i), ref, []string{"say", "begin", "flush", "loop"}, nil)
			c.logged("begin")
			status, err := os.ReadFile(filepath.Join("/proc", pidOf(t, p.n, c), "status"))
			if err != nil || !strings.Contains(string(status), "Uid:\t65532\t65532") {
				t.Errorf("an artifact runs as\n%s%v", status, err)
			}
		}
	}
}
