//go:build linux

package shim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"

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
}

func openNode() (*node, error) {
	program, err := findProgram()
	return &node{nodeDir(), program}, err
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

// ready is what is known of a composition that has been compiled.
type ready struct {
	// Command is run or serve.
	Command string `json:"command"`
	code    string
}

const (
	readyFile = "ready.json"
	making    = ".making-" // what directories are called until they are whole
)

// prepareTimeout bounds linking and compiling, which containerd waits for.
const prepareTimeout = 2 * time.Minute

// compiled returns an artifact's compiled code, which is made if it is not there: by a
// process of its own, outside of the container's limits, once for all pods that start
// at the same time. env is for variables in the manifest.
func (n *node) compiled(ctx context.Context, f *store.Files, env []string) (*ready, error) {
	version, err := fingerprint(n.program)
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(n.dir, "code", f.Digest.Encoded()+"-"+version)
	if r, err := readReady(dir); err == nil {
		return r, nil
	}
	unlock, err := lock(filepath.Join(n.dir, "locks", f.Digest.Encoded()), syscall.LOCK_EX)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if r, err := readReady(dir); err == nil { // made while we waited
		return r, nil
	}
	n.prune()
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return nil, err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), making+"*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp) // after a rename there is nothing left of it
	answer, err := n.compile(ctx, f.Path, tmp, env)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(tmp, readyFile), answer, 0o444); err != nil {
		return nil, err
	}
	if err := forAll(tmp); err != nil {
		return nil, err
	}
	if err := os.RemoveAll(dir); err != nil { // half of one, from before
		return nil, err
	}
	if err := os.Rename(tmp, dir); err != nil {
		return nil, err
	}
	return readReady(dir)
}

// forAll lets every user read what is below a directory: process 1 of a container is
// seldom root, and compiles everything again if it cannot read what is here.
func forAll(dir string) error {
	return filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case e.IsDir():
			return os.Chmod(path, 0o755)
		}
		return os.Chmod(path, 0o444)
	})
}

func (n *node) compile(ctx context.Context, target, cache string, env []string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, n.program, "container-prepare", "--color", "never", "--cache-dir", cache, target)
	cmd.Dir = "/"
	cmd.Env = []string{"TMPDIR=" + cache}
	cmd.Stdin = strings.NewReader(strings.Join(env, "\x00"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	// The shim reaps all its children itself, so exec.Cmd must not.
	exits, err := reaper.Default.Start(cmd)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", n.program, err)
	}
	code, err := reaper.Default.Wait(cmd, exits)
	if err != nil && ctx.Err() != nil {
		return nil, fmt.Errorf("compiling took longer than %s", prepareTimeout)
	}
	if code != 0 {
		// Where the cache has it means nothing to who reads it in a pod's events.
		text := strings.ReplaceAll(stderr.String(), target+"/", "")
		return nil, &problem{clip(strings.ReplaceAll(text, filepath.Dir(target)+"/", ""))}
	}
	return stdout.Bytes(), nil
}

// problem is what sidecall says is wrong with a composition, in its words.
type problem struct{ text string }

func (p *problem) Error() string { return p.text }

// clip bounds what goes into a pod's event.
func clip(text string) string {
	const most = 2000
	if text = strings.TrimSpace(text); len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

func readReady(dir string) (*ready, error) {
	data, err := os.ReadFile(filepath.Join(dir, readyFile))
	if err != nil {
		return nil, err
	}
	r := &ready{code: dir}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return r, nil
}

// fingerprint tells one build of the program from another.
func fingerprint(program string) (string, error) {
	info, err := os.Stat(program)
	if err != nil {
		return "", fmt.Errorf("the program sidecall: %w", err)
	}
	sum := sha256.Sum256(fmt.Append(nil, info.Size(), info.ModTime().UnixNano()))
	return hex.EncodeToString(sum[:6]), nil
}

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
