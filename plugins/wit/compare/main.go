// Command compare checks our WIT text against the WASI declarations that the npm
// package @bytecodealliance/jco ships: compiled with the same worlds, both must
// make the same bytes, so every name, every type and their order are the same.
//
// It downloads that one package with npm. Usage, from anywhere in the module:
//
//	go run ./plugins/wit/compare plugins/wit/text
package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/sidecall/sidecall/plugins/wit/compile"
)

const (
	jco     = "@bytecodealliance/jco@1.35.0"
	theirs  = "package/lib/wit/builtin/0.2.12" // in the npm package
	guestIs = `package sidecall:plugins;
world guest {
  export wasi:cli/run@0.2.12;
  export wasi:http/incoming-handler@0.2.12;
}
`
)

var errDiffer = errors.New("our text and that of " + jco + " compile to different bytes")

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: compare plugins/wit/text")
		os.Exit(2)
	}
	if err := compare(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "compare:", err)
		os.Exit(1)
	}
	fmt.Println("WIT text and", jco, "are the same")
}

func compare(text string) error {
	tmp, err := os.MkdirTemp("", "wit")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := download(tmp); err != nil {
		return err
	}
	ours, err := compileWith(filepath.Join(tmp, "ours"), text, func(pkg string) string {
		return filepath.Join(text, "deps", pkg)
	})
	if err != nil {
		return err
	}
	other, err := compileWith(filepath.Join(tmp, "theirs"), text, func(pkg string) string {
		return filepath.Join(tmp, theirs, "wasi-"+pkg)
	})
	if err != nil {
		return err
	}
	if !bytes.Equal(ours, other) {
		return errDiffer
	}
	return nil
}

func download(dir string) error {
	for _, args := range [][]string{
		{"npm", "pack", "--silent", jco},
		{"tar", "-xzf", "bytecodealliance-jco-1.35.0.tgz"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", strings.Join(args, " "), err)
		}
	}
	return nil
}

// compileWith compiles our worlds, and one that exports what guests export, with
// the packages that source finds. Only WASI's own packages are compared.
func compileWith(dir, text string, source func(pkg string) string) ([]byte, error) {
	world, err := os.ReadFile(filepath.Join(text, "host.wit"))
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Join(dir, "deps"), 0o777); err != nil {
		return nil, err
	}
	for name, content := range map[string][]byte{"host.wit": onlyWASI(world), "guest.wit": []byte(guestIs)} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o666); err != nil {
			return nil, err
		}
	}
	for _, pkg := range []string{"io", "clocks", "random", "cli", "filesystem", "sockets", "http"} {
		if err := os.CopyFS(filepath.Join(dir, "deps", pkg), os.DirFS(source(pkg))); err != nil {
			return nil, err
		}
	}
	return compile.WIT(dir)
}

// onlyWASI leaves out the imports of packages that are not WASI 0.2.
func onlyWASI(world []byte) []byte {
	var out []byte
	for line := range bytes.Lines(world) {
		if !bytes.Contains(line, []byte("import ")) || bytes.Contains(line, []byte("@0.2.12;")) {
			out = append(out, line...)
		}
	}
	return out
}
