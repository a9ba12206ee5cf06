package manifest

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
)

// fileNames are the names under which a manifest is looked for in a directory.
var fileNames = [...]string{"sidecall.yaml", "sidecall.yml"}

// In tells whether a directory has a manifest of its own.
func In(dir string) bool {
	for _, name := range fileNames {
		if _, err := os.Stat(filepath.Join(dir, name)); err == nil {
			return true
		}
	}
	return false
}

// Load reads the manifest at path: a file, or a directory that holds sidecall.yaml
// or sidecall.yml. The Manifest is nil if the list has errors.
func Load(path string, opt Options) (*Manifest, diag.List) {
	data, file, err := read(path)
	if err != nil {
		return nil, diag.List{*err}
	}
	return Decode(data, file, opt)
}

func read(path string) ([]byte, string, *diag.Diagnostic) {
	problem := func(hint, format string, args ...any) *diag.Diagnostic {
		return &diag.Diagnostic{Stage: diag.Manifest, Pos: diag.Pos{File: path}, Message: fmt.Sprintf(format, args...), Hint: hint}
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, "", problem("", "no such manifest")
	case err != nil:
		return nil, "", problem("", "cannot read the manifest: %v", cause(err))
	}
	if info.IsDir() {
		dir := path
		for _, name := range fileNames {
			path = filepath.Join(dir, name)
			if info, err = os.Stat(path); err == nil {
				break
			}
		}
		if err != nil {
			path = dir
			return nil, "", problem("name the manifest "+fileNames[0]+", or give its path", "the directory has no %s", strings.Join(fileNames[:], " or "))
		}
	}
	if !info.Mode().IsRegular() {
		return nil, "", problem("", "the manifest is not a regular file")
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, "", problem("", "cannot read the manifest: %v", cause(err))
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, "", problem("", "cannot read the manifest: %v", cause(err))
	}
	return data, path, nil
}

// cause strips the path, which stands before the message already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
