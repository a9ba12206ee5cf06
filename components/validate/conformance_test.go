package validate_test

import (
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/validate"
)

// shared is the folder of data that is not part of the repository.
const shared = "../../../shared"

type command struct {
	Type, Filename, Group, Kind, Text string
	Line                              int
	BinaryFilename                    string `json:"binary_filename"`
	ModuleType                        string `json:"module_type"`
	WazeroError                       string `json:"wazero_error"`
}

// eachFile calls f with every component of the scripts below a folder.
func eachFile(t testing.TB, dir string, f func(id string, c command, b []byte)) {
	t.Helper()
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the scripts are not here: %v", err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".json") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var script struct{ Commands []command }
		if json.Unmarshal(text, &script) != nil {
			return nil
		}
		for _, c := range script.Commands {
			name := c.Filename
			if c.BinaryFilename != "" {
				name = c.BinaryFilename
			} else if c.ModuleType != "binary" {
				continue
			}
			b, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
			if err != nil || c.Kind == "module" {
				continue
			}
			rel, _ := filepath.Rel(dir, path)
			f(rel, c, b)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func decodeAndValidate(b []byte) (*validate.Typed, error) {
	c, err := binary.Decode(b)
	if err != nil {
		return nil, err
	}
	return validate.Component(c, validate.Options{})
}

// scripts is a folder of more scripts in the same format, which have no groups.
var scripts = flag.String("scripts", "", "also decide the scripts in this folder")

// TestMoreScripts decides scripts whose commands have no group: what is refused
// for a feature passes.
func TestMoreScripts(t *testing.T) {
	if *scripts == "" {
		t.Skip("no folder was given by -scripts")
	}
	gated := map[string]int{}
	eachFile(t, *scripts, func(id string, c command, b []byte) {
		_, err := decodeAndValidate(b)
		checkError(t, id, c, err)
		switch {
		case c.Type == "assert_invalid" || c.Type == "assert_malformed":
			if err == nil {
				t.Errorf("%s:%d: accepted, but: %s", id, c.Line, c.Text)
			}
		case err != nil && strings.Contains(err.Error(), "not supported"):
			gated[id]++
			t.Logf("%s:%d: %v", id, c.Line, err)
		case err != nil:
			t.Errorf("%s:%d: %s: %v", id, c.Line, c.Type, err)
		}
	})
	for id, n := range gated {
		t.Logf("%s: %d refused for a feature", id, n)
	}
}

// TestConformance decides every file of the official scripts: what is expected to
// be valid is, what is not is not, and what is gated is refused by name.
func TestConformance(t *testing.T) {
	n := 0
	eachFile(t, filepath.Join(shared, "conformance"), func(id string, c command, b []byte) {
		n++
		typed, err := decodeAndValidate(b)
		checkError(t, id, c, err)
		if c.Group != "sync" {
			checkGated(t, id, c, err)
			return
		}
		switch c.Type {
		case "assert_invalid", "assert_malformed":
			if err == nil {
				err = validate.Standalone(typed)
			}
			if err == nil {
				t.Errorf("%s:%d: accepted, but: %s", id, c.Line, c.Text)
			}
		default:
			if err != nil && c.WazeroError == "" {
				t.Errorf("%s:%d: %s: %v", id, c.Line, c.Type, err)
			}
		}
	})
	if n < 1000 {
		t.Errorf("only %d files were found", n)
	}
}

// ungated are modules in groups that are gated for their script's sake, which use
// nothing that is: older text forms, and files that merely have a gated neighbour.
var ungated = map[string]bool{
	"wasm-tools/component-model/legacy-indices/legacy-indices.json":                       true,
	"wasm-tools/component-model/options/options.json":                                     true,
	"wasm-tools/component-model/shared-everything-threads/not-accepted/not-accepted.json": true,
}

// checkGated checks that a component which uses a gated feature is refused for it.
func checkGated(t *testing.T, id string, c command, err error) {
	t.Helper()
	if c.Group == "disabled" || c.Type != "module" && c.Type != "module_definition" {
		return
	}
	var e *validate.Error
	switch {
	case err == nil && !ungated[id]:
		t.Errorf("%s:%d: %s, but accepted", id, c.Line, c.Group)
	case err != nil && !(errors.As(err, &e) && e.Feature != "") && !strings.Contains(err.Error(), "not supported"):
		t.Errorf("%s:%d: %s, and the error names no feature: %v", id, c.Line, c.Group, err)
	}
}

// checkError checks what every error must be.
func checkError(t *testing.T, id string, c command, err error) {
	t.Helper()
	if err == nil {
		return
	}
	var ve *validate.Error
	var be *binary.Error
	if !errors.As(err, &ve) && !errors.As(err, &be) {
		t.Errorf("%s:%d: an error of type %T", id, c.Line, err)
	}
	if len(err.Error()) > 20_000 {
		t.Errorf("%s:%d: a message of %d bytes", id, c.Line, len(err.Error()))
	}
}
