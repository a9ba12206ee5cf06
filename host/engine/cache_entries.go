package engine

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/sidecall/sidecall/components/evict"
)

// Entry is what a cache of compiled code has of one module.
type Entry struct {
	// Key names it, in 64 digits: what the module's code is made from, and by what.
	Key string
	// Size is that of its files, in bytes.
	Size int64
	// Last is when it was made or used last, exact to an hour or so.
	Last time.Time
}

// removing is what the directory of an entry is called that goes.
const removing = ".removing-"

// Entries lists the entries of a cache, which need not be there yet. Whatever else is in
// the directory is no part of the cache, and never touched.
func Entries(dir string) ([]Entry, error) {
	files, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []Entry
	for _, f := range files {
		if !f.IsDir() || !isKey(f.Name()) {
			continue
		}
		info, err := f.Info()
		if err != nil {
			continue // it is gone
		}
		out = append(out, Entry{Key: f.Name(), Size: evict.Size(filepath.Join(dir, f.Name())), Last: info.ModTime()})
	}
	return out, nil
}

func isKey(name string) bool {
	return len(name) == 64 && strings.Trim(name, "0123456789abcdef") == ""
}

// RemoveEntry removes an entry, at once for those that look for it. Engines that have
// read it go on: they hold copies, or other names of its files.
func RemoveEntry(dir, key string) error {
	if !isKey(key) {
		return errors.New("this is not an entry's key: " + key)
	}
	gone := filepath.Join(dir, removing+rand.Text())
	if err := os.Rename(filepath.Join(dir, key), gone); errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return err
	}
	var err error
	for range 10 { // who was about to make a file in it may do so still
		if err = os.RemoveAll(gone); !errors.Is(err, syscall.ENOTEMPTY) {
			return err
		}
	}
	return nil // SweepEntries removes what is left
}

// SweepEntries removes what RemoveEntry could not finish in a process that was ended.
func SweepEntries(dir string) {
	left, _ := filepath.Glob(filepath.Join(globQuoted(dir), removing+"*"))
	for _, path := range left {
		_ = os.RemoveAll(path) // what is left is tried again
	}
}

var globSpecial = strings.NewReplacer(`*`, `\*`, `?`, `\?`, `[`, `\[`, `\`, `\\`)

func globQuoted(dir string) string {
	if filepath.Separator == '\\' {
		return dir // a backslash quotes nothing there
	}
	return globSpecial.Replace(dir)
}

// Damaged names the files of an entry that are not what they were when they were written.
// Code without a sum is none of them: it is being written, or never was to the end.
func Damaged(dir, key string) (files []string, err error) {
	entry := filepath.Join(dir, key)
	names, err := os.ReadDir(entry)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, err
	}
	for _, f := range names {
		name, ok := strings.CutSuffix(f.Name(), sumSuffix)
		if path := filepath.Join(entry, name); ok && !sound(path) {
			if _, err := os.Lstat(entry); err == nil {
				files = append(files, path)
			}
		}
	}
	return files, nil
}

// used notes that an entry is used, if that is not known already. Where it cannot be noted
// others decide how long the entry stays.
func used(entry string) {
	if info, err := os.Stat(entry); err == nil && evict.Stale(info.ModTime()) {
		now := time.Now()
		_ = os.Chtimes(entry, now, now)
	}
}
