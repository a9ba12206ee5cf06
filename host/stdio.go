package host

import (
	"errors"
	"io"
)

// streams are the standard streams of an instance's components.
type streams struct {
	shared Stdio
	// of makes those of a component by its index, nil if all have the shared ones.
	of   func(component int) Stdio
	made map[int]*Stdio
}

func (o InstanceOptions) streams(c *Composition) streams {
	s := streams{shared: o.Stdio.complete()}
	if o.StdioOf != nil {
		s.of = func(component int) Stdio { return o.StdioOf(c.plan.Components[component].Name).complete() }
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
