//go:build unix

package cli

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

// TestRelativeHome: code and images are never taken from the working directory, which
// somebody else may have written.
func TestRelativeHome(t *testing.T) {
	t.Chdir(t.TempDir())
	t.Setenv("XDG_CACHE_HOME", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("HOME", "here")
	a := newApp(nil, &bytes.Buffer{}, &bytes.Buffer{})
	if dir, err := a.cacheRoot(); err == nil || !strings.Contains(err.Error(), "is relative") {
		t.Errorf("%q, %v", dir, err)
	}
	if dir := a.cacheDir(); dir != "" {
		t.Errorf("code is kept in %s", dir)
	}
	if _, err := os.Stat("here"); err == nil {
		t.Error("something was made in the working directory")
	}
}
