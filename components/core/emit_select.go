package core

// selectTyped writes a select whose type has more than one byte, such as (ref null 3), as
//
//	if (type $t $t -> $t)
//	  drop
//	else
//	  br 0    ;; which takes the second operand along, and drops the first
//	end
//
// The engine takes one byte for the type, whatever it is, and the rest for instructions.
// Nobody has validated those: with a type index of their choosing guests could have values
// taken for references.
func (e *emitter) selectTyped() {
	t := e.r.types[0]
	if len(appendValType(nil, t)) == 1 {
		return
	}
	e.replace()
	e.effort.blocks++
	c := Code{e.out}
	c.BlockOf(OpIf, e.w.addType([]ValType{t, t}, []ValType{t}))
	e.out = c.Op(OpDrop).Else().Br(0).End().b
}
