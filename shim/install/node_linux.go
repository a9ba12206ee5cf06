package install

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// Install puts both programs and the runtime on the node. It tells whether containerd
// must be restarted to know of it. What was done before is not done again; what was
// interrupted is completed.
func (n *Node) Install() (restart bool, err error) {
	if err := n.check(); err != nil {
		return false, err
	}
	unlock, err := n.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	for _, p := range n.programs() {
		differ := n.differs(p)
		if err := copyProgram(p.from, n.path(p.to)); err != nil {
			return false, explain(err)
		}
		if differ != nil && n.Say != nil {
			n.Say(fmt.Sprintf("replaced %s, which was %s, by %s", p.to, differ.there, differ.here))
		}
	}
	o := Options{Template: n.template(), Version: 3}
	if filepath.Base(n.Config) == "config.toml.tmpl" { // of k3s; version 3 has another name
		o.Version = 2
	}
	if dir := filepath.Clean(n.Bin); !slices.Contains(standardPath, dir) {
		o.Shim = filepath.Join(dir, ShimName)
	}
	if !o.Template {
		if o.Merged, err = n.dump(n.Config); err != nil {
			return false, err
		}
	}
	changed, err := n.add(o)
	if err != nil {
		return false, explain(err)
	}
	return changed || n.pending(), nil
}

// add adds the runtime by the first of the names of CRI's table that containerd takes.
func (n *Node) add(o Options) (changed bool, err error) {
	names := []string{"", plugin, pluginOf2}
	if o.Template {
		names = names[:1]
	}
	for _, name := range names {
		o.Plugin = name
		changed, otherwise := n.change(func(text []byte) ([]byte, error) { return Add(text, o) }, o.Merged)
		if otherwise == nil {
			return changed, nil
		}
		err = cmp.Or(err, otherwise) // why not by its own name
	}
	return false, err
}

// Uninstall undoes what Install did, and removes what pods have left in the cache. With
// pods still running their programs stay, and the error is *InUse: without them containerd
// would not find those pods again, and never end them.
func (n *Node) Uninstall() (restart bool, err error) {
	unlock, err := n.lock()
	if err != nil {
		return false, err
	}
	defer unlock()
	changed, err := n.change(Remove, nil)
	if err != nil {
		return false, explain(err)
	}
	if pods := n.pods(); pods > 0 {
		return changed || n.pending(), &InUse{pods}
	}
	if n.Cache != "" {
		// Somebody may have mounted a disk there, which stays.
		if err := os.RemoveAll(n.path(n.Cache)); err != nil && !errors.Is(err, syscall.EBUSY) {
			return changed, explain(err)
		}
	}
	for _, p := range n.programs() {
		if err := os.Remove(n.path(p.to)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return changed, explain(err)
		}
	}
	return changed || n.pending(), nil
}

// Restart restarts what runs containerd.
func (n *Node) Restart() error {
	cmd, err := n.command("systemctl", "restart", n.Service)
	if err != nil {
		return fmt.Errorf("restarting %s: %w", n.Service, err)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("restarting %s: %w\n%s", n.Service, err, bytes.TrimSpace(out))
	}
	return nil
}

// Status looks at each thing that must be so.
func (n *Node) Status() []Check {
	checks := []Check{{"containerd", n.check()}}
	for _, p := range n.programs() {
		info, err := os.Stat(n.path(p.to))
		if err == nil && (!info.Mode().IsRegular() || info.Mode()&0o111 == 0) {
			err = fmt.Errorf("%s is no program", p.to)
		}
		if differ := n.differs(p); err == nil && differ != nil {
			err = differ
		}
		checks = append(checks, Check{filepath.Base(p.to), err})
	}
	checks = append(checks, Check{n.Config, n.configured()})
	if n.pending() {
		checks = append(checks, Check{n.Service, errors.New("was started before the configuration changed: restart it")})
	}
	return checks
}

// configured tells whether containerd knows the runtime when it starts.
func (n *Node) configured() error {
	text, err := os.ReadFile(n.file())
	if err != nil {
		return err
	}
	if n.template() {
		if !bytes.Contains(text, []byte(begin)) {
			return fmt.Errorf("has no runtime named %s", Handler)
		}
		return nil
	}
	if text, err = n.dump(n.Config); err != nil {
		return err
	}
	done, err := Installed(text)
	if err == nil && !done {
		err = fmt.Errorf("has no runtime named %s", Handler)
	}
	return err
}

// check asks the node's containerd for its version.
func (n *Node) check() error {
	cmd, err := n.command("containerd", "--version")
	if err != nil {
		return errors.New("containerd is not installed here")
	}
	out, err := cmd.Output()
	if err != nil {
		return fmt.Errorf("%s --version: %w", cmd.Path, err)
	}
	return CheckVersion(string(out))
}

// dump has the node's containerd read a configuration and all that it imports.
func (n *Node) dump(file string) ([]byte, error) {
	cmd, err := n.command("containerd", "-c", file, "config", "dump")
	if err != nil {
		return nil, err
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("containerd does not take %s: %w\n%s", file, err, bytes.TrimSpace(stderr.Bytes()))
	}
	return out, nil
}

// command runs a program of the node, in the node's root.
func (n *Node) command(name string, args ...string) (*exec.Cmd, error) {
	dirs := n.search()
	if name == ShimName {
		dirs = append([]string{n.Bin}, dirs...)
	}
	for _, dir := range dirs {
		file := filepath.Join(dir, name)
		if _, err := os.Lstat(n.path(file)); err != nil {
			continue
		}
		cmd := exec.Command(file, args...)
		cmd.Err = nil // whatever is said of a path outside of the node's root
		cmd.Dir = "/"
		cmd.Env = append(os.Environ(), "PATH="+strings.Join(n.search(), ":"))
		if filepath.Clean(n.Root) != "/" {
			cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: n.Root}
		}
		return cmd, nil
	}
	return nil, fmt.Errorf("the program %s is in none of %s", name, strings.Join(dirs, ", "))
}

// lock keeps others who install here waiting; it ends with the process.
func (n *Node) lock() (unlock func(), err error) {
	dir := filepath.Dir(n.file())
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, explain(err)
	}
	f, err := os.Open(dir)
	if err != nil {
		return nil, explain(err)
	}
	for {
		if err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	for _, dir := range []string{dir, n.path(n.Bin)} { // of one that was killed
		left, _ := filepath.Glob(filepath.Join(dir, temporary))
		for _, file := range left {
			_ = os.Remove(file)
		}
	}
	return func() { _ = f.Close() }, nil
}

// explain says what to do about errors that a node is known for.
func explain(err error) error {
	switch {
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%w; a node's files are root's: run this as root", err)
	case errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; say where the node can be written to: --bin-dir, --containerd-config", err)
	}
	return err
}

// keepHouse runs the node's shim, which knows its cache.
func (n *Node) keepHouse(h House, in io.Reader, args ...string) error {
	cmd, err := n.command(ShimName, append([]string{"-address", h.Address, "-namespace", h.Namespace}, args...)...)
	if err != nil {
		return fmt.Errorf("%w; sidecall node install puts it there", err)
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, h.Stdout, h.Stderr
	return cmd.Run()
}
