package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// coreModule validates an embedded core module, code included.
func (s *scope) coreModule(d *components.CoreModule) error {
	v := s.v
	leave := v.enter("core module", len(s.t.CoreModules))
	defer leave()
	m, err := core.DecodeLimited(d.Bytes, d.Offset, v.opt.Limits.Core)
	if err != nil {
		return v.coreError(err)
	}
	if err := m.Validate(); err != nil {
		return v.coreError(err)
	}
	t, err := v.typeOfModule(m)
	if err != nil {
		return err
	}
	s.t.CoreModules = append(s.t.CoreModules, CoreModuleInfo{Def: d, Module: m, Type: t})
	return nil
}

// coreError takes the position of an error in a core module over.
func (v *validator) coreError(err error) error {
	e := &Error{Offset: v.offset, Path: v.pathNow(), Msg: err.Error(), Err: err}
	if ce, ok := err.(*core.Error); ok {
		e.Offset, e.Msg = ce.Offset, ce.Msg
	}
	return e
}

// coreInstance validates a core instance definition.
func (s *scope) coreInstance(d *components.CoreInstance) error {
	var info CoreInstanceInfo
	var err error
	if d.Inline {
		info, err = s.coreInline(d.Args)
	} else {
		info, err = s.coreInstantiate(d)
	}
	if err != nil {
		return err
	}
	s.t.CoreInstances = append(s.t.CoreInstances, info)
	return nil
}

// coreInline makes a core instance of core definitions that are there already.
func (s *scope) coreInline(args []components.Arg) (info CoreInstanceInfo, err error) {
	info.Exports = make(map[string]core.ExternType, len(args))
	for i := range args {
		a := &args[i]
		s.v.offset = a.Offset
		if _, dup := info.Exports[a.Name]; dup {
			return info, s.v.errorf("the core instance exports %s twice", shortQuote(a.Name))
		}
		if info.Exports[a.Name], err = s.coreExternAt(a.Ref); err != nil {
			return info, err
		}
	}
	return info, nil
}

func (s *scope) coreExternAt(r components.Ref) (core.ExternType, error) {
	switch r.Sort {
	case wit.SortCoreFunc:
		return at(s.v, s.t.CoreFuncs, r.Index, "core function")
	case wit.SortCoreTable:
		return at(s.v, s.t.CoreTables, r.Index, "core table")
	case wit.SortCoreMemory:
		return at(s.v, s.t.CoreMemories, r.Index, "core memory")
	case wit.SortCoreGlobal:
		return at(s.v, s.t.CoreGlobals, r.Index, "core global")
	case wit.SortCoreTag:
		return at(s.v, s.t.CoreTags, r.Index, "core tag")
	}
	return nil, s.v.errorf("a core instance cannot export a %s", r.Sort)
}

// coreInstantiate checks that each of a core module's imports is exported by the
// instance that is given for the import's first name.
func (s *scope) coreInstantiate(d *components.CoreInstance) (info CoreInstanceInfo, err error) {
	v := s.v
	m, err := at(v, s.t.CoreModules, d.Module, "core module")
	if err != nil {
		return info, err
	}
	args := make(map[string]CoreInstanceInfo, len(d.Args))
	for i := range d.Args {
		a := &d.Args[i]
		v.offset = a.Offset
		if a.Ref.Sort != wit.SortCoreInstance {
			return info, v.errorf("the argument %s of a core instantiation must be a core instance, not a %s", shortQuote(a.Name), a.Ref.Sort)
		}
		if _, dup := args[a.Name]; dup {
			return info, v.errorf("the instantiation argument %s is given twice", shortQuote(a.Name))
		}
		if args[a.Name], err = at(v, s.t.CoreInstances, a.Ref.Index, "core instance"); err != nil {
			return info, err
		}
	}
	if err := v.spend(m.Type.TypeSize()); err != nil {
		return info, err
	}
	for _, im := range m.Type.Imports {
		arg, ok := args[im.Module]
		if !ok {
			return info, v.errorf("core module %d imports from %s, and the instantiation has no argument of that name", d.Module, shortQuote(im.Module))
		}
		t, ok := arg.Exports[im.Name]
		if !ok {
			return info, v.errorf("core module %d imports %s from %s, and the argument does not export an item of that name", d.Module, shortQuote(im.Name), shortQuote(im.Module))
		}
		if !coreMatches(t, im.Type) {
			return info, v.errorf("core module %d imports %s from %s as %s, and the argument exports %s", d.Module, shortQuote(im.Name), shortQuote(im.Module), im.Type, t)
		}
	}
	return CoreInstanceInfo{Exports: m.Type.exports}, nil
}
