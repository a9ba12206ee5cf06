package host

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/sidecall/sidecall/host/budget"
)

// guestDescriptors is the part of a process's file descriptors that all guests share. The
// other half is for who connects to the process, and for the process itself: for listeners,
// health checks, the control socket, connections that wait for their next request.
const guestDescriptors = 2

const (
	// instanceDescriptors is the part of the guests' descriptors that one instance may
	// have, and mostDescriptors how many at the most.
	instanceDescriptors = 4
	mostDescriptors     = 1024
)

// GuestDescriptors returns a quota for what all guests of a process have open.
func GuestDescriptors(of *budget.Quota) *budget.Quota {
	return budget.New(budget.Spec{Owner: "all components together", What: "file descriptors", Unit: budget.Things,
		Limit: max(1, of.Limit()/guestDescriptors), Change: "ulimit -n", Parent: of})
}

var defaultDescriptors = sync.OnceValue(func() *budget.Quota { return GuestDescriptors(budget.Default().Descriptors) })

// Descriptors are the file descriptors that somebody may have open: an instance, or what
// instances share.
type Descriptors struct {
	quota *budget.Quota
	comp  *Composition
	told  *told
	name  string // of the component that uses them
}

// ErrDescriptors is the error of an open file, socket or connection for which there is no
// descriptor. It is also syscall.EMFILE, and has a *budget.Error.
type ErrDescriptors struct{ Why error }

func (e *ErrDescriptors) Error() string { return "no file descriptor is left: " + e.Why.Error() }

// Unwrap returns why, and the system's error for it.
func (e *ErrDescriptors) Unwrap() []error { return []error{e.Why, syscall.EMFILE} }

// Descriptors are those of the instance, as long as it lives.
func (c *Call) Descriptors() *Descriptors {
	i := c.t.inst
	if i.descriptors == nil {
		all := i.comp.cfg.Descriptors
		i.descriptors = budget.New(budget.Spec{Owner: fmt.Sprintf("an instance of composition %s", i.comp.plan.Name), What: "file descriptors",
			Unit: budget.Things, Limit: min(mostDescriptors, max(1, all.Limit()/instanceDescriptors)), Change: "ulimit -n", Parent: all})
	}
	return &Descriptors{i.descriptors, i.comp, &i.comp.toldDescriptors, c.Component().Name}
}

// SharedDescriptors are those of what outlives the instance, such as connections that wait
// to be used again.
func (c *Call) SharedDescriptors() *Descriptors {
	comp := c.t.inst.comp
	return &Descriptors{comp.cfg.Descriptors, comp, &comp.toldDescriptors, c.Component().Name}
}

// Left is how many can be taken now.
func (d *Descriptors) Left() uint64 {
	if d == nil {
		return budget.Unlimited
	}
	return d.quota.Left()
}

// Take takes one. The error is an *ErrDescriptors, and the log is told of it once in a
// while.
func (d *Descriptors) Take() (*Descriptor, error) {
	if d == nil {
		return nil, nil
	}
	if err := d.quota.Take(1); err != nil {
		err = &ErrDescriptors{err}
		if n := d.told.due(d.name); n > 0 {
			d.comp.cfg.Log.Warn().Str("composition", d.comp.plan.Name).Str("component", d.name).Int("times", n).Err(err).Msg("a component has too much open")
		}
		return nil, err
	}
	return &Descriptor{of: d.quota}, nil
}

// Descriptor is one that is taken. The nil Descriptor is none.
type Descriptor struct {
	of    *budget.Quota
	given atomic.Bool
}

// Give gives it back, once.
func (d *Descriptor) Give() {
	if d != nil && !d.given.Swap(true) {
		d.of.Give(1)
	}
}

// tellInterval is the time between two lines of the log that say the same.
const tellInterval = 10 * time.Second

// told knows when the log was told of a component last.
type told struct {
	mu sync.Mutex
	of map[string]*telling // guarded by mu, by component
}

type telling struct {
	at    time.Time
	times int
}

// due counts, and returns how often something has happened since the log was told, if it is
// time to tell it again, else 0.
func (t *told) due(component string) (times int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = map[string]*telling{}
	}
	last := t.of[component]
	if last == nil {
		last = &telling{}
		t.of[component] = last
	}
	last.times++
	if time.Since(last.at) < tellInterval {
		return 0
	}
	times, last.times, last.at = last.times, 0, time.Now()
	return times
}
