package host

import (
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// engines runs a test with both engines.
func engines(t *testing.T, f func(t *testing.T, cfg Config)) {
	for _, e := range []string{"compiler", "interpreter"} {
		t.Run(e, func(t *testing.T) { f(t, Config{Engine: e}) })
	}
}

func TestScalars(t *testing.T) {
	engines(t, func(t *testing.T, cfg Config) {
		k := newKit(t, "app", "lib")
		lib := newGuest(nil)
		lib.fn("add", types(i32, i32), types(i32), func(f *core.Func) { f.LocalGet(0).LocalGet(1).Op(core.OpI32Add) })
		libStep := k.module(2, lib.Builder)
		ft := fn(prim(wit.U32), prim(wit.U32), prim(wit.U32))
		m := k.adapter(plan.Side{Instance: 1}, side(2, libStep), libStep, "add", ft, canon.Options{}, canon.Options{})

		var add uint32
		app := newGuest(func(b *core.Builder) { add = b.ImportFunc("0", "f", b.Type(types(i32, i32), types(i32))) })
		app.fn("twice", types(i32, i32), types(i32), func(f *core.Func) {
			f.LocalGet(0).LocalGet(1).Call(add).LocalGet(0).LocalGet(1).Call(add).Op(core.OpI32Add)
		})
		appStep := k.module(1, app.Builder, fromHost(m))
		k.export(1, appStep, "twice", ft, canon.Options{})

		i := k.start(cfg)
		if got := call1(t, i, "twice", value.U32(20), value.U32(0xfffffff0)); got.U32() != 8 {
			t.Errorf("twice = %d, want 8", got.U32())
		}
	})
}
