package host

import (
	"context"
	"fmt"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// Drop gives up a resource that an export returned, or that a function of the
// host was given: the destructor of a component's resource runs, an object of the
// host is told (Dropper). It is for owners: handles that are borrowed, or were
// given away, are errors. Errors are those of Callable.Call.
func (i *Instance) Drop(ctx context.Context, v value.Value) (err error) {
	if k := v.Kind(); k != wit.Own {
		return &ArgumentError{"drop", fmt.Sprintf("an own handle is wanted, a %s was given", k)}
	}
	h := v.Handle()
	o, owned := h.Owner.(*ownership)
	switch {
	case !owned || o.inst != i:
		return &ArgumentError{"drop", "the handle is not of this instance of the composition"}
	case o.lends.Load() > 0:
		return &ArgumentError{"drop", "the handle is lent"}
	case o.given.Swap(true):
		return &ArgumentError{"drop", "the handle was given away before"}
	}
	if h.Object != nil {
		if d, ok := h.Object.(Dropper); ok {
			return guarded("drop of a resource", d.Drop)
		}
		return nil
	}
	name := "[resource-drop]" + i.comp.resources[h.Type].name
	if err := i.acquire(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer i.yield()
	if i.broken != nil {
		// What is of a shared store is dropped with the instance.
		return i.cannotEnter(name, i.comp.resources[h.Type].instance, &brokenError{i.broken})
	}
	i.unkeep(o, h.Type)
	t := i.begin(ctx, name)
	defer func() {
		if r := recover(); r != nil {
			err = t.recovered(r)
			i.broken = err
		}
		i.end(t)
	}()
	t.destroy(name, none, h.Type, h.Rep)
	return nil
}
