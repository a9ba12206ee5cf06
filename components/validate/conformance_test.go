package validate_test

import (
	"encoding/json"
	"errors"
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

// disagreements are the commands whose expectation is not the specification's, by
// script, with the text of the expectation and the reason.
var disagreements = map[string]map[string]string{}

// TestConformance decides every file of the official scripts: what is expected to
// be valid is, what is not is not, and what is gated is refused by name.
func TestConformance(t *testing.T) {
	n := 0
	eachFile(t, filepath.Join(shared, "conformance"), func(id string, c command, b []byte) {
		n++
		_, err := decodeAndValidate(b)
		checkError(t, id, c, err)
		if c.Group != "sync" {
			return
		}
		switch c.Type {
		case "assert_invalid", "assert_malformed":
			if err == nil {
				t.Errorf("%s:%d: accepted, but: %s", id, c.Line, c.Text)
			}
		default:
			if err != nil {
				t.Errorf("%s:%d: %s: %v", id, c.Line, c.Type, err)
			}
		}
	})
	if n < 1000 {
		t.Errorf("only %d files were found", n)
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
