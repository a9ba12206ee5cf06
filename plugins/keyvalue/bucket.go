package keyvalue

import (
	"fmt"
	"strconv"
	"sync"
)

// bucket is behind the resource bucket: a map in memory, whose changes may be written
// to a file. Each function is one step that nobody sees in parts.
type bucket struct {
	limit  int         // bytes
	failed func(error) // is told that a step cannot be written

	mu      sync.Mutex
	log     *log             // guarded by mu: nil if the bucket is in memory only
	entries map[string]entry // guarded by mu
	order   order            // guarded by mu: of the keys
	size    int              // guarded by mu
	changes uint64           // guarded by mu
	looked  int              // guarded by mu: the size of the keys that look was told
}

// entry is a value, when it was set, and when its key was made, by the count of
// changes.
type entry struct {
	value         []byte
	change, began uint64
}

// entryOverhead is what an entry takes beside its key and value.
const entryOverhead = 128

func sizeOf(key string, value []byte) int { return len(key) + len(value) + entryOverhead }

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
	return b.put(pairs...)
}

// put is set for who holds mu.
func (b *bucket) put(pairs ...pair) error {
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
	if size > b.limit && size > b.size { // a file may have more than is allowed now
		return fmt.Errorf("the bucket is full: it holds %d bytes", b.limit)
	}
	if err := b.keep(pairs, nil); err != nil {
		return err
	}
	b.size = size
	for i, p := range pairs {
		if last[p.key] != i {
			continue
		}
		b.changes++
		e := entry{value: p.value, change: b.changes, began: b.changes}
		if old, ok := b.entries[p.key]; ok {
			e.began = old.began
		} else {
			b.order.add(p.key, e.began)
		}
		b.entries[p.key] = e
	}
	return nil
}

// delete deletes all of the keys, or none if that cannot be written.
func (b *bucket) delete(keys ...string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.keep(nil, keys); err != nil {
		return err
	}
	b.remove(keys...)
	return nil
}

func (b *bucket) remove(keys ...string) {
	for _, key := range keys {
		if e, ok := b.entries[key]; ok {
			b.size -= sizeOf(key, e.value)
			delete(b.entries, key)
			b.order.remove(e.began, b.entries)
		}
	}
}

// keep writes a step to the bucket's file, if it has one, before it is done.
func (b *bucket) keep(set []pair, deleted []string) (err error) {
	if b.log == nil {
		return nil
	}
	defer func() {
		if err != nil {
			b.failed(err)
		}
	}()
	if b.log.size > 2*int64(b.size)+rewriteSlack {
		if err := b.log.rewrite(b.all); err != nil {
			return fmt.Errorf("writing the bucket anew: %w", withoutPath(err))
		}
	}
	var changes []change
	for _, p := range set {
		changes = append(changes, change{pair: p})
	}
	for _, key := range deleted {
		if _, ok := b.entries[key]; ok {
			changes = append(changes, change{pair: pair{key: key}, deleted: true})
		}
	}
	if len(changes) == 0 {
		return nil
	}
	if err := b.log.append(changes); err != nil {
		return fmt.Errorf("writing to the bucket's file: %w", withoutPath(err))
	}
	return nil
}

// all yields what there is, in the order of keys.
func (b *bucket) all(yield func(pair) bool) {
	for _, m := range b.order.made {
		if m.alive(b.entries) && !yield(pair{m.key, b.entries[m.key].value}) {
			return
		}
	}
}

// keys returns a page of the keys, in the order in which they were made, those made
// after a change. next is what the following page is after, 0 if there is none.
func (b *bucket) keys(after uint64) (keys []string, next uint64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.order.page(after, b.entries)
}

// increment adds to a number, which is kept in decimal, as other implementations
// of the interface do. A key that is not there counts as 0.
func increment[T int64 | uint64](b *bucket, key string, add func(T) (T, bool), parse func(string) (T, error)) (T, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	var n T
	if old, ok := b.entries[key]; ok {
		var err error
		if n, err = parse(string(old.value)); err != nil {
			return 0, fmt.Errorf("the value of %q is not a number", key)
		}
	}
	n, fits := add(n)
	if !fits {
		return 0, fmt.Errorf("the value of %q becomes too large or too small", key)
	}
	if err := b.put(pair{key, fmt.Append(nil, n)}); err != nil {
		return 0, err
	}
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

// look returns the change that set a key's value, 0 if there is none, and counts the
// key until forget. All such keys may have as much room as the bucket.
func (b *bucket) look(key string) (change uint64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	size := sizeOf(key, nil)
	if b.looked+size > b.limit {
		return 0, fmt.Errorf("too many keys are being compared: they may have %d bytes", b.limit)
	}
	b.looked += size
	return b.entries[key].change, nil
}

func (b *bucket) forget(key string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.looked -= sizeOf(key, nil)
}

// swap sets a value if the key's last change is still the given one.
func (b *bucket) swap(key string, change uint64, value []byte) (swapped bool, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.entries[key].change != change {
		return false, nil
	}
	err = b.put(pair{key, value})
	return err == nil, err
}
