//go:build unix

package control

import (
	"io/fs"
	"os"
	"syscall"
)

func owned(info fs.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(s.Uid) == os.Geteuid()
}

func closed(info fs.FileInfo) bool { return info.Mode().Perm()&0o077 == 0 }
