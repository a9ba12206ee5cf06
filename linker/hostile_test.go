package linker_test

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"runtime/metrics"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core/coretest"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/wit"
)

// anonymous makes a random type that an export need not give a name.
func (e *entropy) anonymous(depth int) *wit.Type {
	kind := e.n(9)
	if depth == 0 {
		kind = 0
	}
	sub := func() *wit.Type { return e.anonymous(depth - 1) }
	switch kind {
	case 1, 2:
		return wit.NewList(sub())
	case 3, 4:
		ts := []*wit.Type{sub()}
		for range e.n(5) {
			ts = append(ts, sub())
		}
		return wit.NewTuple(ts...)
	case 5:
		return wit.NewOption(sub())
	case 6:
		ts := []*wit.Type{nil, sub()}
		return wit.NewResult(ts[e.n(2)], ts[e.n(2)])
	case 7, 8:
		return wit.Primitive(wit.String)
	}
	return wit.Primitive(wit.Kind(e.n(int(wit.String-wit.Bool)+1)) + wit.Bool)
}

// argument makes a random value.
func (e *entropy) argument(t *wit.Type) value.Value {
	if t == nil {
		panic("no type")
	}
	switch t.Kind {
	case wit.Bool:
		return value.Bool(e.n(2) == 1)
	case wit.F32:
		return value.F32(float32(e.u32()))
	case wit.F64:
		return value.F64(float64(e.u32()))
	case wit.Char:
		return value.Char([]rune("aé€𝄞")[e.n(4)])
	case wit.String:
		return value.String(strings.Repeat([]string{"a", "é", "€", "𝄞"}[e.n(4)], e.n(100)))
	case wit.List:
		vs := make([]value.Value, e.n(5))
		for i := range vs {
			vs[i] = e.argument(t.Elem)
		}
		return value.List(vs...)
	case wit.Tuple:
		vs := make([]value.Value, len(t.Fields))
		for i := range vs {
			vs[i] = e.argument(t.Fields[i].Type)
		}
		return value.Tuple(vs...)
	case wit.Option, wit.Result:
		c := e.n(2)
		if t.Cases[c].Type == nil {
			return value.Choice(t.Kind, c, nil)
		}
		p := e.argument(t.Cases[c].Type)
		return value.Choice(t.Kind, c, &p)
	case wit.S8:
		return value.S8(int8(e.u32()))
	case wit.S16:
		return value.S16(int16(e.u32()))
	case wit.S32:
		return value.S32(e.u32())
	case wit.S64:
		return value.S64(int64(e.u32()))
	}
	bits := map[wit.Kind]uint{wit.U8: 8, wit.U16: 16, wit.U32: 32, wit.U64: 64}[t.Kind]
	return value.Scalar(t.Kind, uint64(uint32(e.u32()))&(1<<bits-1))
}

// hostileNode is one component of a chain: it exports what it imports.
func hostileNode(e *entropy, t *wit.Type, leaf bool) []byte {
	fts := hostileFuncs(t, &wit.Resource{Name: "r"})
	g := &guest{entropy: e, sigs: hostileSignatures(fts), leaf: leaf, low: []int{slotDrop}}
	if leaf {
		g.low = append(g.low, slotNew, slotRep)
	} else {
		g.low = append(g.low, 0, 1, 2, 3, 4)
	}
	enc := newEncoder()
	env := enc.coreInstance(enc.module(g.memoryModule()))
	enc.memoryAlias(env, "m")
	options := [][]byte{{byte(e.n(3))}, {3, 0}, append([]byte{4}, leb(enc.coreAlias(env, "realloc"))...)}
	var resource int
	if leaf {
		dtor := enc.coreAlias(env, "dtor")
		resource = enc.export(sortType, "r", enc.typ([]byte{0x3f, 0x7f, 1}, leb(dtor)))
	} else {
		resource = enc.importResource("r")
	}
	types := make([]int, len(fts))
	for i, ft := range fts {
		types[i] = enc.fn(ft, resource)
	}
	core := []int{enc.canon([]byte{3}, leb(resource))}
	if leaf {
		core = append(core, enc.canon([]byte{2}, leb(resource)), enc.canon([]byte{4}, leb(resource)))
	} else {
		for i, name := range hostileNames {
			core = append(core, enc.lower(enc.importFunc(name, types[i]), options...))
		}
	}
	names := make([]string, len(g.low))
	for i, slot := range g.low {
		names[i] = fmt.Sprint(slot)
	}
	inst := enc.coreInstance(enc.module(g.mainModule(fts)), "env", env, "low", enc.coreInline(names, core))
	for i, name := range hostileNames {
		opts := slices.Clone(options)
		if e.n(2) == 1 {
			opts = append(opts, append([]byte{5}, leb(enc.coreAlias(inst, "post-"+name))...))
		}
		enc.export(sortFunc, name, enc.lift(enc.coreAlias(inst, name), types[i], opts...))
	}
	return enc.b
}

// hostileComponent is a chain of hostile components inside one.
// The shape says how long it is, and what type of values it passes on.
func hostileComponent(shape, e *entropy) ([]byte, *wit.Type) {
	t := shape.anonymous(3)
	enc := newEncoder()
	leaf := enc.component(hostileNode(e, t, true))
	nodes := []int{enc.component(hostileNode(e, t, false)), enc.component(hostileNode(e, t, false))}
	at := enc.instance(leaf, nil)
	r := enc.alias(sortType, at, "r")
	length := 1
	if shape.rarely(3) {
		length += shape.n(4)
	}
	if shape.rarely(100) {
		length = 30
	}
	for range length {
		args := []argument{{"r", sortType, r}}
		for _, name := range hostileNames {
			args = append(args, argument{name, sortFunc, enc.alias(sortFunc, at, name)})
		}
		at = enc.instance(nodes[e.n(2)], args)
	}
	for _, name := range []string{"f", "go"} {
		enc.export(sortFunc, name, enc.alias(sortFunc, at, name))
	}
	return enc.b, t
}

// outcome is what came of one step of a hostile component's life: a value, a trap,
// or the end of the time that it had.
type outcome struct {
	text string
	// loose: it depends on how fast or how deep in its stack an engine is.
	loose bool
	code  canon.TrapCode
}

func judge(t *testing.T, v value.Value, err error) outcome {
	var trap *host.Trap
	var interrupt *host.InterruptError
	switch {
	case err == nil:
		return outcome{text: "= " + v.String()}
	case errors.As(err, &trap):
		return outcome{trap.Instance + ": " + trap.Code.String(), trap.Code == canon.TrapStackOverflow, trap.Code}
	case errors.As(err, &interrupt) && errors.Is(err, context.DeadlineExceeded):
		return outcome{text: "interrupted", loose: true}
	case errors.Is(err, context.DeadlineExceeded):
		return outcome{text: "too late", loose: true}
	}
	t.Errorf("neither a value nor a trap: %v", err)
	return outcome{text: err.Error()}
}

// calls makes call n of a component's life.
type calls func(i *host.Instance, ctx context.Context, n int) (value.Value, error)

// life instantiates and calls a component until it traps.
func life(t *testing.T, c *host.Composition, call calls) (out []outcome) {
	ctx, cancel := context.WithTimeout(context.Background(), 300*time.Millisecond)
	defer cancel()
	i, err := c.Instantiate(ctx, host.InstanceOptions{})
	if out = append(out, judge(t, value.Bool(true), err)); err != nil {
		return out
	}
	for n := range 4 {
		v, err := call(i, ctx, n)
		if out = append(out, judge(t, v, err)); err != nil {
			break
		}
	}
	if err := i.Close(context.Background()); err != nil {
		judge(t, value.Value{}, err)
	}
	return out
}

// ways are how a hostile component is run. Each is run in the first, which is made
// soonest, and in one of the others.
var ways = []struct {
	engine string
	fuse   compile.Fuse
}{
	{"interpreter", compile.FuseOff}, {"interpreter", compile.FuseAuto}, {"compiler", compile.FuseOff}, {"compiler", compile.FuseAuto},
}

// specimen is a hostile component, with compositions of it in two ways.
type specimen struct {
	key          [2]uint64
	t            *wit.Type // what its function f takes
	names        [2]string
	compositions [2]*host.Composition
}

// specimens are the last ones, so that inputs that only differ in what a component is
// called with find it compiled, and instances that others have used.
type specimens struct{ last []*specimen }

const manySpecimens = 200

func (s *specimens) get(t *testing.T, shape, code uint64) *specimen {
	key := [2]uint64{shape, code}
	for _, x := range s.last {
		if x.key == key {
			return x
		}
	}
	x := &specimen{key: key}
	b, ty := hostileComponent(&entropy{coretest.NewChoices(shape, nil)}, &entropy{coretest.NewChoices(code, nil)})
	x.t = ty
	d, err := linker.Define("hostile", b)
	if err != nil {
		t.Fatalf("the component is not valid: %v", err)
	}
	for n, way := range [2]int{0, []int{1, 1, 1, 2, 1, 1, 1, 3}[code%8]} {
		w := ways[way]
		x.names[n] = fmt.Sprintf("%s, fuse %d", w.engine, w.fuse)
		p, err := d.Plan(nil, linker.Options{Compile: compile.Options{Fuse: w.fuse}})
		if err != nil {
			t.Fatal(err)
		}
		x.compositions[n], err = host.Compile(context.Background(), p, host.Config{Engine: w.engine, MaxMemory: 8 << 20, MaxHandles: 50, MaxValueBytes: 8 << 20})
		if err != nil {
			t.Fatal(err)
		}
	}
	if s.last = append(s.last, x); len(s.last) > manySpecimens {
		for _, c := range s.last[0].compositions {
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
		s.last = s.last[1:]
	}
	return x
}

// drawn makes the calls of a life from a seed.
func (x *specimen) drawn(seed uint64) calls {
	e := &entropy{coretest.NewChoices(seed, nil)}
	args := []value.Value{value.U32(uint32(e.n(3))), e.argument(x.t), value.U32(uint32(e.n(256))), e.argument(x.t)}
	return func(i *host.Instance, ctx context.Context, n int) (value.Value, error) {
		return i.Call(ctx, "", []string{"go", "f"}[n%2], args[n])
	}
}

// FuzzHostileComponent: a valid component may do what it likes, in realloc, in
// post-return, in destructors and while it starts: instantiating and calling it
// yields a value or a trap, the same on both engines, whether calls between components
// are generated code or go through the host, and whatever the component did before in an
// instance that is used again. One and other are what it is called with, of which only
// the first is compared. There are numbers and no bytes, which Go's fuzzer would spend its
// time on making fewer of.
func FuzzHostileComponent(f *testing.F) {
	for seed := range uint64(30) {
		f.Add(seed, seed, seed, seed+1)
	}
	// A destructor traps, called by code that generated code called.
	f.Add(uint64(311), uint64(311), uint64(311), uint64(312))
	s := &specimens{}
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // there is little that lives
	f.Fuzz(func(t *testing.T, shape, code, one, other uint64) {
		x := s.get(t, shape, code)
		var first []outcome
		for n, c := range x.compositions {
			start := time.Now()
			for nth, seed := range []uint64{one, other, one} {
				got := life(t, c, x.drawn(seed))
				if first == nil {
					first = got
				}
				if seed == one {
					compareLives(t, fmt.Sprintf("%s, instance %d", x.names[n], nth), first, got)
				}
			}
			if took := time.Since(start); took > 20*time.Second {
				t.Errorf("%s took %v, with deadlines of 300 ms", x.names[n], took)
			}
		}
		heap := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
		if metrics.Read(heap); heap[0].Value.Uint64() > 1<<30 {
			t.Errorf("%d bytes are in use", heap[0].Value.Uint64())
		}
	})
}

// compareLives compares up to where they may differ.
func compareLives(t *testing.T, name string, want, got []outcome) {
	for n := range min(len(want), len(got)) {
		switch w, g := want[n], got[n]; {
		case w.loose || g.loose:
			return
		case w.code != g.code && (w.code == canon.TrapInvalidUTF8 || g.code == canon.TrapInvalidUTF8):
			return // generated code calls realloc before it validates the text
		case w != g:
			t.Errorf("step %d, %s: ended with\n%s, first with\n%s", n, name, g.text, w.text)
			return
		}
	}
	if len(want) != len(got) {
		t.Errorf("%s took %d steps, first it were %d", name, len(got), len(want))
	}
}
