package host

import (
	"context"
	"errors"

	"github.com/sidecall/sidecall/host/engine"
)

// reuse keeps what closed instances leave, put back to the state after their
// instantiation, for the next ones. What one instance did, the next never sees:
//
//   - Each of the plan's modules says what code can change in its instances
//     (plan.State). If one does not, instances are not used again.
//   - The state is that right after the instantiation of another instance, which
//     is the same for all of them, as nothing of the world reached the code that ran:
//     instances whose instantiation called the host are not used again.
//   - Neither are instances in which a call did not come to its end, or that did not
//     close well.
//   - Handles, objects and plugins' states belong to the Instance, and go with it.
type reuse struct {
	// made counts instantiations.
	made int
	// shot is nil until it is taken. tried is set when it was, whatever came of it.
	shot  *engine.Snapshot
	tried bool
	idle  []spare
	kept  uint64
}

// spare is a vessel that waits, and how many bytes of memory it holds.
type spare struct {
	vessel
	kept uint64
}

const (
	// maxSpares and maxKept bound what waits: vessels, and bytes of their memories.
	maxSpares = 64
	maxKept   = 64 << 20
	// keptHandles is how many handles a table may have room for while it waits.
	keptHandles = 1024
)

// remember takes the snapshot of the composition's instances from one that was
// just instantiated, unless there is one, and reports whether there is. The first
// one is passed over: a run that needs only that one has nothing of it.
func (c *Composition) remember(s *engine.Store) bool {
	c.mu.Lock()
	r := &c.reuse
	r.made++
	if r.tried || r.made == 1 {
		defer c.mu.Unlock()
		return r.shot != nil
	}
	r.tried = true
	c.mu.Unlock()
	shot := s.Snapshot()
	c.mu.Lock()
	defer c.mu.Unlock()
	r.shot = shot
	return shot != nil
}

// recycle resets a vessel and keeps it. It returns false if it is to be closed.
func (c *Composition) recycle(v vessel) bool {
	c.mu.Lock()
	shot, full := c.reuse.shot, c.closed || len(c.reuse.idle) >= maxSpares
	c.mu.Unlock()
	if full {
		return false
	}
	kept, ok := v.store.Reset(shot)
	if !ok {
		return false
	}
	for _, f := range v.funcs {
		if f != nil {
			f.Trim()
		}
	}
	for n := range v.tables {
		v.tables[n].reset()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.reuse.put(spare{v, kept})
}

func (r *reuse) put(s spare) bool {
	if len(r.idle) >= maxSpares || r.kept+s.kept > maxKept {
		return false
	}
	r.idle = append(r.idle, s)
	r.kept += s.kept
	return true
}

// take takes the vessel that was put last, whose memory is most likely in caches.
func (r *reuse) take(v *vessel) bool {
	n := len(r.idle) - 1
	if n < 0 {
		return false
	}
	r.kept -= r.idle[n].kept
	*v = r.idle[n].vessel
	r.idle[n] = spare{}
	r.idle = r.idle[:n]
	return true
}

// Trim gives back what is kept for the next instances, which are made anew then: for
// whoever expects none for a while. The error is that of closing what waited.
func (c *Composition) Trim() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil
	}
	err := c.reuse.close()
	c.engine.Trim()
	return err
}

// close closes the vessels that wait.
func (r *reuse) close() error {
	var errs []error
	for _, s := range r.idle {
		errs = append(errs, s.store.Close(context.Background()))
	}
	r.idle, r.kept = nil, 0
	return errors.Join(errs...)
}

// reset empties the table.
func (t *table) reset() {
	clear(t.array)
	t.array, t.free = t.array[:0], t.free[:0]
	if cap(t.array) > keptHandles {
		t.array = nil
	}
	if cap(t.free) > keptHandles {
		t.free = nil
	}
}
