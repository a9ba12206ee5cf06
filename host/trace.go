package host

import (
	"context"

	"github.com/sidecall/sidecall/components/canon"
)

// Tracer is told of calls between the components of a composition.
type Tracer interface {
	// Begin is told of a call that begins. The context that it returns is that of
	// everything the call leads to: of calls from the callee, and of what functions of
	// the host see (Call.Context). end is called when the call ends, with the error
	// that ends the whole call from Go, if it is that which ends it.
	Begin(ctx context.Context, call *TracedCall) (_ context.Context, end func(err error))
}

// TracedCall says which call of a composition it is. It does not change.
type TracedCall struct {
	Composition string
	// Caller and Callee are components as the manifest names them.
	Caller, Callee string
	// Function is the callee's, with its interface: "wasi:logging/logging#log".
	Function string
}

// trace makes what is told of a call, nil if nothing is: calls within one component
// are its own affair, and those of the host it knows itself.
func (c *Composition) trace(b *call) *TracedCall {
	caller, callee := c.componentOf(b.instance[canon.Caller]), c.componentOf(b.instance[canon.Callee])
	if c.cfg.Tracer == nil || caller == callee || caller < 0 || callee < 0 {
		return nil
	}
	return &TracedCall{c.plan.Name, c.plan.Components[caller].Name, c.plan.Components[callee].Name, b.Name}
}

// componentOf is the component that an instance is or is nested in, -1 for the host.
func (c *Composition) componentOf(instance int) int {
	if instance < 0 {
		return -1
	}
	return c.plan.Instances[instance].Component
}

// traced runs a call that the tracer is told of.
func (t *task) traced(c *call, run func()) {
	outer := t.span
	ctx := outer
	if ctx == nil {
		ctx = t.ctx
	}
	ctx, end := c.comp.cfg.Tracer.Begin(ctx, c.traced)
	t.span = ctx
	t.tell()
	defer func() {
		t.span = outer
		t.tell()
		if r := recover(); r != nil {
			end(t.recovered(r))
			panic(r)
		}
		end(nil)
	}()
	run()
}

// spanContext is a context of the host with the values of the call that is traced.
type spanContext struct {
	context.Context
	span context.Context
}

// Value returns the span's.
func (c spanContext) Value(key any) any { return c.span.Value(key) }
