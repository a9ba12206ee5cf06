package host

import (
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/printable"
)

// Trap is a guest fault: it ended the call, and no instance of the composition
// that it happened in can be called again.
type Trap struct {
	Code canon.TrapCode
	// Component is the component at fault as the manifest names it, Instance the
	// component instance ("orders", or "orders/1" for a nested one), Function what
	// it was running or calling. They are empty where that is not known.
	Component, Instance, Function string
	// Cause is what led to it, nil when Code says everything.
	Cause error
	// Stack are the core functions that were running, innermost first.
	Stack []string
}

// Error returns component, function and cause in one line.
func (t *Trap) Error() string {
	var b strings.Builder
	b.WriteString("trap")
	if t.Instance != "" {
		b.WriteString(" in ")
		b.WriteString(t.Instance)
	}
	if t.Function != "" {
		if t.Instance != "" {
			b.WriteString(",")
		} else {
			b.WriteString(" in")
		}
		b.WriteString(" function ")
		b.WriteString(t.Function)
	}
	b.WriteString(": ")
	b.WriteString(t.why())
	return b.String()
}

func (t *Trap) why() string {
	switch {
	case t.Cause == nil:
		return t.Code.String()
	case t.Code == canon.TrapUnknown || t.Code == canon.TrapHost:
		return t.Cause.Error()
	}
	return t.Code.String() + ": " + t.Cause.Error()
}

// maxStack bounds Trap.Stack: a trap deep inside nested calls keeps the innermost
// functions.
const maxStack = 100

// addStack adds functions that called those there are.
func addStack(stack, fns []string) []string {
	return append(stack, fns[:min(len(fns), max(0, maxStack-len(stack)))]...)
}

// locate adds the names of a component instance of c.
func (t *Trap) locate(c *Composition, inst int) {
	if inst < 0 || inst >= len(c.plan.Instances) {
		return
	}
	i := &c.plan.Instances[inst]
	t.Instance = i.Path
	if i.Component >= 0 {
		t.Component = c.plan.Components[i.Component].Name
	}
}

// Unwrap returns the cause.
func (t *Trap) Unwrap() error { return t.Cause }

// Report returns several lines for a person to read: what happened, where, and
// the stack of core functions. Nothing in it can act on a terminal.
func (t *Trap) Report() string {
	var b strings.Builder
	fmt.Fprintf(&b, "trap: %s\n", printable.Text(t.why()))
	if t.Component != "" {
		fmt.Fprintf(&b, "  component: %s\n", t.Component)
	}
	if t.Instance != "" && t.Instance != t.Component {
		fmt.Fprintf(&b, "  instance:  %s\n", t.Instance)
	}
	if t.Function != "" {
		fmt.Fprintf(&b, "  function:  %s\n", t.Function)
	}
	if len(t.Stack) > 0 {
		b.WriteString("  stack, innermost first:\n")
		for _, f := range t.Stack {
			fmt.Fprintf(&b, "    %s\n", printable.Text(f))
		}
	}
	return b.String()
}

// ArgumentError tells that the caller of an export, or a function of the host,
// gave a Value that does not fit the function's type. It is a bug in Go code, not
// a trap.
type ArgumentError struct {
	// Function is the function's name, Reason what does not fit.
	Function, Reason string
}

func (e *ArgumentError) Error() string { return e.Function + ": " + e.Reason }

// InterruptError tells that a call was ended because its context was done or its
// instance was closed. errors.Is finds context.Canceled, context.DeadlineExceeded
// or ErrClosed in it.
type InterruptError struct {
	// Function is the exported function that was called.
	Function string
	Cause    error
	// Stack are the core functions that were running, innermost first.
	Stack []string
}

func (e *InterruptError) Error() string {
	return "call of " + e.Function + " interrupted: " + e.Cause.Error()
}

// Unwrap returns why.
func (e *InterruptError) Unwrap() error { return e.Cause }

// PanicError tells that a function of the host panicked: a bug in Go code. The
// call that it happened in ends, as it would with a trap.
type PanicError struct {
	// Function is the name of the host's function, empty for the executor itself.
	Function string
	// Value is what it panicked with, and Stack the goroutine's stack.
	Value any
	Stack []byte
}

func (e *PanicError) Error() string {
	if e.Function == "" {
		return fmt.Sprintf("bug in the host: %v", e.Value)
	}
	return fmt.Sprintf("bug in the host's function %s: %v", e.Function, e.Value)
}

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
