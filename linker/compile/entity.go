package compile

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// The entities are what the entries of index spaces turn out to be. Those of sort
// core func, table, memory, global and tag are coreDefs.
type (
	// item is an entity of any component-level sort, or a core module. Exactly the
	// field of its sort is set; a type that is no resource has none.
	item struct {
		sort wit.Sort
		fn   *function
		inst *instance
		comp *closure
		mod  *module
		res  *resource
	}

	// coreDef is a core definition at run time.
	coreDef struct {
		ref plan.CoreRef
		// from tells how modules that import it are to name its source.
		from origin
		// waits is the frame in which it waits to be generated; ref is not known yet.
		waits *frame
	}

	// coreInstance is a core instance: one that a step makes, or an inline one.
	coreInstance struct {
		step   int
		inline map[string]*coreDef // nil unless inline
	}

	// module is a core module.
	module struct {
		name string
		// bytes are as in the component; decoded is their model.
		bytes   []byte
		decoded *core.Module
		// rewritten are its versions by the names that imports got.
		rewritten map[string]int
	}

	// function is a component-level function: lifted, or of the host.
	function struct {
		lifted *lifted
		host   *hostFunc
	}

	// lifted is a canon lift in a frame.
	lifted struct {
		frame   *frame
		typ     *wit.FuncType
		target  *coreDef
		options options
	}

	// options are canonical options, with what they refer to.
	options struct {
		canon                       canon.Options
		memory, realloc, postReturn *coreDef
	}

	// hostFunc is a function of the host's catalog. index is that in the plan, -1
	// until something uses it.
	hostFunc struct {
		iface, name string
		typ         *wit.FuncType
		index       int
	}

	// instance is a component-level instance: what it exports.
	instance struct{ exports map[string]item }

	// closure is a component with the frame in which it was defined, which its outer
	// aliases refer to.
	closure struct {
		typed *validate.Typed
		outer *frame
	}

	// resource is a resource type. index is that in the plan.
	resource struct{ index int }
)

// origin says where a core definition comes from, as the modules of its component
// see it: the same whatever the component is linked to.
type origin struct {
	kind originKind
	// index is the core instance's step, or the lower's number in the component.
	index int
}

type originKind uint8

const (
	// fromInstance: an export of a core instance.
	fromInstance originKind = iota
	// fromLower: a canon lower, which may become a trampoline or generated code.
	fromLower
	// fromBuiltin: a canonical definition that is a trampoline always.
	fromBuiltin
	// fromHost: a function that the host itself gives every module.
	fromHost
)

// export returns a core instance's export.
func (i *coreInstance) export(name string) (*coreDef, bool) {
	if i.inline != nil {
		d, ok := i.inline[name]
		return d, ok
	}
	return &coreDef{ref: plan.CoreRef{Instance: i.step, Name: name}, from: origin{fromInstance, i.step}}, true
}
