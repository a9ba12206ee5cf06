//go:build linux

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// packed makes an image that the node has not seen: one of a guest with an end of its
// own, so that its digest is.
func packed(t *testing.T, p *pod, name string) string {
	t.Helper()
	data, err := os.ReadFile(guest)
	if err != nil {
		t.Fatal(err)
	}
	// A custom section, which means nothing.
	section := append([]byte{byte(len(name))}, name...)
	data = append(append(data, 0, byte(len(section))), section...)
	file := filepath.Join(t.TempDir(), "guest.wasm")
	if err := os.WriteFile(file, data, 0o644); err != nil {
		t.Fatal(err)
	}
	image := "example.com/" + name + ":1"
	p.n.pack(t, image, file)
	return image
}

// shimOf is the process id of a pod's shim.
func shimOf(t *testing.T, p *pod) int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range all {
		line, _ := os.ReadFile(file) // one that is gone is not it
		if strings.Contains(string(line), "containerd-shim-sidecall-v1") && strings.Contains(string(line), p.id) {
			pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatal("the pod has no shim")
	return 0
}

// restart kills containerd and starts it again.
func (n *node) restart(t *testing.T) {
	t.Helper()
	_ = n.process.Process.Kill()
	_ = n.process.Wait() // it was killed
	if err := n.start(); err != nil {
		t.Fatal(err)
	}
}

// TestKilledProcess: process 1 killed from outside is no lack of memory.
func TestKilledProcess(t *testing.T) {
	p := newPod(t, nil)
	c := looking(t, p)
	pid, err := strconv.Atoi(pidOf(t, p.n, c))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if s := c.exited(); s.ExitCode != 137 || s.Reason != "Error" {
		t.Errorf("exit code %d, reason %s", s.ExitCode, s.Reason)
	}
	if s := p.run("next", "example.com/guest:1", []string{"say", "on"}, nil).exited(); s.ExitCode != 0 {
		t.Errorf("the pod's next container: %d", s.ExitCode)
	}
}

// TestKilledWhileCompiling: a shim that is killed while a composition is compiled leaves
// neither a lock nor half of something that another pod would use.
func TestKilledWhileCompiling(t *testing.T) {
	p := newPod(t, nil)
	image := packed(t, p, "interrupted")
	pid := shimOf(t, p)
	created := make(chan error, 1)
	go func() {
		_, err := p.create("killed", image, nil, nil)
		created <- err
	}()
	for begun := false; !begun; {
		select {
		case err := <-created:
			t.Fatalf("created before it was seen to be compiled: %v", err)
		default:
		}
		making, _ := filepath.Glob(filepath.Join(p.n.dir, "node", "code", ".making-*"))
		begun = len(making) > 0
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if err := <-created; err == nil {
		t.Error("created without a shim")
	}
	other := newPodOf(t, "other", "sidecall", nil)
	c := other.run("other", image, []string{"say", "here"}, nil)
	c.exited()
	c.logged("here")
}

// TestRestarts kills containerd while it is busy with a container.
func TestRestarts(t *testing.T) {
	p := newPod(t, nil)
	c := looking(t, p)
	busy := func(f func() error) {
		t.Helper()
		done := make(chan error, 1)
		go func() { done <- f() }()
		time.Sleep(50 * time.Millisecond) // wherever it has got to by then
		p.n.restart(t)
		<-done // that it failed, or not, is both right
	}
	t.Run("exec", func(t *testing.T) {
		busy(func() error {
			_, err := p.n.runtime.ExecSync(context.Background(), &cri.ExecSyncRequest{ContainerId: c.id, Cmd: []string{"sidecall", "top"}, Timeout: 20})
			return err
		})
		if s := c.status(); s.State != cri.ContainerState_CONTAINER_RUNNING {
			t.Errorf("the container is in state %s", s.State)
		}
		if out, code := c.exec("sidecall", "ps"); code != 0 {
			t.Errorf("afterwards: %d, %s", code, out)
		}
	})
	t.Run("create", func(t *testing.T) {
		image := packed(t, p, "restarted")
		busy(func() error {
			_, err := p.create("new", image, []string{"say", "x"}, nil)
			return err
		})
		// kubelet tries again, with the next attempt.
		again := p.run("new", image, []string{"say", "again"}, func(c *cri.ContainerConfig) { c.Metadata.Attempt = 1 })
		again.exited()
		again.logged("again")
	})
	t.Run("stop", func(t *testing.T) {
		busy(func() error {
			_, err := p.n.runtime.StopContainer(context.Background(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 20})
			return err
		})
		// containerd forgets an exit code if it ends between taking it from the shim and
		// writing it down, of containers under runc as well.
		if s := c.stop(); s.ExitCode != 143 && s.ExitCode != 255 {
			t.Errorf("exit code %d", s.ExitCode)
		}
	})
	t.Run("end while it is away", func(t *testing.T) {
		c := p.run("away", "example.com/guest:1", loops, nil)
		c.logged("begin")
		pid, err := strconv.Atoi(pidOf(t, p.n, c))
		if err != nil {
			t.Fatal(err)
		}
		_ = p.n.process.Process.Kill()
		_ = p.n.process.Wait() // it was killed
		if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		if err := eventually(20*time.Second, func() error {
			if err := syscall.Kill(pid, 0); err == nil {
				return errors.New("process 1 does not end")
			}
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := p.n.start(); err != nil {
			t.Fatal(err)
		}
		if s := c.exited(); s.ExitCode != 143 {
			t.Errorf("exit code %d", s.ExitCode)
		}
	})
}

// TestFullDisk: without room for what a composition is compiled to, or for its components,
// a container says so, and starts as soon as there is some.
func TestFullDisk(t *testing.T) {
	for dir, size := range map[string]string{"code": "16k", "images": "16k"} {
		t.Run(dir, func(t *testing.T) {
			p := newPod(t, nil)
			image := packed(t, p, "full-"+dir)
			target := filepath.Join(p.n.dir, "node", dir)
			if err := os.MkdirAll(target, 0o755); err != nil {
				t.Fatal(err)
			}
			if err := syscall.Mount("tmpfs", target, "tmpfs", 0, "mode=755,size="+size); err != nil {
				t.Fatal(err)
			}
			_, err := p.create("full", image, []string{"say", "x"}, nil)
			if err == nil || !strings.Contains(err.Error(), "no space left on device") {
				t.Errorf("%v", err)
			}
			left, _ := filepath.Glob(filepath.Join(target, ".*"))
			if len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
			if err := syscall.Unmount(target, 0); err != nil {
				t.Fatal(err)
			}
			c := p.run("room", image, []string{"say", "room"}, nil)
			c.exited()
			c.logged("room")
		})
	}
}

// TestDamagedCache: whatever happens to the node's cache, containers run, and what is
// damaged is never run.
func TestDamagedCache(t *testing.T) {
	p := newPod(t, nil)
	image := packed(t, p, "damaged")
	p.run("first", image, []string{"say", "first"}, nil).exited()
	root := filepath.Join(p.n.dir, "node")
	spoil := func(pattern string, change func([]byte) []byte) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %q, %v", pattern, files, err)
		}
		for _, f := range files {
			data, err := os.ReadFile(f)
			if err == nil {
				err = os.Remove(f) // it may be in use
			}
			if err == nil {
				err = os.WriteFile(f, change(data), 0o444)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	flip := func(data []byte) []byte {
		for i := 0; i < len(data); i += 100 {
			data[i] ^= 0x40
		}
		return data
	}
	for i, do := range []func(){
		func() { spoil("code/*/*/*", flip) },
		func() { spoil("code/*/*/*", func(data []byte) []byte { return data[:len(data)/2] }) },
		func() { spoil("code/*/ready.json", flip) },
		func() { spoil("code/*/ready.json", func([]byte) []byte { return nil }) },
		func() { _ = os.RemoveAll(filepath.Join(root, "code")) },
		func() {
			_ = os.RemoveAll(filepath.Join(root, "images", "files"))
			spoil("images/blobs/*/*", func(data []byte) []byte { return data })
		},
		func() { _ = os.RemoveAll(root) },
	} {
		do()
		name := fmt.Sprint("after", i)
		c := p.run(name, image, []string{"say", name}, nil)
		if s := c.exited(); s.ExitCode != 0 {
			t.Errorf("%s: exit code %d\n%s", name, s.ExitCode, c.log())
		}
		c.logged(name)
	}
	// A damaged blob is found before it is laid out, and fetched again by the next try.
	_ = os.RemoveAll(filepath.Join(root, "images", "files"))
	spoil("images/blobs/*/*", flip)
	if err := eventually(20*time.Second, func() error {
		c, err := p.create(fmt.Sprint("blob", time.Now().UnixNano()), image, []string{"say", "blob"}, nil)
		if err != nil {
			return err
		}
		if s := c.exited(); s.ExitCode != 0 {
			return errors.New(c.log())
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestCheckpoint: a container of WebAssembly cannot be saved, and goes on.
func TestCheckpoint(t *testing.T) {
	p := newPod(t, nil)
	c := looking(t, p)
	out, err := p.n.ctr("tasks", "checkpoint", c.id)
	if err == nil || !strings.Contains(string(out), "a container of WebAssembly cannot be checkpointed") {
		t.Errorf("%v\n%s", err, out)
	}
	if out, code := c.exec("sidecall", "ps"); code != 0 {
		t.Errorf("afterwards: %d, %s", code, out)
	}
}

// TestPause: a paused container stands still, and goes on with what it did.
func TestPause(t *testing.T) {
	p := newPod(t, nil)
	c := looking(t, p)
	used := func() uint64 {
		t.Helper()
		r, err := p.n.runtime.ContainerStats(t.Context(), &cri.ContainerStatsRequest{ContainerId: c.id})
		if err != nil {
			t.Fatal(err)
		}
		return r.Stats.GetCpu().GetUsageCoreNanoSeconds().GetValue()
	}
	grows := func() error {
		before := used()
		return eventually(20*time.Second, func() error {
			if now := used(); now <= before {
				return fmt.Errorf("it does not use the processor: %d", now)
			}
			return nil
		})
	}
	if err := grows(); err != nil {
		t.Error(err)
	}
	if out, err := p.n.ctr("tasks", "pause", c.id); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	before := used()
	time.Sleep(300 * time.Millisecond)
	if after := used(); after != before {
		t.Errorf("it used %d ns of the processor while it was paused", after-before)
	}
	if out, err := p.n.ctr("tasks", "resume", c.id); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := grows(); err != nil {
		t.Error(err)
	}
}
