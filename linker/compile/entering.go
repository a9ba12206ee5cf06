package compile

import (
	"slices"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/linker/plan"
)

// entering is the entering set of a call (CanonicalABI.md, "may_enter_from"): the
// callee's instance and those around it, without those that the caller is in, -1
// being the host; outermost last.
//
// Left out are instances whose flag can never be the one that stops a call: those
// whose parent has no canon lower. To enter such an instance again, while it runs,
// a call would have to come from outside its parent, and then enters the parent
// too, or from a sibling, which would have to come before itself.
func (c *compiler) entering(caller, callee int) []int {
	var set []int
	for i := callee; i >= 0; i = c.plan.Instances[i].Parent {
		if c.within(caller, i) {
			continue
		}
		if parent := c.plan.Instances[i].Parent; parent < 0 || c.lowers[parent] {
			set = append(set, i)
		}
	}
	return set
}

// enterCallee adds the callee to the entering set of a call that becomes generated
// code, also where no call can find it entered: when it faults, its flag is all that
// tells the host which component was running.
func (c *compiler) enterCallee(call *plan.Call) {
	caller, callee := call.Side[canon.Caller].Instance, call.Side[canon.Callee].Instance
	if !c.within(caller, callee) && !slices.Contains(call.Entering, callee) {
		call.Entering = append([]int{callee}, call.Entering...)
	}
}

// within reports whether instance i is caller or around it.
func (c *compiler) within(caller, i int) bool {
	for ; caller >= 0; caller = c.plan.Instances[caller].Parent {
		if caller == i {
			return true
		}
	}
	return false
}

// hasLower reports whether a component itself, not one nested in it, has a canon
// lower.
func hasLower(c *components.Component) bool {
	return slices.ContainsFunc(c.Defs, func(d components.Def) bool {
		def, ok := d.Item.(components.Canon)
		return ok && def.Op == components.CanonLower
	})
}
