package fuse

import (
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/plan"
)

// Flags makes the module that keeps the flags of n component instances, as
// plan.FlagName has them.
func Flags(n int) []byte {
	b := &core.Builder{}
	for i := range n {
		for _, f := range []plan.Flag{plan.MayLeave, plan.MayEnter} {
			g := b.Global(core.GlobalType{Val: core.I32, Mutable: true}, new(core.Code).I32(1))
			b.Export(plan.FlagName(f, i), core.ExternGlobal, g)
		}
	}
	return b.Encode()
}
