//go:build unix

package server

import (
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rs/zerolog"
)

// TestCertificateIsPipe: a pipe is refused, where reading it would wait for ever.
func TestCertificateIsPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "cert.pem")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Certificate(pipe, pipe, zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "cert.pem is not a regular file") {
		t.Errorf("got %v", err)
	}
}
