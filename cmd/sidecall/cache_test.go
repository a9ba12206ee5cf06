package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// damageCache changes a byte of the code of a module and of a blob of an image.
func damageCache(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	sums, _ := filepath.Glob(filepath.Join(dir, "*", "*.sum"))
	blobs, _ := filepath.Glob(filepath.Join(dir, "images", "blobs", "sha256", "*"))
	if len(sums) == 0 || len(blobs) == 0 {
		ts.Fatalf("%s has no code or no blobs", dir)
	}
	for _, path := range []string{strings.TrimSuffix(sums[0], ".sum"), blobs[0]} {
		data, err := os.ReadFile(path)
		ts.Check(err)
		data[len(data)/2] ^= 1
		ts.Check(os.Chmod(path, 0o644))
		ts.Check(os.WriteFile(path, data, 0o644))
	}
}

// ageCache makes all that is in a cache as old as a duration says.
func ageCache(ts *testscript.TestScript, _ bool, args []string) {
	age, err := time.ParseDuration(args[1])
	ts.Check(err)
	when := time.Now().Add(-age)
	ts.Check(filepath.WalkDir(ts.MkAbs(args[0]), func(path string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chtimes(path, when, when)
	}))
}
