package install

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Files beside the configuration.
const (
	temporary = ".sidecall-*"
	backup    = ".before-sidecall"
)

// change replaces the configuration by what f makes of it, if containerd takes it. The
// one from before the first change is kept beside it until the last one is undone. merged is
// what containerd reads now.
func (n *Node) change(f func([]byte) ([]byte, error), merged []byte) (bool, error) {
	file := n.file()
	text, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	existed := err == nil
	changed, err := f(text)
	if err != nil {
		return false, fmt.Errorf("%s: %w", n.Config, err)
	}
	if bytes.Equal(text, changed) {
		return false, nil
	}
	before, err := os.ReadFile(file + backup)
	kept := err == nil
	ours := bytes.Contains(changed, []byte(begin))
	if ours && !n.template() {
		if err := n.try(changed, merged); err != nil {
			return false, fmt.Errorf("%s: nothing was changed: %w", n.Config, err)
		}
	}
	switch {
	case ours && existed && !kept:
		if err := writeWhole(file+backup, text, 0o600, nil); err != nil {
			return false, err
		}
	case !ours && !kept && len(bytes.TrimSpace(changed)) == 0:
		return true, os.Remove(file) // there was none before
	case !ours && kept && bytes.Equal(bytes.TrimRight(changed, "\n"), bytes.TrimRight(before, "\n")):
		changed = before // to the last byte
	}
	mode, owner := fs.FileMode(0o644), (*syscall.Stat_t)(nil)
	if info, err := os.Stat(file); err == nil {
		mode = info.Mode().Perm()
		owner, _ = info.Sys().(*syscall.Stat_t)
	}
	if err := writeWhole(file, changed, mode, owner); err != nil {
		return false, err
	}
	if !ours && kept && bytes.Equal(changed, before) {
		return true, os.Remove(file + backup)
	}
	return true, nil
}

// try has containerd read a configuration before it gets it: it must have the runtime, and
// all else as it was.
func (n *Node) try(text, before []byte) error {
	f, err := os.CreateTemp(filepath.Dir(n.file()), temporary)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	inside, err := filepath.Rel(n.Root, f.Name())
	if err != nil {
		return err
	}
	after, err := n.dump("/" + inside)
	if err != nil {
		return err
	}
	return Same(before, after)
}

// file is the configuration, behind a link if there is one: who keeps it elsewhere
// would not find what was written in the link's place.
func (n *Node) file() string {
	name := n.Config
	for range 40 { // as many as Linux follows
		target, err := os.Readlink(n.path(name))
		if err != nil {
			break
		}
		if filepath.IsAbs(target) {
			name = target
		} else {
			name = filepath.Join(filepath.Dir(name), target)
		}
	}
	return n.path(name)
}

// copyProgram makes a program appear whole: containerd may start it at any time, and one
// that runs keeps its own file.
func copyProgram(from, to string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("the program to install: %w", err)
	}
	if info, err := os.Stat(to); err == nil && info.Mode().Perm() == 0o755 {
		if old, err := os.ReadFile(to); err == nil && bytes.Equal(old, data) {
			return nil // its time stays, and with it the node's compiled code
		}
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return writeWhole(to, data, 0o755, nil)
}

// writeWhole makes a file appear at once, or not at all. owner may be nil.
func writeWhole(path string, data []byte, mode fs.FileMode, owner *syscall.Stat_t) error {
	f, err := os.CreateTemp(filepath.Dir(path), temporary)
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err == nil && owner != nil && (int(owner.Uid) != os.Getuid() || int(owner.Gid) != os.Getgid()) {
		err = f.Chown(int(owner.Uid), int(owner.Gid))
	}
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
