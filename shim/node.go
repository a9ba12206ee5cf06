//go:build linux

package shim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/operator"
)

// The node's cache is shared by all pods, who see parts of it, read-only:
//
//	images/               components and manifests by digest, see components/store
//	code/<artifact>-<program>/   compiled code, made by one program for one artifact
//	sources/<artifact>/<namespace>   where containerd has the artifact: its digest
//	locks/<artifact>      held while that is made
//	locks/.collect        held by all who look for something to use, and by who collects
//	locks/.pruned         was touched when something was last collected
//	uses/<artifact>/<namespace>.<container>   who uses it: the container's bundle, and on a
//	                      second line its directory in code
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
	// operator is what the node's operator says.
	operator operator.Node
	// has asks containerd whether a namespace has content; nil if nobody can be asked.
	has func(ctx context.Context, namespace string, d digest.Digest) (bool, error)
}

func openNode() (*node, error) {
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	said, err := operator.Read(cmp.Or(os.Getenv(operator.FileEnv), operator.File))
	if err != nil {
		return nil, err
	}
	n := &node{dir: nodeDir(), program: program, run: reap, operator: *said}
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

// use notes that a container uses an artifact, until forget; and which code it runs, once
// that is known.
func (n *node) use(artifact, namespace, id, bundle, code string) error {
	path := filepath.Join(n.dir, "uses", artifact, namespace+"."+id)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(bundle+"\n"+code), 0o600)
}

// from notes in which of containerd's namespaces an artifact is an image's.
func (n *node) from(namespace string, d digest.Digest) error {
	path := filepath.Join(n.dir, "sources", d.Encoded(), namespace)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, []byte(d), 0o600)
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
