package host

import (
	"errors"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

type keeper struct{ n int }

func (k *keeper) Retained() int { return k.n }

// TestRetained: what objects keep for a guest is bounded, however they came to it, and
// what was dropped does not count.
func TestRetained(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		var h = &wit.Resource{Name: "h"}
		iface := &Interface{Name: "test:host/things@1.0.0", Type: &wit.InstanceType{Exports: []wit.Decl{{Name: "h", Type: &wit.TypeExport{Def: h, Abstract: true}}}}}
		iface.Funcs = map[string]Func{
			"new": func(c *Call, args []value.Value) (value.Value, error) {
				return c.Own(h, &keeper{int(args[0].U32())}), nil
			},
			"add": func(c *Call, args []value.Value) (value.Value, error) {
				k, err := Object[*keeper](args[0])
				if err == nil {
					k.n += len(args[1].Str())
				}
				return value.Value{}, err
			},
		}
		cfg.Interfaces, cfg.MaxObjectBytes = []*Interface{iface}, 1<<20
		k := newKit(t, "app")
		k.p.Resources = []plan.Resource{{Name: "h", Instance: -1, Interface: iface.Name, HostName: "h"}}
		mem := k.module(1, newGuest(nil).Builder)
		mk := k.hostImport(side(1, mem), iface.Name, "new", fn(wit.NewOwn(h), prim(wit.U32)), canon.Options{}, 0)
		add := k.hostImport(side(1, mem), iface.Name, "add", fn(nil, wit.NewBorrow(h), prim(wit.String)), allOptions, 0)
		drop := k.builtin(1, canon.ResourceDrop("[resource-drop]h", h), 0)
		var n, a, d uint32
		g := newGuest(func(b *core.Builder) {
			n = b.ImportFunc("0", "f", b.Type(types(i32), types(i32)))
			a = b.ImportFunc("1", "f", b.Type(types(i32, i32, i32), nil))
			d = b.ImportFunc("2", "f", b.Type(types(i32), nil))
		})
		g.fn("new", types(i32), types(i32), func(fn *core.Func) { fn.LocalGet(0).Call(n) })
		g.fn("add", types(i32, i32), nil, func(fn *core.Func) { fn.LocalGet(0).I32(0).LocalGet(1).Call(a) })
		g.fn("drop", types(i32), nil, func(fn *core.Func) { fn.LocalGet(0).Call(d) })
		step := k.module(1, g.Builder, fromHost(mk), fromHost(add), fromHost(drop))
		k.export(1, step, "new", fn(prim(wit.U32), prim(wit.U32)), canon.Options{})
		k.export(1, step, "add", fn(nil, prim(wit.U32), prim(wit.U32)), canon.Options{})
		k.export(1, step, "drop", fn(nil, prim(wit.U32)), canon.Options{})
		c := k.compile(cfg)
		call := func(i *Instance, name string, args ...uint32) (uint32, error) {
			var vs []value.Value
			for _, a := range args {
				vs = append(vs, value.U32(a))
			}
			v, err := i.Call(t.Context(), "", name, vs...)
			if err != nil || name != "new" {
				return 0, err
			}
			return v.U32(), nil
		}

		i := instance(t, c)
		for range 100 { // dropped in between, they are never too many
			index, err := call(i, "new", 500<<10)
			if err == nil {
				_, err = call(i, "drop", index)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		wants := func(name string, next func(i *Instance) error) {
			t.Helper()
			i, before := instance(t, c), 0
			for before = range 100 {
				if err := next(i); err != nil {
					var trap *Trap
					if !errors.As(err, &trap) || trap.Code != canon.TrapHost || trap.Component != "app" || !strings.Contains(err.Error(), "drop some") {
						t.Errorf("%s: %v", name, err)
					}
					break
				}
			}
			if before < 19 || before > 26 {
				t.Errorf("%s: %d times 50 KiB were kept of 1 MiB", name, before)
			}
		}
		wants("made", func(i *Instance) error { _, err := call(i, "new", 50<<10); return err })
		var index uint32
		fresh := true
		wants("grown", func(i *Instance) (err error) {
			if fresh {
				index, err = call(i, "new", 0)
				fresh = false
			}
			if err == nil {
				_, err = call(i, "add", index, 50<<10)
			}
			return err
		})
	})
}
