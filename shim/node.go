//go:build linux

package shim

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/sidecall/sidecall/components/store"
)

// The node's cache is shared by all pods, who see parts of it, read-only:
//
//	images/               components and manifests by digest, see components/store
//	code/<artifact>-<program>/   compiled code, made by one program for one artifact
//	locks/<artifact>      held while that is made
//	locks/.collect        held by all who look for something to use, and by who collects
//	uses/<artifact>/<namespace>.<container>   who uses it: the container's bundle
const (
	// NodeDirEnv moves the cache from DefaultNodeDir. It comes to the shim from
	// containerd's environment.
	NodeDirEnv     = "SIDECALL_NODE_DIR"
	DefaultNodeDir = "/var/lib/sidecall"
	// ProgramEnv names the program sidecall, if it is not beside the shim or in PATH.
	ProgramEnv = "SIDECALL_PROGRAM"
)

type node struct {
	dir     string
	program string
	// run runs a command to its end and returns its exit code; of one that a signal ended,
	// 128 and the signal.
	run func(*exec.Cmd) (code int, err error)
}

func openNode() (*node, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	n := &node{dir: nodeDir(), program: program, run: reap}
	return n, n.trusted()
}

// trusted makes the cache's directory, or tells why the one that is there cannot be: who
// could have made it, or writes to it, decides what pods run.
func (n *node) trusted() error {
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return err
	}
	info, err := os.Stat(n.dir) // behind a link, if its owner wants it elsewhere
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case !ok || int(owner.Uid) != os.Geteuid():
		return fmt.Errorf("the node's cache %s belongs to another user, so nothing in it can be trusted; remove it", n.dir)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("others may write to the node's cache %s, so nothing in it can be trusted; chmod go-w it", n.dir)
	}
	return nil
}

func nodeDir() string {
	if dir := os.Getenv(NodeDirEnv); dir != "" {
		return dir
	}
	return DefaultNodeDir
}

// findProgram finds the static program that will be process 1.
func findProgram() (string, error) {
	if p := os.Getenv(ProgramEnv); p != "" {
		return p, nil
	}
	if self, err := os.Executable(); err == nil {
		p := filepath.Join(filepath.Dir(self), "sidecall")
		if _, err := os.Stat(p); err == nil {
			return p, nil
		}
	}
	p, err := exec.LookPath("sidecall")
	if err != nil {
		return "", fmt.Errorf("the program sidecall is neither beside the shim nor in PATH; sidecall node install puts it there: %w", err)
	}
	return p, nil
}

func (n *node) images() *store.Store { return store.OpenShared(filepath.Join(n.dir, "images")) }

// hold keeps what is in the cache, from before it is looked for until it is noted that
// it is used. Many may hold it.
func (n *node) hold() (release func(), err error) {
	return lock(filepath.Join(n.dir, "locks", ".collect"), syscall.LOCK_SH)
}

// lock waits for a lock, how flock(2) says, that ends with the process that has it.
func lock(path string, how int) (unlock func(), err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err = syscall.Flock(int(f.Fd()), how)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() { _ = f.Close() }, nil
}

// use notes that a container uses an artifact, until forget.
func (n *node) use(artifact, namespace, id, bundle string) error {
	path := filepath.Join(n.dir, "uses", artifact, namespace+"."+id)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(bundle), 0o600)
}

// forget ends all uses of a container. Nothing depends on its success: prune asks for
// the bundle as well.
func forget(namespace, id string) { forgetIn(nodeDir(), namespace, id) }

func forgetIn(dir, namespace, id string) {
	uses, _ := filepath.Glob(filepath.Join(dir, "uses", "*", namespace+"."+id)) // the pattern is well formed
	for _, path := range uses {
		_ = os.Remove(path)
		_ = os.Chtimes(filepath.Dir(path), time.Time{}, time.Now()) // last used now
	}
}

// keepFor is how long an artifact stays without a container that uses it.
const keepFor = 7 * 24 * time.Hour

// prune removes compiled code and laid out files that no container has used for long,
// and what was left behind by who was killed while making it. If something is being
// looked for right now, the next time is good enough.
func (n *node) prune() {
	release, err := lock(filepath.Join(n.dir, "locks", ".collect"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return
	}
	defer release()
	halves, _ := filepath.Glob(filepath.Join(n.dir, "code", making+"*"))
	for _, path := range halves {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 2*prepareTimeout {
			_ = os.RemoveAll(path) // what is left is tried again
		}
	}
	uses, _ := os.ReadDir(filepath.Join(n.dir, "uses"))
	for _, u := range uses {
		dir := filepath.Join(n.dir, "uses", u.Name())
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < keepFor || n.inUse(dir) {
			continue
		}
		old, _ := filepath.Glob(filepath.Join(n.dir, "code", u.Name()+"-*"))
		for _, path := range append(old, dir) {
			_ = os.RemoveAll(path) // what is left is tried again
		}
		_ = n.images().Remove(u.Name())
	}
}

func (n *node) inUse(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return true
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		bundle, err := os.ReadFile(path)
		if err != nil {
			return true
		}
		if _, err := os.Stat(string(bundle)); err == nil {
			return true
		}
		_ = os.Remove(path) // its container is gone without a word
	}
	return false
}
