package engine

import (
	"sync"

	"github.com/sidecall/sidecall/host/budget"
)

// reservation is address space for a memory.
type reservation struct {
	// buf's address never changes, unless movable is set: then it is on Go's heap.
	// Bytes from used on are as they are in a memory that maps base.
	buf     []byte
	movable bool
	// base is the image that is mapped; nil if none is, and zeros are there.
	base *Image
	used uint64
	// bad is set when the system refused something halfway.
	bad bool
	// kept is how many bytes of written pages a pooled reservation has taken of the
	// quota of memory.
	kept uint64
}

// mappings is how many a reservation can be of: an image in its middle cuts it in three.
func mappings(base *Image) uint64 {
	if base == nil {
		return 1
	}
	return 3
}

const (
	// rewriteAtMost is the number of bytes up to which a used memory is written
	// anew, without asking which of its pages were written to. To write them takes 1
	// to 3 µs, to ask 1 µs and 40 ns a page.
	rewriteAtMost = 128 << 10
	// clearAtMost is the same where the system cannot tell. To write a MiB takes 6 to
	// 24 µs, to fault in one page 2 µs.
	clearAtMost = 1 << 20
	// keepIdle and keepReset are how many bytes of written pages a reservation keeps,
	// one in the pool and one of an instance that is used again; the others go back to
	// the system. To write a page anew takes 60 ns, to fault it in again 1.7 µs.
	keepIdle  = 1 << 20
	keepReset = 4 << 20
)

// restore makes the memory's content base's again. keep bounds the bytes of pages
// that are written anew rather than given back; kept is how many that were. If it
// fails, the reservation is to be released.
func (r *reservation) restore(s *scanner, keep uint64) (kept uint64, ok bool) {
	n := r.used
	if n == 0 {
		return 0, true
	}
	r.used = 0
	if n <= rewriteAtMost || r.movable {
		r.base.rewrite(r.buf, 0, n)
		return n, true
	}
	// The first page that is too much, and all behind it, go back.
	rest := n
	known := s.scan(r.buf[:n], r.base, func(from, to uint64) {
		switch {
		case rest < n:
		case kept+to-from > keep:
			rest = from
		default:
			r.base.rewrite(r.buf, from, to)
			kept += to - from
		}
	})
	if !known && n <= clearAtMost {
		r.base.rewrite(r.buf, 0, n)
		return n, true
	}
	if !known {
		kept, rest = 0, 0
	}
	r.bad = rest < n && !discard(r.buf[rest:n])
	return kept, !r.bad
}

// rebase makes the memory map another image, or none.
func (r *reservation) rebase(q *budget.Process, i *Image) bool {
	if r.base == i {
		return true
	}
	if r.movable || q.Mappings.Take(mappings(i)) != nil {
		return false
	}
	q.Mappings.Give(mappings(r.base))
	if r.bad = !remap(r.buf, i, false); r.bad {
		r.base = i // which it is charged for
		return false
	}
	r.base, r.used = i, 0
	return true
}

// pool keeps reservations of address space for the next instances.
type pool struct {
	scanner scanner
	quotas  *budget.Process
	mu      sync.Mutex
	// idle are reservations, by what is asked for. guarded by mu
	idle   map[reservationKey][]reservation
	count  int
	closed bool
}

type reservationKey struct {
	size uint64
	base *Image
}

// poolSize is how many reservations are kept: enough for several compositions'
// instances at once, few enough to mean nothing to the limit on mappings.
const poolSize = 256

// get returns an empty memory that can grow up to most bytes, and has the image's
// content when it gets its initial size, which is at least the image's.
func (p *pool) get(most uint64, i *Image, b *Budget) (*Memory, error) {
	most &^= pageSize - 1
	m := &Memory{budget: b, image: i, max: most}
	if most == 0 {
		return m, nil
	}
	base := i.mapped()
	if base != nil && base.at+uint64(len(base.view)) > most {
		base = nil // it does not fit, which is told when the memory is given its size
	}
	if r, ok := p.take(reservationKey{most, base}); ok {
		if _, ok := r.restore(&p.scanner, keepIdle); ok {
			m.reservation = r
			return m, nil
		}
		p.release(&r)
	}
	r, err := p.reserve(most, base)
	m.reservation = r
	return m, err
}

// reserve makes a reservation, which counts until it is released.
func (p *pool) reserve(size uint64, base *Image) (r reservation, err error) {
	if err := p.quotas.Mappings.Take(mappings(base)); err != nil {
		return r, err
	}
	if err := p.quotas.AddressSpace.Take(size); err != nil {
		p.quotas.Mappings.Give(mappings(base))
		return r, err
	}
	r.buf, r.movable, err = reserve(size)
	if err != nil {
		// Others may use up what the budget knows nothing of: what waits is in the way now.
		p.empty()
		r.buf, r.movable, err = reserve(size)
	}
	if err != nil || r.movable {
		p.uncharge(size, base)
		return r, err
	}
	if r.base = base; base == nil || remap(r.buf, base, true) {
		return r, nil
	}
	p.release(&r)
	return p.reserve(size, nil) // the image is copied
}

// release gives a reservation back to the system.
func (p *pool) release(r *reservation) {
	if r.movable || r.buf == nil {
		return
	}
	release(r.buf)
	p.uncharge(uint64(len(r.buf)), r.base)
	p.quotas.Memory.Give(r.kept)
	*r = reservation{}
}

func (p *pool) uncharge(size uint64, base *Image) {
	p.quotas.Mappings.Give(mappings(base))
	p.quotas.AddressSpace.Give(size)
}

func (p *pool) take(k reservationKey) (r reservation, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.idle[k]
	if len(idle) == 0 {
		return r, false
	}
	r = idle[len(idle)-1]
	p.idle[k] = idle[:len(idle)-1]
	p.count--
	p.quotas.Memory.Give(r.kept)
	r.kept = 0
	return r, true
}

// put takes a memory's reservation back. The memory must not be used any more.
func (p *pool) put(m *Memory) {
	r := m.reservation
	m.budget.giveLinear(m.size)
	m.reservation, m.size, m.max = reservation{}, 0, 0
	if r.buf == nil || r.movable {
		return
	}
	kept := min(r.used, rewriteAtMost)
	if r.used > rewriteAtMost && !r.bad {
		// What is left to be done later is little.
		kept, _ = r.restore(&p.scanner, keepIdle)
	}
	if r.bad || p.quotas.Memory.Take(kept) != nil {
		p.release(&r)
		return
	}
	r.kept = kept
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.count >= poolSize {
		p.release(&r)
		return
	}
	if p.idle == nil {
		p.idle = map[reservationKey][]reservation{}
	}
	k := reservationKey{uint64(len(r.buf)), r.base}
	p.idle[k] = append(p.idle[k], r)
	p.count++
}

// empty releases the reservations that wait.
func (p *pool) empty() {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.count = nil, 0
	p.mu.Unlock()
	for _, list := range idle {
		for n := range list {
			p.release(&list[n])
		}
	}
}

func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.empty()
	p.scanner.close()
}
