package compile

import (
	"fmt"
	"strconv"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// canon interprets a canonical definition.
func (f *frame) canon(def *components.Canon) error {
	switch def.Op {
	case components.CanonLift:
		return f.lift(def)
	case components.CanonLower:
		return f.lower(def)
	case components.CanonResourceNew:
		return f.builtin(def, canon.ResourceNew)
	case components.CanonResourceRep:
		return f.builtin(def, canon.ResourceRep)
	case components.CanonResourceDrop:
		return f.builtin(def, canon.ResourceDrop)
	}
	return fmt.Errorf("canon %s is not supported", def.Name)
}

func (f *frame) lift(def *components.Canon) error {
	target, ok := at(f.core.funcs, def.Func)
	if !ok {
		return fmt.Errorf("%w: no core func %d", errBug, def.Func)
	}
	t, _ := at(f.typed.Types, def.Type)
	typ, ok := t.(*wit.FuncType)
	if !ok {
		return fmt.Errorf("%w: type %d is no function type", errBug, def.Type)
	}
	opts, err := f.options(def)
	if err != nil {
		return err
	}
	f.add(item{sort: wit.SortFunc, fn: &function{lifted: &lifted{f, typ, target, opts}}}, "")
	return nil
}

// options finds what canonical options refer to.
func (f *frame) options(def *components.Canon) (options, error) {
	var o options
	for _, opt := range def.Options {
		ok := true
		switch opt.Kind {
		case components.OptUTF8:
			o.canon.Encoding = canon.UTF8
		case components.OptUTF16:
			o.canon.Encoding = canon.UTF16
		case components.OptLatin1UTF16:
			o.canon.Encoding = canon.Latin1UTF16
		case components.OptMemory:
			o.memory, ok = at(f.core.memories, opt.Index)
			o.canon.Memory = true
		case components.OptRealloc:
			o.realloc, ok = at(f.core.funcs, opt.Index)
			o.canon.Realloc = true
		case components.OptPostReturn:
			o.postReturn, ok = at(f.core.funcs, opt.Index)
			o.canon.PostReturn = true
		default:
			return o, fmt.Errorf("canonical option %#x is not supported", byte(opt.Kind))
		}
		if !ok {
			return o, fmt.Errorf("%w: no definition %d for a canonical option", errBug, opt.Index)
		}
	}
	return o, nil
}

// lower makes a core function of a component-level one.
func (f *frame) lower(def *components.Canon) error {
	fn, ok := at(f.funcs, def.Func)
	if !ok {
		return fmt.Errorf("%w: no func %d", errBug, def.Func)
	}
	opts, err := f.options(def)
	if err != nil {
		return err
	}
	name := f.names[def.Func]
	if name == "" {
		name = "func " + strconv.Itoa(int(def.Func))
	}
	call, err := f.lowered(fn, name, f.typed.Funcs[def.Func], opts)
	if err != nil {
		return err
	}
	if !f.c.fusable(&call) {
		f.trampoline(call, fromLower)
		return nil
	}
	f.c.enterCallee(&call)
	d := &coreDef{from: origin{fromLower, f.canons}, waits: f}
	f.waiting = append(f.waiting, &pending{d, strconv.Itoa(f.canons), call})
	f.canons++
	f.core.funcs = append(f.core.funcs, d)
	return nil
}

// builtin makes the core function of a canonical definition on a resource type.
func (f *frame) builtin(def *components.Canon, program func(string, *wit.Resource) *canon.Program) error {
	t, _ := at(f.typed.Types, def.Type)
	id, ok := t.(*wit.Resource)
	if !ok {
		return fmt.Errorf("%w: type %d is no resource type", errBug, def.Type)
	}
	call := plan.Call{Program: program("canon "+def.Name+" "+id.Name, id), HostFunc: -1,
		Side: [2]plan.Side{canon.Caller: {Instance: f.inst}, canon.Callee: {Instance: -1}}}
	if err := f.callResources(&call); err != nil {
		return err
	}
	f.trampoline(call, fromBuiltin)
	return nil
}

// trampoline adds a core function that the host provides. Its name is its number
// among the canonical definitions of the component.
func (f *frame) trampoline(call plan.Call, kind originKind) {
	p := f.c.plan
	if f.hostModule < 0 {
		p.HostModules = append(p.HostModules, plan.HostModule{Instance: f.inst})
		f.hostModule = len(p.HostModules) - 1
	}
	name := strconv.Itoa(f.canons)
	hm := &p.HostModules[f.hostModule]
	hm.Trampolines = append(hm.Trampolines, plan.Trampoline{Name: name, Call: call})
	d := &coreDef{ref: plan.CoreRef{Instance: -1, Name: name, HostModule: f.hostModule, Trampoline: len(hm.Trampolines) - 1},
		from: origin{kind, 0}}
	if kind == fromLower {
		d.from.index = f.canons
	}
	f.canons++
	f.core.funcs = append(f.core.funcs, d)
}
