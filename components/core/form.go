package core

// Form describes an instruction whose operands do not depend on the module around it.
type Form struct {
	// Params are the operands' types, the first pushed first. Result is what it leaves, 0
	// for nothing.
	Params []ValType
	Result ValType
	// Access is set for loads, stores and atomic accesses, whose immediates are Align and
	// an offset. Align is the log2 of the natural alignment, the most that they may promise.
	Access bool
	Align  uint8
	// Lanes is the number of lanes among which an immediate chooses, 0 if there is none.
	Lanes uint8
}

// Form is that of an instruction; ok is false for those whose operands depend on the
// module or on immediates other than Form has, constants among them.
func (op Opcode) Form() (f Form, ok bool) {
	info := infoOf(op)
	if info.class != classPlain {
		return Form{}, false
	}
	switch info.imm {
	case immNone:
	case immMemArg:
		f.Access = true
	case immMemArgLane:
		f.Access = true
		f.Lanes = info.lanes
	case immLane:
		f.Lanes = info.lanes
	default:
		return Form{}, false
	}
	f.Align, f.Result = info.align, info.sig.result()
	for i := range info.sig.operands() {
		f.Params = append(f.Params, info.sig.operand(i))
	}
	return f, true
}

// Opcodes lists every opcode there is, those of unsupported features excepted.
func Opcodes() (list []Opcode) {
	for op := range opAtomic + 0x100 {
		if c := infoOf(op).class; c != classUnknown && c != classUnsupported && c != classPrefix {
			list = append(list, op)
		}
	}
	return list
}
