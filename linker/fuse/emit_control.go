package fuse

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
)

// branch emits OpIf.
func (e *emitter) branch(o *canon.Op) {
	e.get(o.A)
	if len(o.Body) == 0 {
		e.Op(core.OpI32Eqz).Block(core.OpIf)
		e.ops(o.Else)
	} else {
		e.Block(core.OpIf)
		e.ops(o.Body)
		if len(o.Else) > 0 {
			e.Else()
			e.ops(o.Else)
		}
	}
	e.End()
}

// choose emits OpSwitch: a block around each case that does something, the last
// case's outermost, and one around all.
func (e *emitter) choose(o *canon.Op) {
	var full []int
	labels := make([]uint32, len(o.Cases))
	for i, c := range o.Cases {
		if len(c) > 0 {
			labels[i] = uint32(len(full))
			full = append(full, i)
		}
	}
	end := uint32(len(full))
	for i, c := range o.Cases {
		if len(c) == 0 {
			labels[i] = end
		}
	}
	for range end + 1 {
		e.Block(core.OpBlock)
	}
	e.get(o.A)
	e.BrTable(labels, end)
	for i, c := range full {
		e.End()
		e.ops(o.Cases[c])
		e.Br(end - uint32(i) - 1)
	}
	e.End()
}

// checkInterval is how many iterations of loops go between two interruption
// checks; a power of two. An iteration does at most a few short copies and calls
// of the guest, which checks for itself.
const checkInterval = 1 << 12

// loop emits OpLoop.
func (e *emitter) loop(o *canon.Op) {
	if e.fuel == 0 {
		e.fuel = e.Local(core.I32)
	}
	left := e.Local(core.I32)
	e.get(o.A)
	e.LocalTee(left).Block(core.OpIf).Block(core.OpLoop)
	e.LocalGet(e.fuel).I32(1).Op(core.OpI32Add).LocalTee(e.fuel).I32(checkInterval-1).Op(core.OpI32And, core.OpI32Eqz)
	e.Block(core.OpIf).Call(e.m.imports.check()).End()
	e.ops(o.Body)
	e.LocalGet(left).I32(1).Op(core.OpI32Sub).LocalTee(left).BrIf(0)
	e.End().End()
}
