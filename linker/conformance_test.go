package linker_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
)

const conformance = "../../shared/conformance"

// command is a command of a test script, as far as linking is concerned.
type command struct {
	Type           string
	Line           int
	Group          string
	Filename       string
	BinaryFilename string `json:"binary_filename"`
	Kind           string
	WazeroError    any `json:"wazero_error"`
}

// scripts calls f for every command with a component that is there.
func scripts(t *testing.T, f func(path string, c *command, data []byte)) {
	if _, err := os.Stat(conformance); err != nil {
		t.Skip("the conformance scripts are not beside the repository: ", err)
	}
	err := filepath.WalkDir(conformance, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || d.Name() == "index.json" || d.Name() == "run_tests.json" {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var script struct{ Commands []command }
		if err := json.Unmarshal(text, &script); err != nil {
			return err
		}
		for i := range script.Commands {
			c := &script.Commands[i]
			file := c.BinaryFilename
			if file == "" {
				file = c.Filename
			}
			if c.Kind != "component" || file == "" || !strings.HasSuffix(file, ".wasm") {
				continue
			}
			if data, err := os.ReadFile(filepath.Join(filepath.Dir(path), file)); err == nil {
				f(path, c, data)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestScripts links every valid component of the scripts by itself. Those without
// imports must link, and the plan must be sound; what the scripts call unlinkable
// must not.
func TestScripts(t *testing.T) {
	linked, imports, unlinkable := 0, 0, 0
	scripts(t, func(path string, c *command, data []byte) {
		if c.Group != "sync" {
			return
		}
		switch c.Type {
		case "module", "module_definition", "assert_unlinkable", "assert_uninstantiable":
		default:
			return
		}
		d, err := linker.Define("test", data)
		if err != nil {
			return // the affair of the tests of validation
		}
		p, err := d.Plan(spectest(), linker.Options{})
		var failure *diag.Failure
		switch {
		case errors.As(err, &failure):
			imports++
			if c.Type == "module" && strings.Contains(path, "wasmtime/") {
				t.Logf("%s:%d: %v", path, c.Line, err)
			}
			if c.Type == "assert_unlinkable" {
				unlinkable++
			}
		case err != nil:
			t.Errorf("%s:%d: %v", path, c.Line, err)
		case c.Type == "assert_unlinkable":
			t.Errorf("%s:%d: links, but must not", path, c.Line)
		default:
			linked++
			if err := p.Check(); err != nil {
				t.Errorf("%s:%d: %v", path, c.Line, err)
			}
		}
	})
	t.Logf("%d linked, %d need imports, %d of them unlinkable by the script", linked, imports, unlinkable)
}
