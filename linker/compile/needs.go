package compile

import (
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/plan"
)

// maxPages is the largest size of a linear memory, in pages.
const maxPages = 1 << 16

// needsOf counts what a module defines.
func needsOf(m *core.Module) plan.Needs {
	n := plan.Needs{Instance: plan.InstanceNeeds{
		Tables:    uint64(len(m.Tables)),
		Globals:   uint64(len(m.Globals)) + 1, // the counter of the interruption check
		Imports:   uint64(len(m.Imports)),
		Functions: uint64(len(m.Funcs)),
		Segments:  uint64(len(m.Datas) + len(m.Elems)),
	}}
	for i := range m.Tables {
		n.Instance.Elements += uint64(m.Tables[i].Type.Min)
	}
	for i := range m.Elems {
		e := uint64(m.Elems[i].Len())
		n.Instance.References += e
		if m.Elems[i].Mode == core.Passive {
			n.Instance.Elements += e // which are kept beside the table
		}
	}
	if len(m.Memories) > 0 {
		t := m.Memories[0]
		n.Memory = &plan.MemoryNeeds{Min: uint64(t.Min), Max: maxPages}
		if t.HasMax {
			n.Memory.Max = uint64(t.Max)
		}
	}
	return n
}
