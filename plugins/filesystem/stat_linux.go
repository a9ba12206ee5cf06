package filesystem

import (
	"io/fs"
	"syscall"
	"time"
)

func detailsOf(fi fs.FileInfo) details {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return details{links: 1}
	}
	return details{
		device: uint64(st.Dev), inode: st.Ino, links: uint64(st.Nlink),
		access: time.Unix(st.Atim.Unix()), status: time.Unix(st.Ctim.Unix()),
	}
}
