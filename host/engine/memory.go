package engine

import (
	"fmt"

	"github.com/tetratelabs/wazero/api"
)

// pageSize is that of WebAssembly.
const pageSize = 1 << 16

// Memory is a linear memory. Its lifetime is that of its Store, whatever wazero
// thinks.
type Memory struct {
	api    api.Memory
	budget *Budget
	reservation
	image *Image
	size  uint64
	max   uint64
	// sized is set once the initial size is.
	sized bool
	// shrinking lets Reallocate set the size to shrinkTo.
	shrinking bool
	shrinkTo  uint64
}

// Bytes returns the memory as it is now. It is valid until anything runs that can
// grow it.
func (m *Memory) Bytes() []byte { return m.buf[:m.size:m.size] }

// Reallocate implements experimental.LinearMemory: it sets the size in bytes,
// at first to the initial one. Memories only grow, but for shrink.
func (m *Memory) Reallocate(size uint64) []byte {
	if m.shrinking {
		m.budget.giveLinear(m.size - m.shrinkTo)
		m.size = m.shrinkTo
		return m.Bytes()
	}
	if err := m.grow(size); err != nil {
		if !m.sized {
			// wazero takes success for granted.
			panic(&MemoryError{fmt.Sprintf("a linear memory of %d bytes", size), err})
		}
		m.budget.tell(err)
		return nil
	}
	m.used = max(m.used, size)
	if !m.sized {
		m.sized = true
		m.image.write(m.Bytes(), m.base)
	}
	return m.Bytes()
}

func (m *Memory) grow(size uint64) error {
	more := size - m.size
	if size < m.size || size > m.max {
		return m.budget.refuse(more)
	}
	if err := m.budget.takeLinear(more); err != nil {
		return err
	}
	if size > uint64(len(m.buf)) && !m.move(size) {
		m.budget.giveLinear(more)
		return m.budget.refuse(more)
	}
	m.size = size
	return nil
}

// shrink sets the size to a smaller one. wazero does not know of such a thing: it
// is told to grow by a page, and takes over what Reallocate answers. That fails
// when the memory is as large as it can be.
func (m *Memory) shrink(size uint64) bool {
	if m.size == size {
		return true
	}
	if m.size < size {
		return false
	}
	m.shrinking, m.shrinkTo = true, size
	defer func() { m.shrinking = false }()
	_, ok := m.api.Grow(1)
	return ok && m.size == size
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
