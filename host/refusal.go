package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/engine"
)

// Refusal is something that a component asked for and was not given. It is an error, too,
// for plugins that find it deep inside.
type Refusal struct {
	Composition, Component string
	// Kind is of a few words, by which what is told is bounded: "http", "memory".
	Kind string
	// Target is what was asked for, as the component names it: an origin, a bucket.
	Target string
	// Reason says what was refused in a sentence's rest: "a request to https://a.example".
	Reason string
	// Write is what to write to allow it: a piece of the manifest from its root, as Allow
	// makes it, or a flag. It is empty where nothing allows it.
	Write string
	// Quiet says that the component may well live with it: it is worth a line for who
	// looks, not a warning.
	Quiet bool
	// Last says that no more of this kind is told of the component.
	Last bool
}

// Error is the reason.
func (r *Refusal) Error() string { return r.Reason + " is not granted" }

// Allow writes a piece of the manifest that gives a component more: key and value are
// YAML, a path of keys and what to add there.
func Allow(component, value string, keys ...string) string {
	var b strings.Builder
	b.WriteString("components: { " + Scalar(component) + ": { ")
	for _, k := range keys {
		b.WriteString(Scalar(k) + ": ")
		if k != keys[len(keys)-1] {
			b.WriteString("{ ")
		}
	}
	b.WriteString(value + strings.Repeat(" }", len(keys)+1))
	return b.String()
}

// plain are the scalars that mean a string in YAML whichever way it is read, in a flow too.
var plain = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_./-]*$`)

// Scalar writes a string as YAML, in quotes if it needs them.
func Scalar(s string) string {
	other := []string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
	if plain.MatchString(s) && !slices.Contains(other, strings.ToLower(s)) {
		return s
	}
	var b strings.Builder
	e := json.NewEncoder(&b) // YAML's double quotes take what JSON writes
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string can always be
	return strings.TrimSpace(b.String())
}

// RefusalTracer is implemented by Tracers that are to know of every refusal, not only of
// those that are told first. ctx is that of Call.Context.
type RefusalTracer interface {
	Refused(ctx context.Context, r *Refusal)
}

const (
	// maxTold is how many targets are told of one component and kind.
	maxTold = 32
	// maxTarget is how much of a target is told and remembered, in bytes.
	maxTarget = 256
)

// refusals remembers what was told: of each component and kind a few, whatever guests ask
// for.
type refusals struct {
	mu   sync.Mutex
	told map[kindOf]map[string]bool // guarded by mu: the targets, by who asked for what
}

type kindOf struct{ component, kind string }

// first reports whether something is to be told, and whether it is the last of its kind.
func (r *refusals) first(of kindOf, target string) (tell, last bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	targets := r.told[of]
	if len(targets) > maxTold || targets[target] {
		return false, false
	}
	if targets == nil {
		targets = map[string]bool{}
		if r.told == nil {
			r.told = map[kindOf]map[string]bool{}
		}
		r.told[of] = targets
	}
	last = len(targets) == maxTold
	targets[strings.Clone(target)] = true
	return true, last
}

// tell tells of a refusal if it is one that is to be told.
func (r *refusals) tell(to func(Refusal), refusal Refusal) {
	if to == nil {
		return
	}
	if tell, last := r.first(kindOf{refusal.Component, refusal.Kind}, refusal.Target); tell {
		refusal.Last = last
		to(refusal)
	}
}

// Refused tells that the component was not given something: Config.Refused once for each
// component, kind and target, and a RefusalTracer each time. Component may be another than
// the one that calls, if it asked for what that passes on.
func (c *Call) Refused(r Refusal) {
	if r.Component == "" {
		r.Component = c.Component().Name
	}
	c.t.inst.comp.refused(c.t, r)
}

// refused tells of a refusal; t is the call that it is part of, nil if that is not known.
func (c *Composition) refused(t *task, r Refusal) {
	if len(r.Target) > maxTarget {
		r.Target = strings.ToValidUTF8(r.Target[:maxTarget], "") + "…"
		r.Write = "" // it would be another's
	}
	r.Composition = c.plan.Name
	if tracer, ok := c.cfg.Tracer.(RefusalTracer); ok && t != nil {
		tracer.Refused(t.context(), &r)
	}
	c.refusals.tell(c.cfg.Refused, r)
	if t != nil && t.inst.told != nil {
		t.inst.told.tell(t.inst.refusedHere, r)
	}
}

// context is that of the innermost traced call, for its values.
func (t *task) context() context.Context {
	if t.span != nil {
		return t.span
	}
	return t.ctx
}

// TellRefusal is Refused of a Refusal that an error of a plugin is or wraps, if there is one.
func (c *Call) TellRefusal(err error) {
	if r, ok := errors.AsType[*Refusal](err); ok {
		c.Refused(*r)
	}
}

// tellMemory tells a tracer, and who sees this instance only, at the end of a call, that
// memories met their limit in it.
func (t *task) tellMemory() {
	for n := range t.inst.budgets {
		if b := &t.inst.budgets[n]; b.Full {
			b.Full = false
			r := t.inst.comp.memoryLimit(n, &budget.Error{Spec: budget.Spec{Owner: b.Owner, What: "memory in one instance", Limit: b.Max, Change: b.Change}, Used: b.Used(), Alone: true})
			if tracer, ok := t.inst.comp.cfg.Tracer.(RefusalTracer); ok {
				tracer.Refused(t.context(), &r)
			}
			if t.inst.told != nil {
				t.inst.told.tell(t.inst.refusedHere, r)
			}
		}
	}
}

// memoryRefused tells that a component's memories may not grow.
func (c *Composition) memoryRefused(component int) func(error) {
	return func(err error) {
		if component < len(c.plan.Components) {
			c.refused(nil, c.memoryLimit(component, err))
		}
	}
}

// memoryLimit says which limit a component has met.
func (c *Composition) memoryLimit(component int, err error) Refusal {
	r := Refusal{Composition: c.plan.Name, Kind: "memory", Reason: "more memory: " + err.Error()}
	if component < len(c.plan.Components) {
		r.Component = c.plan.Components[component].Name
	}
	if full, ok := errors.AsType[*budget.Error](err); ok && full.Alone {
		r.Write = maxMemory(2 * max(full.Limit, full.Asked))
	} else {
		r.Target = "of the process" // another thing to be told of
	}
	return r
}

// limited tells of a limit that ended a call.
func (t *task) limited(err error) {
	trap, ok := err.(*Trap)
	if !ok || trap.Component == "" {
		return
	}
	r := Refusal{Component: trap.Component}
	cfg := &t.inst.comp.cfg
	var objects *objectsError
	var memory *engine.MemoryError
	switch {
	case trap.Code == canon.TrapTooManyHandles:
		r.Kind, r.Reason = "handles", fmt.Sprintf("more handles at a time: the limit is %d", cfg.MaxHandles)
	case trap.Code == canon.TrapCallDepth:
		r.Kind, r.Reason = "calls", fmt.Sprintf("calls nested deeper: the limit is %d", cfg.MaxCallDepth)
	case trap.Code == canon.TrapValueTooLarge:
		r.Kind, r.Reason = "values", fmt.Sprintf("larger values in one call: the limit is %s", mebibytes(cfg.MaxValueBytes))
	case errors.As(err, &objects):
		r.Kind, r.Reason = "objects", fmt.Sprintf("more room for resources of the host: the limit is %s", mebibytes(objects.limit))
	case errors.As(err, &memory):
		r = t.inst.comp.memoryLimit(0, memory)
		r.Component = trap.Component
	default:
		return
	}
	t.inst.comp.refused(t, r)
}

// maxMemory is the flag for at least so many bytes.
func maxMemory(bytes uint64) string {
	return fmt.Sprintf("--max-memory %dMiB", (bytes+1<<20-1)>>20)
}

// mebibytes writes a size for a message.
func mebibytes(n uint64) string {
	switch {
	case n >= 1<<30 && n%(1<<30) == 0:
		return fmt.Sprintf("%dGiB", n>>30)
	case n >= 1<<20 && n%(1<<20) == 0:
		return fmt.Sprintf("%dMiB", n>>20)
	case n >= 1<<20:
		return fmt.Sprintf("%.1fMiB", float64(n)/(1<<20))
	case n >= 1<<10:
		return fmt.Sprintf("%dKiB", n>>10)
	}
	return fmt.Sprint(n)
}
