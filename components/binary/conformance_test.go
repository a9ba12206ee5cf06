package binary_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/binary"
)

// shared is the folder of data that is not part of the repository.
const shared = "../../../shared"

type command struct {
	Type, Filename, Group, Kind string
	Line                        int
	BinaryFilename              string `json:"binary_filename"`
	ModuleType                  string `json:"module_type"`
}

// eachFile calls f with every component file of the conformance scripts.
func eachFile(t testing.TB, f func(id string, c command, b []byte)) {
	t.Helper()
	dir := filepath.Join(shared, "conformance")
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the conformance data is not here: %v", err)
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
		if err := json.Unmarshal(text, &script); err != nil {
			return err
		}
		for _, c := range script.Commands {
			name := c.Filename
			if c.BinaryFilename != "" {
				name = c.BinaryFilename
			} else if c.ModuleType != "binary" {
				continue
			}
			b, err := os.ReadFile(filepath.Join(filepath.Dir(path), name))
			if err != nil || c.Kind != "component" {
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

// inCoreModule lists the malformed files whose fault lies inside a core module,
// which this package hands on unread.
var inCoreModule = map[string]int{
	"component-model/binary/binary/binary.json": 200,
}

func TestConformance(t *testing.T) {
	n := 0
	eachFile(t, func(id string, c command, b []byte) {
		n++
		_, err := binary.Decode(b)
		var e *binary.Error
		if err != nil && !errors.As(err, &e) {
			t.Errorf("%s:%d: error of type %T", id, c.Line, err)
		}
		switch {
		case c.Type == "assert_malformed" && inCoreModule[id] == c.Line:
		case c.Type == "assert_malformed" && c.Group == "sync" && err == nil:
			t.Errorf("%s:%d: malformed, but decoded", id, c.Line)
		case strings.HasPrefix(c.Type, "module") && c.Group == "sync" && err != nil:
			t.Errorf("%s:%d: %v", id, c.Line, err)
		case c.Type != "assert_malformed" && err != nil:
			t.Logf("%s:%d: %s %s %v", id, c.Line, c.Group, c.Type, err)
		}
	})
	if n < 1000 {
		t.Errorf("only %d files were found", n)
	}
}

func TestGuests(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(shared, "guests/components/*.wasm"))
	if len(files) == 0 {
		t.Skip("the guest components are not here")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := binary.Decode(b)
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.Size != len(b) || len(c.Defs) == 0 {
			t.Errorf("%s: size %d of %d, %d definitions", file, c.Size, len(b), len(c.Defs))
		}
	}
}
