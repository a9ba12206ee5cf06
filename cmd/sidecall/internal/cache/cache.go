// Package cache looks after what sidecall keeps on a user's disk between runs: compiled
// code, and images.
//
// In: the directory, and how much may stay. Out: what is there, what went, what is damaged.
// Next: cli. Must not import: linker, shim.
package cache

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/sidecall/sidecall/components/evict"
	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/host/engine"
)

// Kinds of entries.
const (
	Code  = "code"  // compiled code of a module
	Image = "image" // an image, from a registry or a file
	Blob  = "blob"  // a blob of no image
)

// Entry is one thing that the cache has.
type Entry struct {
	Kind string `json:"kind"`
	// ID is the key of code, or the digest of an image or a blob.
	ID string `json:"id"`
	// Size is in bytes.
	Size int64 `json:"size"`
	// LastUsed is when it was made or used last, exact to an hour or so.
	LastUsed time.Time `json:"lastUsed"`
	// Of is what it belongs to: names of images, or composition and module; may be empty.
	Of []string `json:"of"`

	image store.Kept
}

// Cache is a directory: entries of compiled code, images, and of what the code is.
type Cache struct {
	dir    string
	images *store.Store
}

// Open returns the cache in dir, which need not be there.
func Open(dir string) *Cache {
	return &Cache{dir: dir, images: Images(dir)}
}

// Images is where the cache in dir keeps images.
func Images(dir string) *store.Store { return store.Open(filepath.Join(dir, imagesDir)) }

// imagesDir is where images are kept in a cache.
const imagesDir = "images"

// List returns all entries, the longest unused first. What cannot be read is an error, what
// could be comes with it.
func (c *Cache) List() ([]Entry, error) {
	code, codeErr := engine.Entries(c.dir)
	images, imagesErr := c.images.List()
	var out []Entry
	for _, e := range code {
		out = append(out, Entry{Kind: Code, ID: e.Key, Size: e.Size, LastUsed: e.Last, Of: c.belongs(e.Key)})
	}
	for _, k := range images {
		e := Entry{Kind: Image, ID: k.Digest.String(), Size: k.Size, LastUsed: k.Last, Of: k.Names, image: k}
		if k.Loose {
			e.Kind = Blob
		}
		if e.Of == nil {
			e.Of = []string{}
		}
		out = append(out, e)
	}
	slices.SortFunc(out, func(a, b Entry) int { return evict.Order(a.LastUsed, a.ID, b.LastUsed, b.ID) })
	return out, errors.Join(codeErr, imagesErr)
}

// Total is the size of entries together, in bytes.
func Total(entries []Entry) (total int64) {
	for _, e := range entries {
		total += e.Size
	}
	return total
}

// Prune removes what rule lets go, or all, and returns it. Images that may be in use right
// now stay, unless all goes. With dry it only says what would go. What cannot be removed is
// an error, and the rest goes on; when ctx ends it stops.
func (c *Cache) Prune(ctx context.Context, rule evict.Rule, all, dry bool) (gone []Entry, err error) {
	entries, err := c.List()
	fresh := evict.Fresh
	if all {
		fresh = 0
	}
	if !dry {
		engine.SweepEntries(c.dir)
	}
	total := Total(entries)
	failed, first := 0, error(nil)
	for _, e := range entries {
		if ctx.Err() != nil {
			return gone, errors.Join(err, context.Cause(ctx))
		}
		if !all && (!rule.Goes(e.LastUsed, total) || e.Kind != Code && time.Since(e.LastUsed) < fresh) {
			continue
		}
		if !dry {
			if bad := c.remove(e, fresh); bad != nil {
				if failed++; failed == 1 {
					first = bad // the others' say the same, and there may be thousands
				}
				continue
			}
		}
		gone, total = append(gone, e), total-e.Size
	}
	if failed > 0 {
		err = errors.Join(err, fmt.Errorf("%d of %d entries of the cache cannot be removed: %w", failed, len(entries), first))
	}
	return gone, err
}

func (c *Cache) remove(e Entry, fresh time.Duration) error {
	if e.Kind != Code {
		return c.images.Drop(e.image, fresh)
	}
	if err := engine.RemoveEntry(c.dir, e.ID); err != nil {
		return err
	}
	_ = os.Remove(c.note(e.ID)) // there may be none
	return nil
}

// Finding is a file that is not what it was when it was written.
type Finding struct {
	// File is its path.
	File string `json:"file"`
	// Of is what it belongs to, may be empty.
	Of []string `json:"of"`
	// Removed tells that it has been removed.
	Removed bool `json:"removed"`
}

// Verify compares code with its sums and images with their digests. With remove what is
// damaged goes, and is made or fetched again when it is needed.
func (c *Cache) Verify(remove bool) (checked int, found []Finding, err error) {
	entries, err := c.List()
	for _, e := range entries {
		checked++
		if e.Kind != Code {
			continue
		}
		files, bad := engine.Damaged(c.dir, e.ID)
		err = errors.Join(err, bad)
		if len(files) == 0 {
			continue
		}
		removed := false
		if remove {
			bad := c.remove(e, 0)
			removed, err = bad == nil, errors.Join(err, bad)
		}
		for _, f := range files {
			found = append(found, Finding{File: f, Of: e.Of, Removed: removed})
		}
	}
	names, bad := c.images.Damaged(remove)
	for _, name := range names {
		found = append(found, Finding{File: filepath.Join(c.dir, imagesDir, filepath.FromSlash(name)), Of: []string{}, Removed: remove && bad == nil})
	}
	return checked, found, errors.Join(err, bad)
}

// maxNote bounds what is noted of an entry, in bytes.
const maxNote = 256

// note is the file that says what an entry of code belongs to. It is beside the entries:
// what is in them is checked by others, who know of code and sums only.
func (c *Cache) note(key string) string { return filepath.Join(c.dir, "belongs", key) }

// Note keeps what an entry of code belongs to: composition and module. Nothing depends on it.
func (c *Cache) Note(key, of string) {
	path := c.note(key)
	if os.MkdirAll(filepath.Dir(path), 0o755) == nil {
		_ = os.WriteFile(path, []byte(of[:min(len(of), maxNote)]), 0o644)
	}
}

func (c *Cache) belongs(key string) []string {
	info, err := os.Lstat(c.note(key))
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxNote {
		return []string{}
	}
	text, err := os.ReadFile(c.note(key))
	if err != nil || len(text) == 0 {
		return []string{}
	}
	return []string{strings.ToValidUTF8(string(text), "?")}
}

// tidyEvery is how often what is written to the cache leads to a look at its size.
const tidyEvery = 10 * time.Minute

// Tidy prunes the cache to max bytes, if nobody has lately. ctx bounds it; what it could not
// finish is for who writes next.
func (c *Cache) Tidy(ctx context.Context, max int64) (gone []Entry, err error) {
	stamp := filepath.Join(c.dir, ".tidied")
	if info, err := os.Stat(stamp); err == nil && time.Since(info.ModTime()) < tidyEvery || max == 0 {
		return nil, nil
	}
	now := time.Now()
	if err := os.Chtimes(stamp, now, now); err != nil {
		err := os.WriteFile(stamp, nil, 0o644)
		if err != nil && !errors.Is(err, syscall.ENOSPC) { // on a full disk more than ever
			return nil, fmt.Errorf("the cache is only read: %w", err)
		}
	}
	gone, err = c.Prune(ctx, evict.Rule{MaxSize: max}, false, false)
	if ctx.Err() != nil {
		_ = os.Remove(stamp)
	}
	return gone, err
}
