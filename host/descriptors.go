package host

import (
	"fmt"
	"sync"
	"sync/atomic"
	"syscall"

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
	// descriptorBytes is what an open file or socket takes of memory, most of it the
	// kernel's, which counts it as the process's.
	descriptorBytes = 8 << 10
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
	name  string // of the component that uses them
}

// DescriptorError is the error of an open file, socket or connection for which there is no
// descriptor. It is also syscall.EMFILE, and has a *budget.Error.
type DescriptorError struct{ Why error }

func (e *DescriptorError) Error() string { return "no file descriptor is left: " + e.Why.Error() }

// Unwrap returns why, and the system's error for it.
func (e *DescriptorError) Unwrap() []error { return []error{e.Why, syscall.EMFILE} }

// Descriptors are those of the instance, as long as it lives.
func (c *Call) Descriptors() *Descriptors {
	i := c.t.inst
	if i.descriptors == nil {
		all := i.comp.cfg.Descriptors
		i.descriptors = budget.New(budget.Spec{Owner: fmt.Sprintf("an instance of composition %s", i.comp.plan.Name), What: "file descriptors",
			Unit: budget.Things, Limit: min(mostDescriptors, max(1, all.Limit()/instanceDescriptors)), Change: "ulimit -n", Parent: all})
	}
	return &Descriptors{i.descriptors, i.comp, c.Component().Name}
}

// SharedDescriptors are those of what outlives the instance, such as connections that wait
// to be used again.
func (c *Call) SharedDescriptors() *Descriptors {
	comp := c.t.inst.comp
	return &Descriptors{comp.cfg.Descriptors, comp, c.Component().Name}
}

// Left is how many can be taken now.
func (d *Descriptors) Left() uint64 {
	if d == nil {
		return budget.Unlimited
	}
	return d.quota.Left()
}

// Take takes one. The error is an *DescriptorError, and a Refusal tells of it.
func (d *Descriptors) Take() (*Descriptor, error) {
	if d == nil {
		return nil, nil
	}
	err := d.quota.Take(1)
	if err == nil {
		if err = d.comp.quotas.Memory.Take(descriptorBytes); err != nil {
			d.quota.Give(1)
		}
	}
	if err != nil {
		err = &DescriptorError{err}
		d.comp.refused(nil, Refusal{Component: d.name, Kind: "descriptors", Reason: "another open file, socket or connection: " + err.Error()})
		return nil, err
	}
	return &Descriptor{of: d.quota, memory: d.comp.quotas.Memory}, nil
}

// Descriptor is one that is taken. The nil Descriptor is none.
type Descriptor struct {
	of, memory *budget.Quota
	given      atomic.Bool
}

// Give gives it back, once.
func (d *Descriptor) Give() {
	if d != nil && !d.given.Swap(true) {
		d.of.Give(1)
		d.memory.Give(descriptorBytes)
	}
}
