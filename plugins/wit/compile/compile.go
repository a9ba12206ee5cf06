// Package compile turns a folder of WIT text into a binary WIT package.
//
// In: a folder of text. Out: the binary, and a digest of the text. Next: the
// generator and the tests of plugins/wit. Must not import: anything of ours.
package compile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os/exec"
	"strings"
)

// WIT compiles the package in dir, with its dependencies in dir/deps, every gated
// feature included.
func WIT(dir string) ([]byte, error) {
	exe, err := run("", "go", "tool", "-n", "wasm-tools")
	if err != nil {
		return nil, err
	}
	// The tool sees nothing but its working directory.
	return run(dir, strings.TrimSpace(string(exe)), "component", "wit", "--all-features", "--wasm", ".")
}

func run(dir, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	var stdout, stderr bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%v: %w\n%s", cmd.Args, err, stderr.Bytes())
	}
	return stdout.Bytes(), nil
}

// Digest returns a digest of the names and contents of all files of dir, so that
// a test knows without the compiler whether a binary was made from this text.
func Digest(dir fs.FS) (string, error) {
	h := sha256.New()
	err := fs.WalkDir(dir, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(dir, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "%s %d\n%s", path, len(b), b)
		return err
	})
	if err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
