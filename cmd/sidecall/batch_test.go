package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestEarlierBatch runs a component that was built with wasi:keyvalue/batch@0.2.0-draft2 as
// it was before get-many changed, without another name. Example 05 has it as it is.
func TestEarlierBatch(t *testing.T) {
	guest, err := filepath.Abs("testdata/batch/batch.wasm")
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "sidecall.yaml")
	text := "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents: { app: { file: " +
		filepath.ToSlash(guest) + ", allow: { keyvalue: [b] } } }\n"
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("sidecall", "run", file).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
