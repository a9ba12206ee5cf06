package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/wave"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// Functions implements control.Process.
func (w *running) Functions() []control.Function {
	out := []control.Function{}
	for i := range w.comp.Plan().Exports {
		if e := &w.comp.Plan().Exports[i]; e.Type != nil {
			out = append(out, control.Function{Name: functionName(e), Type: wit.Print(e.Type, maxTypePrinted), Why: notCallable(e.Type)})
		}
	}
	return out
}

// maxTypePrinted bounds what is shown of a function's type, in bytes.
const maxTypePrinted = 2000

func functionName(e *plan.Export) string {
	if e.Interface == "" {
		return e.Name
	}
	return e.Interface + "#" + e.Name
}

// notCallable says why a function cannot be called with values from outside.
func notCallable(t *wit.FuncType) string {
	for _, p := range t.Params {
		switch m := p.Type.Metrics(); {
		case m.HasResource:
			return "it takes handles of resources, which only components have"
		case m.HasAsync:
			return "it takes streams or futures"
		}
	}
	return ""
}

// Call implements control.Process.
func (w *running) Call(ctx context.Context, r control.CallRequest) (reply control.CallReply) {
	stdout, stderr := &clipped{most: control.MaxOutput}, &clipped{most: control.MaxOutput}
	result, err := w.call(ctx, r, host.Stdio{Out: stdout, Err: stderr})
	if errors.Is(err, context.DeadlineExceeded) {
		err = fmt.Errorf("%w: the call was ended after %s", errTimeout, r.Limit())
	}
	reply.Result, reply.Stdout, reply.Stderr = result, stdout.String(), stderr.String()
	if err != nil {
		reply.Message, reply.Exit = message(err)
	}
	return reply
}

// call makes an instance, calls one function, and closes the instance.
func (w *running) call(ctx context.Context, r control.CallRequest, stdio host.Stdio) (text string, err error) {
	e, err := w.find(r.Function)
	if err != nil {
		return "", err
	}
	args, err := arguments(r, e)
	if err != nil {
		return "", err
	}
	w.calls.Add(1)
	defer w.calls.Add(-1)
	inst, err := w.comp.Instantiate(ctx, host.InstanceOptions{Stdio: stdio, Refused: func(r host.Refusal) {
		if !r.Quiet {
			tellRefusal(stdio.Err, report.Style{}, r)
		}
	}})
	if err != nil {
		return "", interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, inst.Close(context.WithoutCancel(ctx))) }()
	result, err := inst.Call(ctx, e.Interface, e.Name, args...)
	if err != nil {
		return "", interrupted(ctx, err)
	}
	if e.Type.Result == nil {
		return "", nil
	}
	print := wave.Print
	if r.JSON {
		print = wave.PrintJSON
	}
	return print(result, e.Type.Result, control.MaxResult)
}

// nearFunction is a hint for a name that none of the functions has, however it may be
// shortened.
func nearFunction(name string, all []string) string {
	const most = 10
	var short []string
	for _, full := range all {
		iface, fn, ok := strings.Cut(full, "#")
		if !ok {
			continue
		}
		iface, _, _ = strings.Cut(iface, "@")
		short = append(short, fn, iface[strings.LastIndexAny(iface, ":/")+1:]+"#"+fn)
	}
	if near, ok := diag.Similar(name, slices.Concat(all, short)); ok {
		return "did you mean " + near + "?"
	}
	switch {
	case len(all) == 0:
		return "it exports none"
	case len(all) > most:
		return fmt.Sprintf("it exports %s and %d more: see sidecall call", strings.Join(all[:most], ", "), len(all)-most)
	}
	return "it exports " + strings.Join(all, ", ")
}

// find finds the function that a name means: the whole name, one without the version,
// without the package, or without the interface, if that is one function only.
func (w *running) find(name string) (*plan.Export, error) {
	var near, all []string
	var found *plan.Export
	for i := range w.comp.Plan().Exports {
		e := &w.comp.Plan().Exports[i]
		if e.Type == nil {
			continue
		}
		full := functionName(e)
		if full == name {
			found, near = e, []string{full}
			break
		}
		all = append(all, full)
		iface, _, _ := strings.Cut(e.Interface, "@")
		short := iface[strings.LastIndexAny(iface, ":/")+1:]
		if slices.Contains([]string{e.Name, iface + "#" + e.Name, short + "#" + e.Name}, name) {
			found, near = e, append(near, full)
		}
	}
	switch {
	case len(near) > 1:
		return nil, &usageError{message: fmt.Sprintf("%s is exported more than once", name), hint: "write one of " + strings.Join(near, ", ")}
	case found == nil:
		return nil, &usageError{message: fmt.Sprintf("the composition does not export a function %s", name), hint: nearFunction(name, all)}
	}
	if why := notCallable(found.Type); why != "" {
		return nil, &usageError{message: fmt.Sprintf("%s cannot be called: %s", near[0], why)}
	}
	return found, nil
}

// arguments reads the arguments of a call.
func arguments(r control.CallRequest, e *plan.Export) ([]value.Value, error) {
	params := e.Type.Params
	hint := fmt.Sprintf("its type is %s", e.Type)
	if r.Whole && len(r.Args) == 1 {
		vs, err := wave.ParseArguments(r.Args[0], params)
		if err != nil {
			return nil, &usageError{message: fmt.Sprintf("the arguments (%s): %v", shortened(r.Args[0]), err), hint: hint}
		}
		return vs, nil
	}
	if len(r.Args) != len(params) {
		return nil, &usageError{message: fmt.Sprintf("%s takes %d arguments, and was given %d", functionName(e), len(params), len(r.Args)), hint: hint}
	}
	vs := make([]value.Value, len(params))
	for i, text := range r.Args {
		var err error
		switch t := params[i].Type; {
		case r.JSON:
			vs[i], err = wave.ParseJSON(text, t)
		case t.Kind == wit.String && !strings.HasPrefix(text, `"`):
			vs[i] = value.String(strings.ToValidUTF8(text, "\uFFFD")) // a shell's words need no quotes of ours
		default:
			vs[i], err = wave.Parse(text, t)
		}
		if err != nil {
			return nil, &usageError{message: fmt.Sprintf("argument %s, %s: %v", params[i].Name, shortened(text), err), hint: hint}
		}
	}
	return vs, nil
}

// shortened is text for a message.
func shortened(text string) string {
	if len(text) > 60 {
		return strings.ToValidUTF8(text[:60], "") + "…"
	}
	return text
}

// clipped keeps the first bytes of what is written to it.
type clipped struct {
	most int
	mu   sync.Mutex
	b    bytes.Buffer // guarded by mu
}

// Write never fails: what is too much is dropped.
func (c *clipped) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.b.Write(p[:min(len(p), c.most-c.b.Len())])
	return len(p), nil
}

func (c *clipped) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.b.String()
}
