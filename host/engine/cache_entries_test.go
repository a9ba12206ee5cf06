package engine

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Entries are removed while others read and write them: nobody fails, nobody complains.
func TestRemovedWhileUsed(t *testing.T) {
	dir := t.TempDir()
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
			}
			entries, err := Entries(dir)
			if err != nil {
				t.Error(err)
			}
			for _, e := range entries {
				if err := RemoveEntry(dir, e.Key); err != nil {
					t.Error(err)
				}
			}
		}
	}()
	for range 100 {
		if log := compileWith(t, dir, answer(7), 7); strings.Contains(log, `"warn"`) {
			t.Errorf("%s", log)
		}
	}
	close(stop)
	<-done
	SweepEntries(dir)
	if left, _ := filepath.Glob(filepath.Join(dir, removing+"*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A use is noted, but not each; what is no entry is none.
func TestEntries(t *testing.T) {
	dir := t.TempDir()
	compileWith(t, dir, answer(7), 7)
	if err := os.Mkdir(filepath.Join(dir, "images"), 0o700); err != nil {
		t.Fatal(err)
	}
	one := func() Entry {
		t.Helper()
		entries, err := Entries(dir)
		if err != nil || len(entries) != 1 || entries[0].Size == 0 {
			t.Fatalf("%v, %v", entries, err)
		}
		return entries[0]
	}
	for _, age := range []time.Duration{time.Minute, 100 * time.Hour} {
		when := time.Now().Add(-age)
		if err := os.Chtimes(filepath.Join(dir, one().Key), when, when); err != nil {
			t.Fatal(err)
		}
		compileWith(t, dir, answer(7), 7)
		if noted := time.Since(one().Last) < age; noted != (age > time.Hour) {
			t.Errorf("a use %v after the last is noted: %v", age, noted)
		}
	}
	if RemoveEntry(dir, "images") == nil || RemoveEntry(dir, "../x") == nil {
		t.Error("what is no entry can be removed")
	}
}
