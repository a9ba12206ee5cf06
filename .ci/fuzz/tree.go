package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// tree is a copy of the files of the repository, in which targets are built and run:
// failing inputs and corpora are put beside tests there.
type tree struct{ dir, root string }

// copyTree copies what git knows of, and what it would. What lies beside the repository
// for tests is reached from the copy too.
func copyTree(ctx context.Context) (*tree, error) {
	top, err := exec.CommandContext(ctx, "git", "rev-parse", "--show-toplevel").Output()
	if err != nil {
		return nil, fmt.Errorf("this must run inside the repository: %w", err)
	}
	from := strings.TrimSpace(string(top))
	list := exec.CommandContext(ctx, "git", "ls-files", "-co", "--exclude-standard", "-z")
	list.Dir = from
	names, err := list.Output()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "fuzz")
	if err != nil {
		return nil, err
	}
	t := &tree{dir: dir, root: filepath.Join(dir, "tree")}
	for name := range bytes.SplitSeq(bytes.TrimSuffix(names, []byte{0}), []byte{0}) {
		if err := copyFile(filepath.Join(from, string(name)), filepath.Join(t.root, string(name))); err != nil && !os.IsNotExist(err) {
			t.remove()
			return nil, err
		}
	}
	_ = os.Symlink(filepath.Join(filepath.Dir(from), "shared"), filepath.Join(dir, "shared"))
	return t, nil
}

func (t *tree) remove() { _ = os.RemoveAll(t.dir) }

func copyFile(from, to string) error {
	info, err := os.Lstat(from)
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	return os.WriteFile(to, b, info.Mode().Perm())
}

// target is a fuzz target and the folder that it is in, relative to the root.
type target struct{ folder, name string }

func (t target) String() string { return t.folder + ":" + t.name }

var fuzzFunc = regexp.MustCompile(`(?m)^func (Fuzz\w*)\(\w+ \*testing\.F\)`)

// targets finds the fuzz targets in test files, in order of their folders and names.
func (t *tree) targets(match *regexp.Regexp) (found []target, err error) {
	err = filepath.WalkDir(t.root, func(path string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(t.root, filepath.Dir(path))
		for _, m := range fuzzFunc.FindAllSubmatch(b, -1) {
			x := target{filepath.ToSlash(folder), string(m[1])}
			if match.MatchString(x.String()) {
				found = append(found, x)
			}
		}
		return err
	})
	slices.SortFunc(found, func(a, b target) int { return strings.Compare(a.String(), b.String()) })
	return found, err
}

// path is the target's folder in the copy.
func (t *tree) path(x target) string { return filepath.Join(t.root, filepath.FromSlash(x.folder)) }

// seeds is where the target's failing inputs are written, and read from.
func (t *tree) seeds(x target) string { return filepath.Join(t.path(x), "testdata", "fuzz", x.name) }

// build builds the test binary of the target's package, with arguments of go test.
func (t *tree) build(ctx context.Context, x target, kind string, args ...string) (string, error) {
	bin := filepath.Join(t.dir, strings.ReplaceAll(x.folder, "/", "-")+"."+kind)
	if _, err := os.Stat(bin); err == nil {
		return bin, nil
	}
	cmd := exec.CommandContext(ctx, "go", slices.Concat([]string{"test", "-c", "-o", bin}, args, []string{"./" + x.folder})...)
	cmd.Dir = t.root
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s cannot be built: %w\n%s", x, err, out)
	}
	return bin, nil
}
