package filesystem

import (
	"io/fs"
	"syscall"
	"time"
)

// detailsOf has no number of the file to give: Windows tells it of open files only.
// The time of creation stands in for it.
func detailsOf(fi fs.FileInfo) details {
	st, ok := fi.Sys().(*syscall.Win32FileAttributeData)
	if !ok {
		return details{links: 1}
	}
	return details{
		inode: uint64(st.CreationTime.Nanoseconds()), links: 1,
		access: time.Unix(0, st.LastAccessTime.Nanoseconds()),
	}
}
