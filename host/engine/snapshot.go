package engine

import "github.com/tetratelabs/wazero/api"

// Snapshot is the state of the instances of a Store, for others that were made in
// the same way.
type Snapshot struct {
	memories []memoryState
	globals  [][]uint64 // by instance
}

type memoryState struct {
	size  uint64
	image *Image
}

// maxSnapshot bounds the bytes that a snapshot keeps of one memory.
const maxSnapshot = 64 << 20

// Snapshot keeps the present state of the store's instances. It returns nil if
// they cannot be put back to it.
func (s *Store) Snapshot() *Snapshot {
	shot := &Snapshot{}
	for _, i := range s.instances {
		if !i.findGlobals() {
			return nil
		}
		values := make([]uint64, len(i.globals))
		for n, g := range i.globals {
			values[n] = g.Get()
		}
		shot.globals = append(shot.globals, values)
	}
	for _, m := range s.memories {
		image, ok := m.snapshot(s.engine)
		if !ok {
			return nil
		}
		shot.memories = append(shot.memories, memoryState{m.size, image})
	}
	return shot
}

// Reset puts the instances back to a snapshot: of this store, or of another with
// instances of the same modules, made in the same order, of which the same code
// had run. Nothing may run in them. kept is how many bytes of memory they hold
// then, besides what they share. If it fails, the store is to be closed.
func (s *Store) Reset(shot *Snapshot) (kept uint64, ok bool) {
	if len(shot.globals) != len(s.instances) || len(shot.memories) != len(s.memories) {
		return 0, false
	}
	for n, m := range s.memories {
		k, ok := m.reset(&s.engine.pool, &shot.memories[n])
		if !ok {
			return 0, false
		}
		kept += k
	}
	for n, i := range s.instances {
		if !i.findGlobals() {
			return 0, false
		}
		for k, g := range i.globals {
			g.Set(shot.globals[n][k])
		}
	}
	return kept, true
}

// findGlobals finds the globals that are the instance's state, false if that is
// not known.
func (i *Instance) findGlobals() bool {
	if i.state == nil {
		return false
	}
	if i.globals != nil || len(i.state.Globals) == 0 {
		return true
	}
	globals := make([]api.MutableGlobal, len(i.state.Globals))
	for n, name := range i.state.Globals {
		g, ok := i.mod.ExportedGlobal(name).(api.MutableGlobal)
		if !ok {
			return false
		}
		globals[n] = g
	}
	i.globals = globals
	return true
}

// snapshot returns the content of the memory as an image: that which it maps, if
// nothing else has been written.
func (m *Memory) snapshot(e *Engine) (*Image, bool) {
	var parts []Part
	var total uint64
	differs := func(from, to uint64) {
		for ; from < to; from += systemPage {
			end := min(from+systemPage, to)
			if m.base.equal(m.buf, from, end) {
				continue
			}
			if total += end - from; total > maxSnapshot {
				return
			}
			if n := len(parts); n > 0 && parts[n-1].Offset+uint64(len(parts[n-1].Bytes)) == from {
				parts[n-1].Bytes = append(parts[n-1].Bytes, m.buf[from:end]...)
				continue
			}
			parts = append(parts, Part{from, append([]byte(nil), m.buf[from:end]...)})
		}
	}
	if m.size == 0 {
		return nil, true
	}
	if m.movable || !e.pool.scanner.scan(m.buf[:m.size], m.base, differs) {
		if m.size > maxSnapshot {
			return nil, false
		}
		parts, total = nil, 0
		differs(0, m.size)
	}
	switch {
	case total > maxSnapshot:
		return nil, false
	case len(parts) == 0:
		return m.base, true
	case m.base != nil:
		parts = append([]Part{{m.base.at, m.base.view}}, parts...)
	}
	return e.NewImage(parts), true
}

// reset puts the memory back to a state.
func (m *Memory) reset(p *pool, to *memoryState) (kept uint64, ok bool) {
	if base := to.image.mapped(); base != m.base && !m.movable {
		if !m.rebase(p.quotas, base) {
			return 0, false
		}
	} else if kept, ok = m.restore(&p.scanner, keepReset); !ok {
		return 0, false
	}
	if !m.shrink(to.size) {
		return 0, false
	}
	m.used = m.size
	to.image.write(m.Bytes(), m.base)
	if m.movable {
		kept = uint64(len(m.buf))
	}
	return kept, true
}
