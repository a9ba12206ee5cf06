package keyvalue

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// bucket is behind the resource bucket: a map in memory. Each function is one step
// that nobody sees in parts.
type bucket struct {
	mu      sync.Mutex
	entries map[string]entry // guarded by mu
	size    int              // guarded by mu
	changes uint64           // guarded by mu
}

// entry is a value and when it was set, by the count of changes.
type entry struct {
	value  []byte
	change uint64
}

const (
	// bucketLimit is how many bytes a bucket holds.
	bucketLimit = 64 << 20
	// entryOverhead is what an entry takes beside its key and value.
	entryOverhead = 64
	// page is how many keys list-keys returns at a time.
	page = 1000
)

var errFull = errors.New("the bucket is full: it holds 64 MiB")

func (b *bucket) get(key string) (value []byte, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[key]
	return e.value, ok
}

// pair is a key and its value.
type pair struct {
	key   string
	value []byte
}

// set sets all of the pairs, or none if there is no room.
func (b *bucket) set(pairs ...pair) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := b.size
	last := make(map[string]int, len(pairs)) // the last one of a key counts
	for i, p := range pairs {
		last[p.key] = i
	}
	for key, i := range last {
		if old, ok := b.entries[key]; ok {
			size -= sizeOf(key, old.value)
		}
		size += sizeOf(key, pairs[i].value)
	}
	if size > bucketLimit {
		return errFull
	}
	b.size = size
	b.changes++
	for key, i := range last {
		b.entries[key] = entry{pairs[i].value, b.changes}
	}
	return nil
}

func sizeOf(key string, value []byte) int { return len(key) + len(value) + entryOverhead }

func (b *bucket) delete(keys ...string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changes++
	for _, key := range keys {
		if e, ok := b.entries[key]; ok {
			b.size -= sizeOf(key, e.value)
			delete(b.entries, key)
		}
	}
}

// keys returns a page of the keys in order, those after skip and from number offset
// on, and whether there are more.
func (b *bucket) keys(after *string, offset uint64) (keys []string, more bool) {
	b.mu.Lock()
	for key := range b.entries {
		if after == nil || key > *after {
			keys = append(keys, key)
		}
	}
	b.mu.Unlock()
	slices.Sort(keys)
	keys = keys[min(offset, uint64(len(keys))):]
	if len(keys) > page {
		return keys[:page], true
	}
	return keys, false
}

// increment adds to a number, which is kept in decimal, as other implementations
// of the interface do. A key that is not there counts as 0.
func increment[T int64 | uint64](b *bucket, key string, add func(T) (T, bool), parse func(string) (T, error)) (T, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var n T
	old, ok := b.entries[key]
	if ok {
		var err error
		if n, err = parse(string(old.value)); err != nil {
			return 0, fmt.Errorf("the value of %q is not a number", key)
		}
	}
	n, fits := add(n)
	if !fits {
		return 0, fmt.Errorf("the value of %q becomes too large or too small", key)
	}
	value := fmt.Append(nil, n)
	size := b.size + sizeOf(key, value)
	if ok {
		size -= sizeOf(key, old.value)
	}
	if size > bucketLimit {
		return 0, errFull
	}
	b.size = size
	b.changes++
	b.entries[key] = entry{value, b.changes}
	return n, nil
}

func incrementUnsigned(b *bucket, key string, delta uint64) (uint64, error) {
	return increment(b, key,
		func(n uint64) (uint64, bool) { return n + delta, n+delta >= n },
		func(s string) (uint64, error) { return strconv.ParseUint(s, 10, 64) })
}

func incrementSigned(b *bucket, key string, delta int64) (int64, error) {
	return increment(b, key,
		func(n int64) (int64, bool) { return n + delta, (n+delta > n) == (delta > 0) },
		func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) })
}

// version returns a value and the change that set it, 0 if there is none.
func (b *bucket) version(key string) (value []byte, ok bool, change uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, ok := b.entries[key]
	return e.value, ok, e.change
}

// swap sets a value if the key's last change is still the given one.
func (b *bucket) swap(key string, change uint64, value []byte) (swapped bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	old, ok := b.entries[key]
	if old.change != change {
		return false, nil
	}
	size := b.size + sizeOf(key, value)
	if ok {
		size -= sizeOf(key, old.value)
	}
	if size > bucketLimit {
		return false, errFull
	}
	b.size = size
	b.changes++
	b.entries[key] = entry{value, b.changes}
	return true, nil
}
