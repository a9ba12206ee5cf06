package host

import (
	"context"
	"errors"
	"io"
	"sync"
)

// streams are the standard streams of an instance's components.
type streams struct {
	shared Stdio
	// of makes those of a component by its index, nil if all have the shared ones.
	of   func(component int) Stdio
	made map[int]*Stdio
	// running is for of.
	running *running
}

// running is the context of the call that runs in an instance, or ran last. Those who write for it
// do so in goroutines of their own.
type running struct {
	mu  sync.Mutex
	ctx context.Context // guarded by mu
}

func (r *running) get() context.Context {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.ctx
}

func (r *running) set(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ctx = ctx
}

// tell tells the streams whose call it is that runs. At its end nothing is told, as
// the last of what it wrote may be on its way.
func (t *task) tell() {
	r := t.inst.stdio.running
	switch {
	case r == nil:
	case t.span != nil:
		r.set(t.span)
	default:
		r.set(t.ctx)
	}
}

func (o InstanceOptions) streams(c *Composition) streams {
	s := streams{shared: o.Stdio.complete()}
	if o.StdioOf != nil {
		s.running = &running{ctx: context.Background()}
		s.of = func(component int) Stdio {
			return o.StdioOf(c.plan.Components[component].Name, s.running.get).complete()
		}
	}
	return s
}

// get returns the streams of a component.
func (s *streams) get(component int) *Stdio {
	if s.of == nil {
		return &s.shared
	}
	if got := s.made[component]; got != nil {
		return got
	}
	if s.made == nil {
		s.made = map[int]*Stdio{}
	}
	made := s.of(component)
	s.made[component] = &made
	return &made
}

// close closes those outputs that were made for this instance and can be closed.
func (s *streams) close() error {
	var errs []error
	for _, m := range s.made {
		for _, w := range []io.Writer{m.Out, m.Err} {
			if c, ok := w.(io.Closer); ok {
				errs = append(errs, c.Close())
			}
		}
	}
	s.made = nil
	return errors.Join(errs...)
}
