package canon

import "github.com/sidecall/sidecall/wit"

// HostForward makes the Program for a call from the host to a function of the
// host, which a component imports and exports again. Values pass as they are.
func HostForward(name string, ft *wit.FuncType) (*Program, error) {
	c, err := newCall(name, ft, Options{}, Options{})
	if err != nil {
		return nil, err
	}
	values := make([]RegType, len(ft.Params))
	for i := range values {
		values[i] = Value
	}
	o := op(OpCallHost, Callee)
	o.Regs = c.params(values)
	if ft.Result != nil {
		o.Outs = []Reg{c.reg(Value)}
	}
	c.emit(o)
	return c.done(o.Outs)
}
