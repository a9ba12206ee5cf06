package keyvalue

import "sort"

// order is the keys of a bucket in the order in which they were made. A cursor is
// when a key was made: whatever is set or deleted between two pages, no key that was
// there all the time is left out, or listed twice, and no page costs more for there
// being many keys. A sorted order would make every new key cost that.
type order struct {
	made []made
	dead int // how many of made are not keys any more
}

// made is a key and when it was made, by the count of changes.
type made struct {
	key   string
	began uint64
}

// pageSize is how many keys list-keys returns at a time.
const pageSize = 1000

func (o *order) add(key string, began uint64) { o.made = append(o.made, made{key, began}) }

// remove notes that the key that was made then is gone. When that are many, they are
// left out, so that a page does not have to look at more than a few. Until then only
// the places of keys are kept, as the bucket's limit does not count them.
func (o *order) remove(began uint64, entries map[string]entry) {
	o.made[o.after(began-1)].key = ""
	o.dead++
	if o.dead <= max(pageSize, len(entries)/4) {
		return
	}
	alive := make([]made, 0, len(entries))
	for _, m := range o.made {
		if m.alive(entries) {
			alive = append(alive, m)
		}
	}
	o.made, o.dead = alive, 0
}

// after is the place of the first key made after a change.
func (o *order) after(change uint64) int {
	return sort.Search(len(o.made), func(i int) bool { return o.made[i].began > change })
}

// alive reports whether the key is still there, and not there again.
func (m made) alive(entries map[string]entry) bool {
	e, ok := entries[m.key]
	return ok && e.began == m.began
}

// page returns keys made after a change, and the change that the last of them was
// made by if there are more, else 0.
func (o *order) page(after uint64, entries map[string]entry) (keys []string, next uint64) {
	var last uint64
	for _, m := range o.made[o.after(after):] {
		if !m.alive(entries) {
			continue
		}
		if len(keys) == pageSize {
			return keys, last
		}
		keys, last = append(keys, m.key), m.began
	}
	return keys, 0
}
