package control

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

const suffix = ".sock"

// Directory is where the sockets of this user's processes are: the folder sidecall of
// the user's runtime directory (XDG_RUNTIME_DIR), or sidecall-<uid> among the temporary
// files.
func Directory(getenv func(string) string) string {
	if dir := getenv("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "sidecall")
	}
	return filepath.Join(os.TempDir(), "sidecall-"+strconv.Itoa(os.Getuid()))
}

// ensure makes the directory, or sees that the one there is nobody else's.
func ensure(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return private(dir)
}

// private tells whether a directory is this user's, and only theirs.
func private(dir string) error {
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	switch {
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	case !owned(info):
		return fmt.Errorf("%s belongs to another user", dir)
	case !closed(info):
		return fmt.Errorf("%s is open to other users (mode %o, not 700)", dir, info.Mode().Perm())
	}
	return nil
}

// Find lists the processes that have a socket in a directory, by process id; some may
// be gone. It is empty if there is no directory. A directory of another user's, or one
// that others can write to, is an error: a stranger could answer there. Only root may look
// into one all the same, and only if named says that it was asked for by its name.
func Find(dir string, named bool) ([]*Client, error) {
	err := private(dir)
	own := err == nil
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	} else if !own && !(named && os.Geteuid() == 0) {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []*Client
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		pid, err := strconv.Atoi(name)
		if ok && err == nil && pid > 0 {
			out = append(out, newClient(filepath.Join(dir, e.Name()), pid, own))
		}
	}
	slices.SortFunc(out, func(a, b *Client) int { return a.PID - b.PID })
	return out, nil
}
