package engine

import (
	"sync"

	"github.com/tetratelabs/wazero/api"
)

// pageSize is that of WebAssembly.
const pageSize = 1 << 16

// Memory is a linear memory. Its lifetime is that of its Store, whatever wazero
// thinks.
type Memory struct {
	api    api.Memory
	budget *Budget
	// buf is the reservation: its address never changes unless movable is set.
	// Bytes from size on are zero.
	buf     []byte
	size    uint64
	max     uint64
	movable bool
	// sized is set once the initial size is.
	sized bool
}

// Bytes returns the memory as it is now. It is valid until anything runs that can
// grow it.
func (m *Memory) Bytes() []byte { return m.buf[:m.size:m.size] }

// Reallocate implements experimental.LinearMemory: it sets the size in bytes,
// at first to the initial one. Memories only grow.
func (m *Memory) Reallocate(size uint64) []byte {
	more := size - m.size
	if size < m.size || size > m.max || more > m.budget.Max-m.budget.used {
		if !m.sized {
			// wazero takes success for granted.
			panic(&MemoryError{Bytes: size, Max: m.budget.Max})
		}
		return nil
	}
	if size > uint64(len(m.buf)) && !m.move(size) {
		return nil
	}
	m.budget.used += more
	m.size, m.sized = size, true
	return m.Bytes()
}

// move makes room for size bytes in a memory that was not reserved.
func (m *Memory) move(size uint64) bool {
	if !m.movable {
		return false
	}
	buf := make([]byte, min(max(size, size+size/4), m.max))
	copy(buf, m.buf[:m.size])
	m.buf = buf
	return true
}

// Free implements experimental.LinearMemory. It does nothing: wazero frees a
// memory as soon as any instance that imports it is closed.
func (m *Memory) Free() {}

// pool keeps reservations of address space for the next instances.
type pool struct {
	mu sync.Mutex
	// idle are reservations by size. guarded by mu
	idle   map[uint64][]reservation
	count  int
	closed bool
}

// reservation is address space whose first dirty bytes may not be zero.
type reservation struct {
	buf   []byte
	dirty uint64
}

const (
	// poolSize is how many reservations are kept: enough for several compositions'
	// instances at once, few enough to mean nothing to the limit on mappings.
	poolSize = 256
	// clearAtMost is the size in bytes up to which a used memory is cleared by
	// writing zeros, when it is used again; larger ones give their pages back. To
	// write a MiB takes 10 µs, to fault in one page 2 µs.
	clearAtMost = 1 << 20
)

// get returns an empty memory that can grow up to most bytes.
func (p *pool) get(most uint64, b *Budget) *Memory {
	most &^= pageSize - 1
	m := &Memory{budget: b, max: most}
	if most == 0 {
		return m
	}
	r, ok := p.take(most)
	if !ok {
		m.buf, m.movable = reserve(most)
		return m
	}
	clear(r.buf[:r.dirty])
	m.buf = r.buf
	return m
}

func (p *pool) take(size uint64) (r reservation, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	idle := p.idle[size]
	if len(idle) == 0 {
		return r, false
	}
	r = idle[len(idle)-1]
	p.idle[size] = idle[:len(idle)-1]
	p.count--
	return r, true
}

// put takes a memory's reservation back. The memory must not be used any more.
func (p *pool) put(m *Memory) {
	r := reservation{m.buf, m.size}
	m.budget.used -= m.size
	m.buf, m.size, m.max = nil, 0, 0
	if r.buf == nil || m.movable {
		return
	}
	if r.dirty > clearAtMost {
		if !discard(r.buf[:r.dirty]) {
			release(r.buf)
			return
		}
		r.dirty = 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.count >= poolSize {
		release(r.buf)
		return
	}
	if p.idle == nil {
		p.idle = map[uint64][]reservation{}
	}
	n := uint64(len(r.buf))
	p.idle[n] = append(p.idle[n], r)
	p.count++
}

func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, idle := range p.idle {
		for _, r := range idle {
			release(r.buf)
		}
	}
	p.idle, p.count, p.closed = nil, 0, true
}
