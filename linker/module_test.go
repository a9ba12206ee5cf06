package linker_test

import (
	"context"
	"testing"

	"github.com/sidecall/sidecall/components/core/coretest"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/wit"
)

// aroundModule makes a component of a module that exports run, from i32 to i64.
func aroundModule(module []byte) []byte {
	enc := newEncoder()
	inst := enc.coreInstance(enc.module(module))
	run := enc.fn(&wit.FuncType{Params: []wit.Field{{Name: "a", Type: wit.Primitive(wit.U32)}}, Result: wit.Primitive(wit.U64)}, 0)
	enc.export(sortFunc, "run", enc.lift(enc.coreAlias(inst, "run"), run))
	return enc.b
}

// FuzzModule runs random core modules, of which some throw and catch, as a composition is
// run, on each engine: what one of them refuses is refused with a reason, and what both
// accept comes to the same, also in instances that are used again.
func FuzzModule(f *testing.F) {
	for seed := range uint64(100) {
		f.Add(seed, []byte{})
	}
	f.Add(uint64(18), []byte("00")) // in the compiler, a local has its old value after a catch
	f.Fuzz(func(t *testing.T, seed uint64, data []byte) {
		m := coretest.Generate(coretest.NewChoices(seed, data), coretest.Options{Exceptions: seed%3 == 0})
		d, err := linker.Define("module", aroundModule(m.Bytes))
		if err != nil {
			t.Fatalf("the component is not valid: %v", err)
		}
		var first []outcome
		for _, engine := range []string{"interpreter", "compiler"} {
			c, err := composition(d, engine)
			if err != nil {
				if !m.Throws {
					t.Fatalf("%s: %v", engine, err)
				}
				continue // exceptions may be refused
			}
			for range 4 {
				got := moduleLife(t, c, m.Runs)
				if first == nil {
					first = got
				}
				compareLives(t, engine, first, got)
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
		}
	})
}

// composition links and compiles a component that imports nothing.
func composition(d *linker.Definition, engine string) (*host.Composition, error) {
	p, err := d.Plan(nil, linker.Options{})
	if err != nil {
		return nil, err
	}
	return host.Compile(context.Background(), p, host.Config{Engine: engine, MaxMemory: 8 << 20})
}

// moduleLife does all runs in an instance, or in as many as it takes when they trap.
func moduleLife(t *testing.T, c *host.Composition, runs int) (out []outcome) {
	ctx := context.Background()
	var i *host.Instance
	for n := range runs {
		if i == nil {
			var err error
			i, err = c.Instantiate(ctx, host.InstanceOptions{})
			if out = append(out, judge(t, value.Bool(true), err)); err != nil {
				return out
			}
		}
		v, err := i.Call(ctx, "", "run", value.U32(uint32(n)))
		if out = append(out, judge(t, v, err)); err != nil {
			_ = i.Close(ctx)
			i = nil
		}
	}
	if i != nil {
		if err := i.Close(ctx); err != nil {
			t.Error(err)
		}
	}
	return out
}
