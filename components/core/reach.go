package core

// Reachable tells which functions calls can get to from the given ones, those included: an entry for
// each function of the index space. Calls by a table or a reference may get to every function that is in
// an element segment or named by ref.func; where there is such a call, all functions count as reached.
// The module must be valid.
func (m *Module) Reachable(from ...uint32) []bool {
	reached := make([]bool, m.NumFuncs())
	todo := make([]uint32, 0, len(from))
	add := func(f uint32) {
		if !reached[f] {
			reached[f] = true
			todo = append(todo, f)
		}
	}
	for _, f := range from {
		add(f)
	}
	var r instReader
	for len(todo) > 0 {
		f := int(todo[len(todo)-1]) - m.importedFuncs
		todo = todo[:len(todo)-1]
		if f < 0 {
			continue
		}
		r.reset(m.Bodies[f].Insts, 0, m.limits)
		for r.left() > 0 && r.next() {
			switch r.in.op {
			case OpCall, OpReturnCall, OpRefFunc:
				add(r.in.a)
			case OpCallIndirect, OpReturnCallIndirect, OpCallRef, OpReturnCallRef:
				for f := range reached {
					add(uint32(f))
				}
			}
		}
	}
	return reached
}

// ImportOffset is where import i is, in bytes from the start of the file the module came from.
func (m *Module) ImportOffset(i int) int { return m.base + m.Imports[i].pos }
