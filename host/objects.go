package host

import (
	"errors"
	"fmt"
	"io"
	"sync/atomic"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// objects numbers the host's own objects that guests hold handles to: the number
// is the representation.
type objects struct {
	array []any
	free  []uint32
}

func (o *objects) add(obj any) uint32 {
	if n := len(o.free); n > 0 {
		i := o.free[n-1]
		o.free = o.free[:n-1]
		o.array[i] = obj
		return i
	}
	o.array = append(o.array, obj)
	return uint32(len(o.array) - 1)
}

func (o *objects) get(i uint32) any { return o.array[i] }

func (o *objects) remove(i uint32) any {
	obj := o.array[i]
	o.array[i] = nil
	o.free = append(o.free, i)
	return obj
}

// drop tells an object that the last handle to it is gone.
func (o *objects) drop(i uint32) error {
	if d, ok := o.remove(i).(Dropper); ok {
		return guarded("drop of a resource", d.Drop)
	}
	return nil
}

// close drops what is left, the youngest first.
func (o *objects) close() error {
	var errs []error
	for i := len(o.array) - 1; i >= 0; i-- {
		if d, ok := o.array[i].(Dropper); ok {
			errs = append(errs, guarded("drop of a resource", d.Drop))
		}
	}
	o.array, o.free = nil, nil
	return errors.Join(errs...)
}

// guarded calls a function of a plugin; a panic of it becomes an error.
func guarded(name string, f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = newPanicError(name, r)
		}
	}()
	f()
	return nil
}

// ownership is what an own handle that Go code holds means: a resource of a
// component, or an object of the host's that no guest has yet. It is the
// value.Handle's Owner.
type ownership struct {
	inst *Instance
	// given is set when the resource was handed over, or dropped.
	given atomic.Bool
	// lends counts the calls that it is lent to.
	lends atomic.Int32
}

// Own makes an owning handle to an object of the host, to be given to a component
// as an argument. res is the resource type as it stands in Interface.Type. When
// the last handle to it is gone, obj's Drop method is called, if it has one.
func (i *Instance) Own(res *wit.Resource, obj any) value.Value {
	rt, ok := i.comp.hostTypes[res]
	if !ok {
		rt = none // no component of the composition can take it
	}
	h := i.owned()
	h.Type, h.Object = rt, obj
	return value.Own(&h.Handle)
}

// ownedHandle is a handle with its Owner, in one piece: handles are what a request of
// HTTP allocates most.
type ownedHandle struct {
	value.Handle
	ownership
}

func (i *Instance) owned() *ownedHandle {
	h := &ownedHandle{ownership: ownership{inst: i}}
	h.Owner = &h.ownership
	return h
}

// Object returns the object of the host behind an own or borrow.
func Object[T any](v value.Value) (T, error) {
	var zero T
	if k := v.Kind(); k != wit.Own && k != wit.Borrow {
		return zero, fmt.Errorf("a handle is wanted, a %s was given", k)
	}
	obj, ok := v.Handle().Object.(T)
	if !ok {
		return zero, fmt.Errorf("a handle to a %T is wanted, one to a %T was given", zero, v.Handle().Object)
	}
	return obj, nil
}

// liftHandle makes the value of a resource that a guest hands to the host.
func (fr *frame) liftHandle(op *canon.Op) value.Value {
	i, rt, rep := fr.t.inst, fr.resource(op), uint32(fr.regs[op.A])
	hosts := i.comp.resources[rt].instance < 0
	if op.Imm2 == 1 {
		h := &value.Handle{Rep: rep, Type: rt}
		if hosts {
			h.Object = i.objects.get(rep)
		}
		return value.Borrow(h)
	}
	h := i.owned()
	h.Rep, h.Type = rep, rt
	if hosts {
		h.Object = i.objects.remove(rep) // whoever gets the handle has the object now
	}
	fr.keep(&h.ownership, rt, rep)
	return value.Own(&h.Handle)
}

// lowerHandle returns the representation of a resource that the host hands to a
// guest.
func (fr *frame) lowerHandle(op *canon.Op) uint32 {
	v, rt := fr.vals[op.A], fr.resource(op)
	name := fr.t.inst.comp.resources[rt].name
	if k := v.Kind(); k != wit.Own && (k != wit.Borrow || op.Imm2 == 0) {
		fr.misfit("a handle to a %s is wanted, a %s was given", name, k)
	}
	h := v.Handle()
	o, owned := h.Owner.(*ownership)
	switch {
	case h.Type != rt:
		fr.misfit("a handle to a %s is wanted, one to another resource type was given", name)
	case !owned:
		if op.Imm2 == 0 {
			fr.misfit("a handle to a %s that is only borrowed was given away", name)
		}
		return h.Rep
	case o.inst != fr.t.inst:
		fr.misfit("a handle to a %s of another instance of the composition was given", name)
	case o.given.Load():
		fr.misfit("a handle to a %s was given that had been given away before", name)
	}
	if op.Imm2 == 1 {
		return fr.lend(h, o)
	}
	if o.lends.Load() > 0 || o.given.Swap(true) {
		fr.misfit("a handle to a %s was given away while it is lent", name)
	}
	if h.Object != nil {
		h.Rep = fr.t.inst.objects.add(h.Object)
		kept := uint64(objectBytes)
		if o, ok := h.Object.(Retainer); ok {
			kept += uint64(max(0, o.Retained()))
		}
		fr.retain(kept)
	}
	fr.give(o, rt, h.Rep)
	return h.Rep
}

// salvage keeps objects that were on their way between a guest and a function of the
// host, as when there is no room for a result, until the instance is closed: nobody
// else can drop them. What the function was given is its own.
func (fr *frame) salvage() {
	if fr.c.hostFunc == none {
		return
	}
	if !fr.entered {
		for _, r := range fr.c.values {
			fr.t.inst.adopt(fr.vals[r])
		}
		return
	}
	for i := range fr.c.Body {
		if op := &fr.c.Body[i]; op.Code == canon.OpCallHost && len(op.Outs) > 0 {
			fr.t.inst.adopt(fr.vals[op.Outs[0]])
		}
	}
}

// adopt makes the objects behind a value's own handles the instance's.
func (i *Instance) adopt(v value.Value) {
	switch v.Kind() {
	case wit.Own:
		h := v.Handle()
		if o, ok := h.Owner.(*ownership); ok && o.inst == i && h.Object != nil && !o.given.Swap(true) {
			i.objects.add(h.Object)
		}
	case wit.Option, wit.Result, wit.Variant:
		if p, ok := v.Payload(); ok {
			i.adopt(p)
		}
	case wit.List, wit.Tuple, wit.Record:
		for _, p := range v.Parts() {
			i.adopt(p)
		}
	}
}

// lend lends a handle that Go code owns to the call being made.
func (fr *frame) lend(h *value.Handle, o *ownership) uint32 {
	s := fr.t.scope()
	o.lends.Add(1)
	s.lenders = append(s.lenders, lender{owned: o})
	if h.Object == nil {
		return h.Rep
	}
	rep := fr.t.inst.objects.add(h.Object)
	s.lenders = append(s.lenders, lender{object: rep, isObject: true})
	return rep
}

// states are what plugins keep for an instance.
type states struct {
	entries []stateEntry
}

type stateEntry struct {
	component int
	key, val  any
}

func (s *states) get(component int, key any, make func() any) any {
	for n := range s.entries {
		if e := &s.entries[n]; e.component == component && e.key == key {
			return e.val
		}
	}
	v := make()
	s.entries = append(s.entries, stateEntry{component, key, v})
	return v
}

// close closes those states that are io.Closers, the youngest first.
func (s *states) close() error {
	var errs []error
	for n := len(s.entries) - 1; n >= 0; n-- {
		if c, ok := s.entries[n].val.(io.Closer); ok {
			var err error
			bug := guarded("close of a plugin's state", func() { err = c.Close() })
			errs = append(errs, err, bug)
		}
	}
	s.entries = nil
	return errors.Join(errs...)
}
