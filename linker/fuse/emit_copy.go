package fuse

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
)

// maxInline is the longest copy in bytes that is made in WebAssembly: 32 bytes
// take 4.3 ns. Beyond it a call to the host pays, which takes at least 80 ns and
// moves memory ten times as fast (BenchmarkString).
const maxInline = 768

// asciiMask has the bits that ASCII leaves clear.
const asciiMask = -0x7f7f7f7f7f7f7f80 // 0x8080808080808080

// copy emits OpCopy.
func (e *emitter) copy(o *canon.Op) {
	e.get(o.C)
	e.I64(maxInline).Op(core.OpI64GtU).Block(core.OpIf)
	e.libcall(o)
	e.Else()
	e.get(o.A)
	e.get(o.B)
	e.get(o.C)
	e.Op(core.OpI32WrapI64).Call(e.m.copier(o.Side)).Op(core.OpDrop)
	e.End()
}

// string emits OpString. A short string that stays UTF-8 is checked for its range,
// allocated and copied here; what is not ASCII is then validated by the host. That
// order differs from the specification's, which validates first: when the text is bad
// and realloc traps as well, the trap is realloc's. Both end the same instances.
func (e *emitter) string(o *canon.Op) {
	if e.p.Encoding != [2]canon.Encoding{canon.UTF8, canon.UTF8} {
		e.libcall(o)
		return
	}
	e.get(o.B)
	e.I32(maxInline).Op(core.OpI32GtU).Block(core.OpIf)
	e.libcall(o)
	e.Else()
	e.checkString(o.A, o.B, o.Src)
	e.I32(0).I32(0).I32(1)
	e.get(o.B)
	e.callRealloc(o.Side)
	e.set(o.Dst)
	e.checkString(o.Dst, o.B, o.Side)
	e.get(o.Dst)
	e.get(o.A)
	e.get(o.B)
	e.Call(e.m.copier(o.Side))
	e.I64(asciiMask).Op(core.OpI64And, core.OpI64Eqz, core.OpI32Eqz).Block(core.OpIf)
	check := canon.Op{Code: canon.OpCheckUTF8, Side: o.Src, Src: o.Src, Dst: canon.NoReg, Dst2: canon.NoReg, A: o.A, B: o.B, C: canon.NoReg}
	e.libcall(&check)
	e.End()
	e.get(o.B)
	e.set(o.Dst2)
	e.End()
}

// checkString checks that a string's bytes are in a side's memory.
func (e *emitter) checkString(ptr, n canon.Reg, side canon.Side) {
	e.get(ptr)
	e.Op(core.OpI64ExtendI32U)
	e.get(n)
	e.Op(core.OpI64ExtendI32U, core.OpI64Add)
	e.memorySize(side)
	e.Op(core.OpI64GtU)
	e.trapIf(canon.TrapOutOfBounds, side)
}

// copier returns the index of the function (to, from, n) that copies n bytes into
// the memory of a side and returns the bits that occur in any of them, or-ed into
// an i64 whose bytes do not matter further.
func (m *module) copier(to canon.Side) uint32 {
	if m.copies[to] == nil {
		i := core.I32
		f := m.b.Func(m.b.Type([]core.ValType{i, i, i}, []core.ValType{core.I64}))
		m.copies[to] = f
		(&copier{Func: f, m: m, to: to}).emit()
	}
	return m.copies[to].Index
}

// copier makes a copying function. Its parameters are locals to, from and n.
type copier struct {
	*core.Func
	m    *module
	to   canon.Side
	bits uint32
	vals [4]uint32
	last [2]uint32
}

const (
	localTo = iota
	localFrom
	localN
)

// emit copies 32 bytes at a time as long as there are, and then the last bytes
// again as far as needed to make a full step: a step copies at two places, which
// may overlap.
func (c *copier) emit() {
	c.bits = c.Local(core.I64)
	for i := range c.vals {
		c.vals[i] = c.Local(core.I64)
	}
	c.last = [2]uint32{c.Local(core.I32), c.Local(core.I32)}

	c.LocalGet(localN).I32(32).Op(core.OpI32GeU).Block(core.OpIf)
	{
		// last is where the last 32 bytes begin.
		c.fromEnd(32)
		c.Block(core.OpBlock).Block(core.OpLoop)
		c.LocalGet(localFrom).LocalGet(c.last[1]).Op(core.OpI32GeU).BrIf(1)
		c.step("16x2", [2]uint32{localTo, localFrom}, [2]uint32{localTo, localFrom}, 16)
		for _, l := range []uint32{localTo, localFrom} {
			c.LocalGet(l).I32(32).Op(core.OpI32Add).LocalSet(l)
		}
		c.Br(0).End().End()
		c.step("16x2", c.last, c.last, 16)
		c.LocalGet(c.bits).Op(core.OpReturn)
	}
	c.End()
	for _, size := range []struct {
		bytes int32
		wide  string
	}{{16, "16x2"}, {8, "8x2"}, {4, "4x2"}} {
		c.LocalGet(localN).I32(size.bytes).Op(core.OpI32GeU).Block(core.OpIf)
		c.fromEnd(size.bytes)
		c.step(size.wide, [2]uint32{localTo, localFrom}, c.last, 0)
		c.LocalGet(c.bits).Op(core.OpReturn)
		c.End()
	}
	// 3 bytes or less: the first and the last, then the middle, if there are any.
	c.LocalGet(localN).Block(core.OpIf)
	c.fromEnd(1)
	c.step("1x2", [2]uint32{localTo, localFrom}, c.last, 0)
	for i, l := range []uint32{localTo, localFrom} {
		c.LocalGet(l).LocalGet(localN).I32(1).Op(core.OpI32ShrU, core.OpI32Add).LocalSet(c.last[i])
	}
	c.step("1x2", [2]uint32{localTo, localFrom}, c.last, 0)
	c.End()
	c.LocalGet(c.bits)
}

// fromEnd sets last to where the last n bytes begin.
func (c *copier) fromEnd(n int32) {
	for i, l := range []uint32{localTo, localFrom} {
		c.LocalGet(l).LocalGet(localN).Op(core.OpI32Add).I32(n).Op(core.OpI32Sub).LocalSet(c.last[i])
	}
}

// step copies at two places, given as (to, from); the second place is offset by
// second bytes. wide names the accessor's functions for it.
func (c *copier) step(wide string, first, second [2]uint32, offset int32) {
	load, store := accessNamed("load"+wide), accessNamed("store"+wide)
	n := 2 * len(load.offsets)
	addresses := func(i int) {
		c.LocalGet(first[i]).LocalGet(second[i])
		if offset != 0 {
			c.I32(offset).Op(core.OpI32Add)
		}
	}
	if c.to == canon.Callee {
		addresses(1)
		c.Call(c.m.imports.accessor(c.m.mems[canon.Caller], load.name))
		for i := n - 1; i >= 0; i-- {
			c.LocalSet(c.vals[i])
		}
	} else {
		c.direct(load, first[1], second[1], uint32(offset))
	}
	for i := range n {
		c.LocalGet(c.bits).LocalGet(c.vals[i]).Op(core.OpI64Or).LocalSet(c.bits)
	}
	if c.to == canon.Caller {
		addresses(0)
		for i := range n {
			c.LocalGet(c.vals[i])
		}
		c.Call(c.m.imports.accessor(c.m.mems[canon.Caller], store.name))
	} else {
		c.direct(store, first[0], second[0], uint32(offset))
	}
}

// direct loads vals from, or stores them in, the module's own memory.
func (c *copier) direct(a *access, first, second uint32, offset uint32) {
	i := 0
	for place, address := range []uint32{first, second} {
		for _, off := range a.offsets {
			if place == 1 {
				off += offset
			}
			c.LocalGet(address)
			if a.store {
				c.LocalGet(c.vals[i])
			}
			c.Mem(a.op, 0, off)
			if !a.store {
				c.LocalSet(c.vals[i])
			}
			i++
		}
	}
}
