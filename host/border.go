package host

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/sidecall/sidecall/components/canon"
)

// cross runs a call that leads to a shared store: when it is its turn, on a task of
// that store, on this goroutine. Whatever the program does on the callee's side it
// does there.
func (fr *frame) cross() {
	l := fr.t.visit(fr.c.border, fr.c.Name, fr.c.instance[canon.Callee])
	fr.life, fr.to = l, fr.t.guest(l)
	fr.moved, fr.callers = fr.moved[:0], false
	defer fr.back()
	fr.run(fr.c.Body)
}

// back ends a call of a shared store. If it did not come to its end because of the
// caller, the store goes on as if it had returned.
func (fr *frame) back() {
	l, guest, r := fr.life, fr.to, recover()
	var why, fatal error
	if r != nil {
		if why = fr.t.recovered(r); !fr.settle() {
			fatal = why
		}
	}
	l.done(guest, fatal)
	l.of.leave()
	fr.life, fr.to = nil, fr.t
	if why != nil {
		panic(why)
	}
}

// settle ends on the callee's side a call that failed on the caller's. It reports
// false if it failed on the callee's, or cannot be ended well.
func (fr *frame) settle() (ok bool) {
	if !fr.callers {
		return false
	}
	defer func() { ok = recover() == nil && ok }()
	flags := fr.to.inst.flags
	if callee := fr.c.instance[canon.Callee]; fr.entered && !fr.cleaned && fr.c.cleanup != nil {
		flags[callee].mayLeave.Set(0)
		fr.callCore(fr.c.cleanup, fr.c.postReturn)
	}
	fr.undo()
	// What was on its way belongs to nobody now.
	t := &fr.to.inst.tables[max(0, fr.c.instance[canon.Callee])]
	for _, m := range fr.moved {
		if m.arrived {
			if fr.entered {
				continue // the callee has it, and knows
			}
			if _, err := t.remove(m.index, m.rt); err != nil {
				return false
			}
		}
		fr.to.destroy(fr.c.Name, none, m.rt, m.rep)
	}
	return true
}

// visit takes the turn of a shared store for a call from t.
func (t *task) visit(number int, function string, callee int) *life {
	s, h := t.inst.comp.shared[number-1], &t.inst.holds[number-1]
	t.await(s)
	l := s.now.Load()
	if l == nil {
		var err error
		if l, err = s.alive(t.hostContext()); err != nil {
			s.leave()
			panic(t.notMade(err, function, callee))
		}
	}
	if h.life != l && h.count > 0 {
		s.leave()
		panic(t.inst.cannotEnter(function, callee, errOtherLife))
	}
	h.life = l
	return l
}

// errOtherLife is why an instance cannot call a singleton any more.
var errOtherLife = errors.New("it trapped before, and with it went the resources of it that are held here")

// await takes the turn of a shared store, as long as the call may last.
func (t *task) await(s *shared) {
	if s.enter() {
		return
	}
	if err := s.wait(t.hostContext()); err != nil {
		if why := t.interrupted(); errors.Is(why, ErrClosed) {
			err = fmt.Errorf("waiting for %s, which is singleton: %w", s.name, why)
		}
		panic(&InterruptError{Function: t.function, Cause: err})
	}
}

// notMade makes the error of a shared store that could not be made one that ends the
// call.
func (t *task) notMade(err error, function string, callee int) error {
	var trap *Trap
	var interrupt *InterruptError
	var exit *ExitError
	var bug *PanicError
	switch {
	case errors.As(err, &trap):
		return trap
	case errors.As(err, &interrupt):
		return interrupt
	case errors.As(err, &exit):
		return exit
	case errors.As(err, &bug):
		return bug
	}
	return t.inst.cannotEnter(function, callee, err)
}

// guest makes a task of a shared store for what t calls there. It is for whoever has
// the turn.
func (t *task) guest(l *life) *task {
	g, err := l.begin(t.ctx, t.function)
	if err != nil {
		l.of.leave()
		panic(&InterruptError{Function: t.function, Cause: err})
	}
	g.outer, g.depth, g.span, g.grace = t, t.depth, t.span, time.Time{}
	g.tell()
	return g
}

// overdue is interrupted of a task of a shared store: it may go on a little longer
// than the one that it works for.
func (t *task) overdue() error {
	if t.inst.closing.Load() {
		return t.inst.closedError()
	}
	why := t.outer.interrupted()
	if why == nil {
		return nil
	}
	switch now := time.Now(); {
	case t.grace.IsZero():
		t.grace = now.Add(graceOfShared)
		return nil
	case now.Before(t.grace):
		return nil
	}
	return why
}

// outlive is a context that ends a while after ctx.
func outlive(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(while, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
