// Package plugintest calls functions of the host as a component would, with the
// results checked against their WIT types.
//
// In: interfaces, grants, standard streams. Out: Env. Next: the tests of plugins.
// Must not import: the linker, or any plugin.
package plugintest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// Env is an instance of a composition whose components have no code: the test does
// what their code would.
type Env struct {
	t      testing.TB
	as     int // the component that calls
	comp   *host.Composition
	inst   *host.Instance
	ifaces map[string]*host.Interface
	ctx    context.Context
	told   *refusals
}

// refusals are what was told.
type refusals struct {
	mu  sync.Mutex
	all []host.Refusal // guarded by mu
}

func (r *refusals) add(refusal host.Refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, refusal)
}

// Told returns what was refused and told so far.
func (e *Env) Told() []host.Refusal {
	e.told.mu.Lock()
	defer e.told.mu.Unlock()
	return slices.Clone(e.told.all)
}

// TellsOnce checks that one thing was refused and told since the last call, and that this
// is what to write, if anything is.
func (e *Env) TellsOnce(kind, write string) {
	e.t.Helper()
	told := e.Told()
	e.told.mu.Lock()
	e.told.all = nil
	e.told.mu.Unlock()
	switch {
	case len(told) != 1:
		e.t.Errorf("told %d refusals, want one, of %s: %v", len(told), kind, told)
	case told[0].Kind != kind || told[0].Write != write:
		e.t.Errorf("told of %s: %s\nwrite %s\nwant  %s", told[0].Kind, told[0].Reason, told[0].Write, write)
	}
}

// flags is the module that every plan begins with: two globals for its one instance.
const flags = "\x00asm\x01\x00\x00\x00" +
	"\x06\x0b\x02\x7f\x01\x41\x01\x0b\x7f\x01\x41\x01\x0b" +
	"\x07\x0b\x02\x02l0\x03\x00\x02e0\x03\x01"

// New makes an Env whose component is granted g.
func New(t testing.TB, g plan.Grants, stdio host.Stdio, ifaces ...[]*host.Interface) *Env {
	t.Helper()
	return Of(t, []plan.Component{{Name: "app", Grants: g}}, stdio, ifaces...)
}

// Of makes an Env of some components, of which the first calls; see As.
func Of(t testing.TB, components []plan.Component, stdio host.Stdio, ifaces ...[]*host.Interface) *Env {
	t.Helper()
	e := &Env{t: t, ifaces: map[string]*host.Interface{}, ctx: t.Context(), told: &refusals{}}
	for _, is := range ifaces {
		for _, i := range is {
			e.ifaces[i.Name] = i
		}
	}
	p := &plan.Plan{
		Name:       "test",
		Components: components,
		Instances:  []plan.Instance{{Component: -1, Parent: -1}},
		Modules:    []plan.Module{{Name: "flags", Bytes: []byte(flags), Generated: true}},
		Steps:      []plan.Step{{}},
	}
	var err error
	if e.comp, err = host.Compile(t.Context(), p, host.Config{Engine: "interpreter", Descriptors: descriptors, Refused: e.told.add}); err != nil {
		t.Fatal(err)
	}
	if e.inst, err = e.comp.Instantiate(t.Context(), host.InstanceOptions{Stdio: stdio}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// descriptors are those of every Env that is made, nil for the process's.
var descriptors *budget.Quota

// Descriptors gives all components of Envs that are made until the test ends so many file
// descriptors. An instance has a quarter of them.
func Descriptors(t testing.TB, n uint64) *budget.Quota {
	descriptors = budget.New(budget.Spec{Owner: "the test", What: "file descriptors", Unit: budget.Things, Limit: n})
	t.Cleanup(func() { descriptors = nil })
	return descriptors
}

// Close closes the instance.
func (e *Env) Close() {
	if err := e.inst.Close(context.Background()); err != nil {
		e.t.Error(err)
	}
	if err := e.comp.Close(); err != nil {
		e.t.Error(err)
	}
}

// With returns an Env that calls with ctx.
func (e *Env) With(ctx context.Context) *Env {
	c := *e
	c.ctx = ctx
	return &c
}

// As returns an Env in which another component calls, by its index.
func (e *Env) As(component int) *Env {
	c := *e
	c.as = component
	return &c
}

// Call calls a function, named as in "wasi:io/poll@0.2.12", "poll".
func (e *Env) Call(iface, fn string, args ...value.Value) (v value.Value, err error) {
	e.t.Helper()
	i, ok := e.ifaces[iface]
	if !ok {
		e.t.Fatalf("no interface %s", iface)
	}
	x, _ := i.Type.Export(fn)
	ft, ok := x.(*wit.FuncType)
	if !ok {
		e.t.Fatalf("%s has no function %s", iface, fn)
	}
	if len(args) != len(ft.Params) {
		e.t.Fatalf("%s %s takes %d arguments, not %d", iface, fn, len(ft.Params), len(args))
	}
	for n, a := range args {
		if err := Fits(ft.Params[n].Type, a); err != nil {
			e.t.Fatalf("%s %s: argument %s: %v", iface, fn, ft.Params[n].Name, err)
		}
	}
	err = e.inst.As(e.ctx, e.as, func(c *host.Call) (err error) {
		v, err = i.Funcs[fn](c, args)
		return err
	})
	if err == nil && ft.Result != nil {
		if err := Fits(ft.Result, v); err != nil {
			e.t.Fatalf("%s %s: result: %v", iface, fn, err)
		}
	}
	return v, err
}

// Must is Call of a function that must not trap.
func (e *Env) Must(iface, fn string, args ...value.Value) value.Value {
	e.t.Helper()
	v, err := e.Call(iface, fn, args...)
	if err != nil {
		e.t.Fatalf("%s %s: %v", iface, fn, err)
	}
	return v
}

// Ok is Must for functions that return a result, which must be ok. It returns the
// payload.
func (e *Env) Ok(iface, fn string, args ...value.Value) value.Value {
	e.t.Helper()
	v := e.Must(iface, fn, args...)
	p, _ := v.Payload()
	if v.Case() != 0 {
		e.t.Fatalf("%s %s failed: %s", iface, fn, e.Show(iface, fn, v))
	}
	return p
}

// Fails is Must for functions that return a result, which must be an error. It
// returns the name of the error's case.
func (e *Env) Fails(iface, fn string, args ...value.Value) string {
	e.t.Helper()
	v := e.Must(iface, fn, args...)
	if v.Case() != 1 {
		e.t.Fatalf("%s %s did not fail", iface, fn)
	}
	return e.Show(iface, fn, v)
}

// Show names the case of a result's error.
func (e *Env) Show(iface, fn string, v value.Value) string {
	x, _ := e.ifaces[iface].Type.Export(fn)
	t := x.(*wit.FuncType).Result.Cases[1].Type
	p, ok := v.Payload()
	if !ok {
		return "error"
	}
	return t.Cases[p.Case()].Name
}

// Traps is Call of a function that must trap. It returns why.
func (e *Env) Traps(iface, fn string, args ...value.Value) error {
	e.t.Helper()
	_, err := e.Call(iface, fn, args...)
	if err == nil {
		e.t.Fatalf("%s %s did not trap", iface, fn)
	}
	return err
}

// Lend makes a borrow of an own.
func Lend(own value.Value) value.Value { return value.Borrow(own.Handle()) }

// Drop drops an own, as a guest does.
func Drop(own value.Value) {
	if d, ok := own.Handle().Object.(host.Dropper); ok {
		d.Drop()
	}
}

var errPayload = errors.New("payload where the type has none, or none where it has one")

// Fits reports nil if v is a value of type t.
func Fits(t *wit.Type, v value.Value) error {
	if v.Kind() != t.Kind {
		return fmt.Errorf("a %s where a %s is wanted", v.Kind(), t.Kind)
	}
	switch t.Kind {
	case wit.List:
		if _, packed := v.PackedBytes(t.Elem.Kind); packed {
			return nil
		}
		for i := range v.Len() {
			if err := Fits(t.Elem, v.At(i)); err != nil {
				return fmt.Errorf("element %d: %w", i, err)
			}
		}
	case wit.Record, wit.Tuple:
		if v.Len() != len(t.Fields) {
			return fmt.Errorf("%d parts where there are %d", v.Len(), len(t.Fields))
		}
		for i, f := range t.Fields {
			if err := Fits(f.Type, v.At(i)); err != nil {
				return fmt.Errorf("part %d %s: %w", i, f.Name, err)
			}
		}
	case wit.Variant, wit.Enum, wit.Option, wit.Result:
		if v.Case() >= len(t.Cases) {
			return fmt.Errorf("case %d of %d", v.Case(), len(t.Cases))
		}
		c := t.Cases[v.Case()]
		p, ok := v.Payload()
		if ok != (c.Type != nil) {
			return fmt.Errorf("case %s: %w", c.Name, errPayload)
		}
		if ok {
			if err := Fits(c.Type, p); err != nil {
				return fmt.Errorf("case %s: %w", c.Name, err)
			}
		}
	case wit.Flags:
		if v.Flags()>>len(t.Labels) != 0 {
			return fmt.Errorf("flags %b of %d", v.Flags(), len(t.Labels))
		}
	}
	return nil
}
