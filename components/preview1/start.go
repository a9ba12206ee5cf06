package preview1

import (
	"encoding/binary"
	"errors"

	"github.com/sidecall/sidecall/components/core"
)

// movedStart is the export of what was the start function.
const movedStart = "sidecall:start"

// moveStart exports the start function instead of having it run at instantiation, when
// preview1's functions cannot be called yet: it runs right before the program. What is
// wrong with the module is found before, so that it is found where it is in the file.
func (p *program) moveStart() error {
	if err := p.module.Validate(); err != nil {
		var ce *core.Error
		if errors.As(err, &ce) {
			return fail(ce.Offset, "in the core module: %s", ce.Msg)
		}
		return err
	}
	for _, e := range p.module.Exports {
		if e.Name == movedStart {
			return fail(0, "the core module exports %q, a name that is needed for its start function", movedStart)
		}
	}
	const preamble, exportSection, startSection = 8, 7, 8
	out := append([]byte(nil), p.bytes[:preamble]...)
	for rest := p.bytes[preamble:]; len(rest) > 0; {
		id := rest[0]
		size, n := binary.Uvarint(rest[1:]) // the module is valid
		content := rest[1+n : 1+n+int(size)]
		switch id {
		case startSection:
		case exportSection:
			count, n := binary.Uvarint(content)
			section := binary.AppendUvarint(nil, count+1)
			section = append(section, content[n:]...)
			section = append(binary.AppendUvarint(section, uint64(len(movedStart))), movedStart...)
			section = binary.AppendUvarint(append(section, byte(core.ExternFunc)), uint64(*p.module.Start))
			out = append(binary.AppendUvarint(append(out, id), uint64(len(section))), section...)
		default:
			out = append(out, rest[:1+n+int(size)]...)
		}
		rest = rest[1+n+int(size):]
	}
	p.bytes = out
	return nil
}

// constant is the value of an exported global that a constant gives.
func constant(m *core.Module, name string) uint32 {
	for _, e := range m.Exports {
		if e.Name != name || e.Kind != core.ExternGlobal || int(e.Index) >= len(m.Globals) {
			continue
		}
		// i32.const, its number, end; addresses are below 2³¹.
		if b := m.Globals[e.Index].Init.Bytes; len(b) > 2 && core.Opcode(b[0]) == core.OpI32Const {
			v, shift := uint32(0), 0
			for _, c := range b[1:] {
				v |= uint32(c&0x7f) << shift
				if shift += 7; c < 0x80 {
					return v
				}
			}
		}
	}
	panic("preview1: adapter.wasm does not say where its data ends")
}
