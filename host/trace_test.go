package host

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
)

// tracer writes down what it is told, and who has called whom in contexts.
type tracer struct{ lines []string }

type tracerKey struct{}

func (r *tracer) Begin(ctx context.Context, c *TracedCall) (context.Context, func(error)) {
	outer, _ := ctx.Value(tracerKey{}).(string)
	name := fmt.Sprintf("%s: %s → %s %s in %q", c.Composition, c.Caller, c.Callee, c.Function, outer)
	r.lines = append(r.lines, "begin "+name)
	return context.WithValue(ctx, tracerKey{}, outer+"/"+c.Callee), func(err error) {
		r.lines = append(r.lines, fmt.Sprintf("end %s: %v", c.Callee, err))
	}
}

// chained has app call middle, which calls last twice; last calls the host. Beside,
// there is a call within app.
func chained(t *testing.T, fail bool) (*kit, Config, *[]string) {
	var seen []string
	k := newKit(t, "app", "middle", "last")
	k.p.Instances = append(k.p.Instances, plan.Instance{Path: "app/1", Component: 0, Parent: 1})
	ft := fn(nil)
	hostT := k.hostImport(plan.Side{Instance: 3}, "test:host/x", "f", ft, canon.Options{})
	forward := func(inst int, from int, times int) int {
		var f0 uint32
		g := newGuest(func(b *core.Builder) { f0 = b.ImportFunc("0", "f", b.Type(nil, nil)) })
		g.fn("run", nil, nil, func(f *core.Func) {
			for range times {
				f.Call(f0)
			}
			if fail && inst == 3 {
				f.Op(core.OpUnreachable)
			}
		})
		return k.module(inst, g.Builder, fromHost(from))
	}
	call := func(caller, callee, step int, name string) int {
		return k.adapter(plan.Side{Instance: caller}, plan.Side{Instance: callee}, step, name, ft, canon.Options{}, canon.Options{})
	}
	last := forward(3, hostT, 1)
	middle := forward(2, call(2, 3, last, "last#run"), 2)
	k.p.HostModules[len(k.p.HostModules)-1].Trampolines[0].Target.Name = "run"
	inner := forward(4, call(4, 2, middle, "middle#run"), 1)
	k.p.HostModules[len(k.p.HostModules)-1].Trampolines[0].Target.Name = "run"
	k.export(4, inner, "run", ft, canon.Options{})
	cfg := Config{Interfaces: []*Interface{{Name: "test:host/x", Funcs: map[string]Func{"f": func(c *Call, _ []value.Value) (value.Value, error) {
		s, _ := c.Context().Value(tracerKey{}).(string)
		seen = append(seen, s)
		return value.Value{}, nil
	}}}}}
	return k, cfg, &seen
}

// TestTracer follows calls through three components.
func TestTracer(t *testing.T) {
	k, cfg, seen := chained(t, false)
	tr := &tracer{}
	cfg.Tracer = tr
	i := k.start(cfg)
	ctx := context.WithValue(context.Background(), tracerKey{}, "request")
	for range 2 { // a task is used again
		tr.lines, *seen = nil, nil
		if _, err := i.Call(ctx, "", "run"); err != nil {
			t.Fatal(err)
		}
		want := []string{
			`begin test: app → middle middle#run in "request"`,
			`begin test: middle → last last#run in "request/middle"`, `end last: <nil>`,
			`begin test: middle → last last#run in "request/middle"`, `end last: <nil>`,
			`end middle: <nil>`,
		}
		if !slices.Equal(tr.lines, want) {
			t.Errorf("got:\n%s\nwant:\n%s", strings.Join(tr.lines, "\n"), strings.Join(want, "\n"))
		}
		if want := []string{"request/middle/last", "request/middle/last"}; !slices.Equal(*seen, want) {
			t.Errorf("the host saw %q, want %q", *seen, want)
		}
	}
}

// TestTracerOfTrap lets the last component fail: all calls around it end with that.
func TestTracerOfTrap(t *testing.T) {
	k, cfg, _ := chained(t, true)
	tr := &tracer{}
	cfg.Tracer = tr
	_, err := k.start(cfg).Call(context.Background(), "", "run")
	const why = "trap in last, function last#run: unreachable code was reached"
	if err == nil || err.Error() != why {
		t.Fatalf("got %v", err)
	}
	want := []string{
		`begin test: app → middle middle#run in ""`,
		`begin test: middle → last last#run in "/middle"`,
		"end last: " + why, "end middle: " + why,
	}
	if !slices.Equal(tr.lines, want) {
		t.Errorf("got:\n%s\nwant:\n%s", strings.Join(tr.lines, "\n"), strings.Join(want, "\n"))
	}
}

// TestStdioOf gives components their own streams.
func TestStdioOf(t *testing.T) {
	k := newKit(t, "app", "log")
	c := k.compile(Config{})
	streams := map[string]*closable{}
	var asked []string
	i, err := c.Instantiate(context.Background(), InstanceOptions{StdioOf: func(component string, _ func() context.Context) Stdio {
		asked = append(asked, component)
		streams[component] = &closable{}
		return Stdio{Out: streams[component]}
	}})
	if err != nil {
		t.Fatal(err)
	}
	for n, text := range []string{"from app\n", "from log\n", "more from app\n"} {
		err := i.As(context.Background(), n%2, func(c *Call) error {
			_, err := c.Stdio().Out.Write([]byte(text))
			_, _ = c.Stdio().Err.Write([]byte("goes nowhere"))
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if !slices.Equal(asked, []string{"app", "log"}) {
		t.Errorf("asked for the streams of %q", asked)
	}
	for name, want := range map[string]string{"app": "from app\nmore from app\n", "log": "from log\n"} {
		if s := streams[name]; s.String() != want || s.closed != 1 {
			t.Errorf("%s printed %q and was closed %d times", name, s, s.closed)
		}
	}
}

type closable struct {
	bytes.Buffer
	closed int
}

func (c *closable) Close() error {
	c.closed++
	return nil
}

// TestStdioRunning: streams are told which call writes to them.
func TestStdioRunning(t *testing.T) {
	k := newKit(t, "app")
	c := k.compile(Config{})
	var running func() context.Context
	i, err := c.Instantiate(context.Background(), InstanceOptions{StdioOf: func(_ string, r func() context.Context) Stdio {
		running = r
		return Stdio{}
	}})
	if err != nil {
		t.Fatal(err)
	}
	type key struct{}
	for n := range 2 {
		err := i.As(context.WithValue(context.Background(), key{}, n), 0, func(c *Call) error {
			c.Stdio()
			if got := running().Value(key{}); got != n {
				t.Errorf("call %d runs, streams are told of %v", n, got)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		if got := running().Value(key{}); got != n { // what it wrote may be on its way
			t.Errorf("call %d ran, streams are told of %v", n, got)
		}
	}
	if err := i.Close(context.Background()); err != nil {
		t.Error(err)
	}
}
