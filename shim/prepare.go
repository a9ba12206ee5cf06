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
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/containerd/containerd/v2/pkg/sys/reaper"

	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/confine"
	"github.com/sidecall/sidecall/shim/prepared"
)

// ready is what is known of a composition that has been prepared, and where its compiled
// code is.
type ready struct {
	prepared.About
	code string
}

// making is what directories are called until they are whole.
const making = ".making-"

// Limits of preparing one composition, which is what the node spends on whoever makes a pod.
const (
	// prepareTimeout bounds linking and compiling, which containerd waits for.
	prepareTimeout = 2 * time.Minute
	// prepareCPU is processor time in seconds, of all processors together.
	prepareCPU = 120
	// prepareMemory is memory in bytes, and prepareSpace what of compiled code and half done
	// work there may be besides, which is in memory until it is kept.
	prepareMemory = 2 << 30
	prepareSpace  = 1 << 30
	// prepareMessage is how much is kept of what it says, in bytes.
	prepareMessage = 64 << 10
)

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
	n.prune(ctx)
	tmp, err := n.temporary()
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tmp) // after a rename there is nothing left of it
	if err := n.prepare(ctx, f, tmp, env); err != nil {
		return nil, err
	}
	if err := os.Chmod(tmp, 0o755); err != nil { // process 1 of a container is seldom root
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

// temporary makes an empty directory beside those of compiled code.
func (n *node) temporary() (string, error) {
	dir := filepath.Join(n.dir, "code")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	return os.MkdirTemp(dir, making+"*")
}

// prepare links and compiles an artifact into an empty directory. What reads the artifact
// is confined: it has nothing of the node's but the artifact, and what it yields is looked
// at before it is kept.
func (n *node) prepare(ctx context.Context, f *store.Files, dir string, env []string) error {
	ctx, cancel := context.WithTimeout(ctx, prepareTimeout)
	defer cancel()
	root, err := os.OpenRoot(dir)
	if err != nil {
		return err
	}
	defer root.Close()
	mount, err := n.temporary()
	if err != nil {
		return err
	}
	defer os.Remove(mount)
	cmd, err := n.box(f, mount).Command(ctx)
	if err != nil {
		return err
	}
	out, in := io.Pipe()
	stderr := &head{most: prepareMessage}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(strings.Join(env, "\x00")), in, stderr
	kept := make(chan error, 1)
	go func() {
		_, err := prepared.Read(out, root)
		if err == nil {
			_, err = io.Copy(io.Discard, out) // what comes behind it is nothing
		}
		_ = out.CloseWithError(err)
		kept <- err
	}()
	code, err := n.run(cmd)
	_ = in.Close()
	wrong := <-kept
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("compiling took longer than %s: %w", prepareTimeout, ctx.Err())
	case err != nil:
		return fmt.Errorf("starting %s: %w", n.program, err)
	case code != 0 && (wrong == nil || errors.Is(wrong, io.EOF) || errors.Is(wrong, io.ErrUnexpectedEOF)):
		return failure(code, stderr.String())
	}
	return wrong // it fails as well, when nobody reads what it writes
}

// reap runs a command in the shim, which reaps all its children itself, so that exec.Cmd
// must not.
func reap(cmd *exec.Cmd) (code int, err error) {
	exits, err := reaper.Default.Start(cmd)
	if err != nil {
		return 0, err
	}
	return reaper.Default.Wait(cmd, exits)
}

// wait runs a command in a process that is no shim.
func wait(cmd *exec.Cmd) (code int, err error) {
	if err = cmd.Run(); cmd.ProcessState == nil {
		return 0, err
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return cmd.ProcessState.ExitCode(), nil
}

// appDir and seedDir are where an artifact's files, and compiled code of before, are while
// it is prepared.
const (
	appDir  = "/app"
	seedDir = "/seed"
)

// box is what preparing sees and may take.
func (n *node) box(f *store.Files, mount string) *confine.Box {
	source, target := f.Path, appDir
	if !f.Composition {
		source, target = filepath.Dir(f.Path), appDir+"/"+filepath.Base(f.Path)
	}
	b := &confine.Box{
		Program: n.program, Mount: mount,
		Args: []string{"sidecall", "container-prepare", "--color", "never", "--cache-dir", confine.Work + "/code"},
		// Go collects before it would end at the bound.
		Env:   []string{"TMPDIR=" + confine.Work, fmt.Sprintf("GOMEMLIMIT=%d", prepareMemory/10*8)},
		Dirs:  []confine.Dir{{Source: source, Target: appDir}},
		Space: prepareSpace, Memory: prepareMemory, CPU: prepareCPU,
	}
	// Most builds of the program make the same code: then it is copied, and not made again.
	// Which that is, module by module, the cache of compiled code knows, see host/engine.
	if seed := n.seed(f.Digest.Encoded()); seed != "" {
		b.Dirs = append(b.Dirs, confine.Dir{Source: seed, Target: seedDir})
		b.Args = append(b.Args, "--cache-seed", seedDir)
	}
	b.Args = append(b.Args, target)
	return b
}

// failure says why nothing was prepared, from its exit code and what it wrote.
func failure(code int, text string) error {
	// Where it has the artifact means nothing to who reads a pod's events.
	text = clip(strings.ReplaceAll(text, appDir+"/", ""))
	switch {
	case code == confine.Failed:
		return fmt.Errorf("the node cannot prepare it: %s", text)
	case code == 128+int(syscall.SIGKILL) || code == 128+int(syscall.SIGXCPU):
		return &problem{fmt.Sprintf("compiling was ended: it may take %d s of processor time, and %d MiB of memory if the node has them", prepareCPU, prepareMemory>>20)}
	case strings.HasPrefix(text, "fatal error: ") || strings.HasPrefix(text, "runtime: "):
		first, _, _ := strings.Cut(text, "\n")
		return &problem{fmt.Sprintf("compiling ended, with at most %d MiB of memory: %s", prepareMemory>>20, first)}
	case text == "":
		return &problem{fmt.Sprintf("compiling ended with code %d, without a word", code)}
	}
	return &problem{text}
}

// problem is what sidecall says is wrong with a composition, in its words.
type problem struct{ text string }

func (p *problem) Error() string { return p.text }

// clip bounds what goes into a pod's event, and makes it fit to be shown.
func clip(text string) string {
	const most = 2000
	if text = printable.Lines(strings.TrimSpace(text), "  "); len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return text
}

// head keeps the first bytes of what is written.
type head struct {
	bytes.Buffer
	most int
}

func (h *head) Write(p []byte) (int, error) {
	h.Buffer.Write(p[:min(len(p), h.most-h.Len())])
	return len(p), nil
}

func readReady(dir string) (*ready, error) {
	data, err := os.ReadFile(filepath.Join(dir, prepared.AboutFile))
	if err != nil {
		return nil, err
	}
	r := &ready{code: dir}
	if err := json.Unmarshal(data, &r.About); err != nil {
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
