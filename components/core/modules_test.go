package core

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// shared is where guests and conformance data lie, beside the repository.
const shared = "../../../shared"

type namedModule struct {
	name string
	b    []byte
}

// sharedModules finds every core module, also inside components, below the given folders of shared.
func sharedModules(t testing.TB, folders ...string) []namedModule {
	t.Helper()
	var found []namedModule
	for _, folder := range folders {
		dir := filepath.Join(shared, folder)
		if _, err := os.Stat(dir); err != nil {
			t.Skipf("no data beside the repository: %v", err)
		}
		err := filepath.WalkDir(dir, func(path string, e os.DirEntry, err error) error {
			if err != nil || e.IsDir() || !strings.HasSuffix(path, ".wasm") {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			name := strings.TrimPrefix(path, dir+"/")
			found = append(found, coreModules(name, b)...)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// coreModules lists the core modules in a file: the file itself, or those of a component and the
// components inside it. Sections that do not parse end the search.
func coreModules(name string, b []byte) []namedModule {
	if len(b) < 8 || string(b[:4]) != magic {
		return nil
	}
	if string(b[4:8]) == version {
		return []namedModule{{name, b}}
	}
	var found []namedModule
	r := reader{b: b, pos: 8}
	for r.left() > 0 {
		id := r.byte()
		body := r.bytes(int(r.u32()))
		if r.err != nil {
			break
		}
		if id == 1 || id == 4 {
			found = append(found, coreModules(name+"#", body)...)
		}
	}
	return found
}
