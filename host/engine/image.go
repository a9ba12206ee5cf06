package engine

import (
	"os"
	"sync"

	"github.com/sidecall/sidecall/host/budget"
)

// Part is a piece of a memory's content.
type Part struct {
	Offset uint64
	Bytes  []byte
}

// Image is the content of a memory to begin with: parts, later ones over earlier
// ones, and zeros elsewhere. It is immutable. A nil Image is all zeros.
//
// A large image is a file in memory, which each memory maps, copying pages when
// they are written to (view is not nil). Others, and all where the system has no
// such files, are copied (parts).
type Image struct {
	parts []Part
	// view is the file's content: that of memory from at on, whole pages of the system.
	view []byte
	at   uint64
	file int
	// end is the first byte behind the last part.
	end uint64
}

const (
	// mapFrom is the number of bytes from which on an image becomes a file. To map
	// one takes 2 µs, to copy 64 KiB 1 to 5 µs.
	mapFrom = 64 << 10
	// maxHoles bounds the zeros in a file, in bytes beyond those that parts take:
	// a page of zeros costs memory once a guest reads it.
	maxHoles = 1 << 20
)

var systemPage = uint64(os.Getpagesize())

// NewImage makes an image, which lives as long as the engine. The bytes of parts
// must not be changed any more.
func (e *Engine) NewImage(parts []Part) *Image {
	i := &Image{}
	var total uint64
	from := ^uint64(0)
	for _, p := range parts {
		n := uint64(len(p.Bytes))
		if n == 0 {
			continue
		}
		i.parts = append(i.parts, p)
		from, i.end = min(from, p.Offset), max(i.end, p.Offset+n)
		total += n
	}
	if len(i.parts) == 0 {
		return nil
	}
	from &^= systemPage - 1
	size := (i.end - from + systemPage - 1) &^ (systemPage - 1)
	if total >= mapFrom && size <= 2*total+maxHoles {
		i.at = from
		if e.images.open(i, size) {
			i.parts = nil
		}
	}
	return i
}

// write makes the content of a memory that maps base, and has not been written to,
// that of the image.
func (i *Image) write(memory []byte, base *Image) {
	if i == nil || base == i {
		return
	}
	if i.view != nil {
		copy(memory[i.at:], i.view)
	}
	for _, p := range i.parts {
		copy(memory[p.Offset:], p.Bytes)
	}
}

// mapped returns i if memories map it, nil if it is to be copied.
func (i *Image) mapped() *Image {
	if i == nil || i.view == nil {
		return nil
	}
	return i
}

// split cuts the range [from, to) of a memory into what lies before, in, and
// behind the mapping of the image, which may be nil.
func (i *Image) split(from, to uint64) (first, last uint64) {
	if i == nil {
		return to, to
	}
	first = min(max(from, i.at), to)
	last = max(first, min(to, i.at+uint64(len(i.view))))
	return first, last
}

// rewrite makes the range [from, to) of a memory what it is in a memory that maps
// the image, which may be nil.
func (i *Image) rewrite(memory []byte, from, to uint64) {
	first, last := i.split(from, to)
	clear(memory[from:first])
	if first < last {
		copy(memory[first:last], i.view[first-i.at:])
	}
	clear(memory[last:to])
}

// equal reports whether the range [from, to) of a memory is as after rewrite.
func (i *Image) equal(memory []byte, from, to uint64) bool {
	first, last := i.split(from, to)
	if first < last && string(memory[first:last]) != string(i.view[first-i.at:last-i.at]) {
		return false
	}
	return zero(memory[from:first]) && zero(memory[last:to])
}

func zero(b []byte) bool {
	for ; len(b) >= len(zeros); b = b[len(zeros):] {
		if string(b[:len(zeros)]) != string(zeros[:]) {
			return false
		}
	}
	return string(b) == string(zeros[:len(b)])
}

var zeros [4096]byte

// images are those that have files, to be closed with the engine.
type images struct {
	quotas *budget.Process
	mu     sync.Mutex
	mapped []*Image
}

// take takes what a file of size bytes and its mapping need, or nothing.
func (s *images) take(size uint64) bool {
	q := s.quotas
	if q.Memory.Take(size) != nil {
		return false
	}
	if q.Mappings.Take(1) != nil {
		q.Memory.Give(size)
		return false
	}
	if q.Descriptors.Take(1) != nil {
		q.Memory.Give(size)
		q.Mappings.Give(1)
		return false
	}
	return true
}

func (s *images) give(size uint64) {
	s.quotas.Memory.Give(size)
	s.quotas.Mappings.Give(1)
	s.quotas.Descriptors.Give(1)
}

// open makes the image's file, if there is room for it.
func (s *images) open(i *Image, size uint64) bool {
	if !s.take(size) {
		return false
	}
	if !i.open(size) {
		s.give(size)
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mapped = append(s.mapped, i)
	return true
}

func (s *images) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, i := range s.mapped {
		s.give(uint64(len(i.view)))
		i.close()
	}
	s.mapped = nil
}
