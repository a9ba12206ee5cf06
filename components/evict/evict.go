// Package evict is the rule by which caches become smaller: what has not been used for too
// long goes, and then the longest unused until the rest is small enough. The cache of a
// user and that of a node follow it.
//
// In: when entries were used last, and how large they are. Out: which go. Next:
// cmd/sidecall, shim. Must not import: anything of ours.
package evict

import (
	"cmp"
	"io/fs"
	"path/filepath"
	"time"
)

// Rule says what goes. The zero Rule lets everything stay.
type Rule struct {
	// KeepFor is how long an entry stays after its last use; 0 is for ever.
	KeepFor time.Duration
	// MaxSize is for all entries together, in bytes; 0 is no limit.
	MaxSize int64
	// Crowded, if not nil, tells that there is no room for what is kept, whatever its size.
	Crowded func() bool
}

// Goes tells whether an entry goes that was used last at a time, while all that there is
// has total bytes. It is to be asked of the longest unused entry first.
func (r *Rule) Goes(last time.Time, total int64) bool {
	return r.KeepFor > 0 && time.Since(last) >= r.KeepFor ||
		r.MaxSize > 0 && total > r.MaxSize ||
		r.Crowded != nil && r.Crowded()
}

// Order compares two entries, for a sort that begins with the longest unused, and has the
// same order each time.
func Order(a time.Time, aName string, b time.Time, bName string) int {
	return cmp.Or(a.Compare(b), cmp.Compare(aName, bName))
}

// Size is how much a directory's files take, in bytes. What cannot be read is not counted,
// and no link is followed.
func Size(dir string) (size int64) {
	_ = filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
		if err == nil {
			if info, err := e.Info(); err == nil && info.Mode().IsRegular() {
				size += info.Size()
			}
		}
		return nil
	})
	return size
}

// noteEvery is how exact the time of the last use is: each use of a small entry would else
// be a write to disk.
const noteEvery = time.Hour

// Fresh is how long after its noted use an entry may be in use by a process that has just
// begun to.
const Fresh = 2 * noteEvery

// Stale tells whether a use now is worth noting, of an entry whose last use is noted.
func Stale(noted time.Time) bool { return time.Since(noted) >= noteEvery }
