//go:build linux

package shim

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/components/evict"
	"github.com/sidecall/sidecall/shim/prepared"
)

// kept is an artifact in the node's cache.
type kept struct {
	artifact string
	used     bool
	last     time.Time // when a container last began or ended to use it
	size     int64     // of its files and all its compiled code, in bytes
}

// pruneEvery is how often what containers do leads to a look at the cache.
const pruneEvery = 10 * time.Minute

// pruneSometimes prunes, if nobody has lately. Nothing depends on its success.
func (n *node) pruneSometimes(ctx context.Context) {
	stamp := filepath.Join(n.dir, "locks", ".pruned")
	if info, err := os.Stat(stamp); err == nil && time.Since(info.ModTime()) < pruneEvery {
		return
	}
	n.prune(ctx)
}

// prune removes, of what no container uses: what is half made and left, artifacts that
// containerd has no image of any more, those unused for longer than the operator wants, and
// then the longest unused ones until the cache is as small, and as much of its file system
// free, as the operator wants. Of compiled code that is in use it removes what another build
// of the program has made and no container runs. If something is being looked for right now,
// the next time is good enough.
func (n *node) prune(ctx context.Context) {
	release, err := lock(filepath.Join(n.dir, "locks", ".collect"), syscall.LOCK_EX|syscall.LOCK_NB)
	if err != nil {
		return
	}
	defer release()
	_ = os.WriteFile(filepath.Join(n.dir, "locks", ".pruned"), nil, 0o600)
	halves, _ := filepath.Glob(filepath.Join(n.dir, "code", making+"*"))
	for _, path := range halves {
		if info, err := os.Stat(path); err == nil && time.Since(info.ModTime()) > 2*prepareTimeout {
			_ = os.RemoveAll(path) // what is left is tried again
		}
	}
	all, total := n.kept()
	limits := n.operator.Cache
	rule := evict.Rule{KeepFor: limits.KeepFor, MaxSize: limits.MaxSize,
		Crowded: func() bool { return n.freePercent() < limits.MinFree }}
	for _, k := range all { // the longest unused first
		switch {
		case k.used:
			n.dropOld(k.artifact)
		case n.gone(ctx, k.artifact) || rule.Goes(k.last, total):
			n.drop(k.artifact)
			total -= k.size
		default:
			n.dropOld(k.artifact)
		}
	}
}

// kept lists what the cache has, the longest unused first, and how large it is.
func (n *node) kept() (all []kept, total int64) {
	sizes := map[string]int64{}
	for _, dir := range []string{"code", "images/files", "uses"} {
		entries, _ := os.ReadDir(filepath.Join(n.dir, dir)) // there may be none yet
		for _, e := range entries {
			if strings.HasPrefix(e.Name(), ".") {
				continue
			}
			artifact, _, _ := strings.Cut(e.Name(), "-")
			sizes[artifact] += evict.Size(filepath.Join(n.dir, dir, e.Name()))
		}
	}
	for artifact, size := range sizes {
		dir := filepath.Join(n.dir, "uses", artifact)
		k := kept{artifact: artifact, size: size}
		if info, err := os.Stat(dir); err == nil {
			k.last = info.ModTime()
		} else if info, err := os.Stat(filepath.Join(n.dir, "images/files", artifact)); err == nil {
			k.last = info.ModTime() // laid out, and then nothing became of it
		}
		k.used = n.inUse(dir) // which may change the directory
		all, total = append(all, k), total+size
	}
	slices.SortFunc(all, func(a, b kept) int { return evict.Order(a.last, a.artifact, b.last, b.artifact) })
	return all, total
}

// freePercent is how much of the cache's file system is free.
func (n *node) freePercent() int {
	var s syscall.Statfs_t
	if err := syscall.Statfs(n.dir, &s); err != nil || s.Blocks == 0 {
		return 100
	}
	return int(s.Bavail * 100 / s.Blocks)
}

// gone tells whether an artifact was an image's, and is none's any more.
func (n *node) gone(ctx context.Context, artifact string) bool {
	if n.has == nil {
		return false
	}
	dir := filepath.Join(n.dir, "sources", artifact)
	namespaces, err := os.ReadDir(dir)
	if err != nil || len(namespaces) == 0 {
		return false // it is from a container's files
	}
	for _, ns := range namespaces {
		text, err := os.ReadFile(filepath.Join(dir, ns.Name()))
		if err != nil {
			return false
		}
		if has, err := n.has(ctx, ns.Name(), digest.Digest(text)); err != nil || has {
			return false
		}
	}
	return true
}

// drop removes all there is of an artifact. What is left is tried again.
func (n *node) drop(artifact string) {
	code, _ := filepath.Glob(filepath.Join(n.dir, "code", artifact+"-*"))
	for _, path := range append(code, filepath.Join(n.dir, "uses", artifact), filepath.Join(n.dir, "sources", artifact)) {
		_ = os.RemoveAll(path)
	}
	_ = n.images().Remove(artifact)
}

// dropOld removes compiled code of an artifact that an older build of the program has made,
// if no container runs it. The newest stays, for the next build to take from.
func (n *node) dropOld(artifact string) {
	code, _ := filepath.Glob(filepath.Join(n.dir, "code", artifact+"-*"))
	if len(code) < 2 {
		return
	}
	run := map[string]bool{n.seed(artifact): true}
	uses, _ := filepath.Glob(filepath.Join(n.dir, "uses", artifact, "*"))
	for _, use := range uses {
		text, err := os.ReadFile(use)
		_, dir, ok := strings.Cut(string(text), "\n")
		if err != nil || !ok || dir == "" {
			return // one of before, of which it is not known, or one that is just beginning
		}
		run[filepath.Join(n.dir, "code", dir)] = true
	}
	for _, dir := range code {
		if !run[dir] {
			_ = os.RemoveAll(dir)
		}
	}
}

// seed is compiled code of an artifact that is there, the newest, or empty.
func (n *node) seed(artifact string) (newest string) {
	all, _ := filepath.Glob(filepath.Join(n.dir, "code", artifact+"-*")) // the pattern is well formed
	var when time.Time
	for _, dir := range all {
		info, err := os.Stat(filepath.Join(dir, prepared.AboutFile))
		if err == nil && info.ModTime().After(when) {
			newest, when = dir, info.ModTime()
		}
	}
	return newest
}

// inUse tells whether a container uses an artifact, of which dir has the uses.
func (n *node) inUse(dir string) bool {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return !os.IsNotExist(err)
	}
	for _, e := range entries {
		path := filepath.Join(dir, e.Name())
		text, err := os.ReadFile(path)
		if err != nil {
			return true
		}
		bundle, _, _ := strings.Cut(string(text), "\n")
		if _, err := os.Stat(bundle); err == nil {
			return true
		}
		_ = os.Remove(path) // its container is gone without a word
	}
	return false
}
