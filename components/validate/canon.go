package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// canon validates a canonical definition (CanonicalABI.md, "Canonical Definitions").
func (s *scope) canon(d *components.Canon) error {
	if d.Feature != "" {
		return s.v.gated(Feature(d.Feature), "the canonical definition "+d.Name)
	}
	switch d.Op {
	case components.CanonLift:
		return s.canonLift(d)
	case components.CanonLower:
		return s.canonLower(d)
	case components.CanonResourceNew, components.CanonResourceDrop, components.CanonResourceRep:
		return s.canonResource(d)
	}
	return s.v.errorf("the canonical definition %s is unknown", d.Name)
}

// canonLift checks that a core function has the type that a component function
// flattens to, and that the options that its values need are there.
func (s *scope) canonLift(d *components.Canon) error {
	v := s.v
	callee, err := at(v, s.t.CoreFuncs, d.Func, "core function")
	if err != nil {
		return err
	}
	ft, err := typeAt[*wit.FuncType](s, d.Type, "a function type")
	if err != nil {
		return err
	}
	opts, err := s.options(d)
	if err != nil {
		return err
	}
	if err := v.spend(int(wit.MetricsOf(ft).Size)); err != nil {
		return err
	}
	flat := coreFunc(canon.FlattenFuncType(ft, canon.Lift))
	if !callee.Equal(flat) {
		return v.errorf("core function %d cannot be lifted to %s: that takes %s, and it is %s", d.Func, ft, flat, callee)
	}
	if opts.postReturn != nil {
		if want := (core.FuncType{Params: flat.Results}); !opts.postReturn.Equal(want) {
			return v.errorf("the option post-return of a lift to %s must be %s, and is %s", ft, want, *opts.postReturn)
		}
	}
	params, result := canon.NeedsMemory(ft)
	needs := needs{memory: result || ft.Result != nil && ft.Result.Metrics().HasList, realloc: params || anyList(ft.Params)}
	if err := v.require(d, ft, needs, opts); err != nil {
		return err
	}
	s.t.Funcs = append(s.t.Funcs, ft)
	return nil
}

// canonLower gives the core function that calls a component function its type.
func (s *scope) canonLower(d *components.Canon) error {
	v := s.v
	ft, err := at(v, s.t.Funcs, d.Func, "function")
	if err != nil {
		return err
	}
	opts, err := s.options(d)
	if err != nil {
		return err
	}
	if err := v.spend(int(wit.MetricsOf(ft).Size)); err != nil {
		return err
	}
	params, result := canon.NeedsMemory(ft)
	needs := needs{memory: params || result || anyList(ft.Params), realloc: ft.Result != nil && ft.Result.Metrics().HasList}
	if err := v.require(d, ft, needs, opts); err != nil {
		return err
	}
	s.t.CoreFuncs = append(s.t.CoreFuncs, coreFunc(canon.FlattenFuncType(ft, canon.Lower)))
	return nil
}

// canonResource types the built-ins of resource types.
func (s *scope) canonResource(d *components.Canon) error {
	r, err := typeAt[*wit.Resource](s, d.Type, "a resource type")
	if err != nil {
		return err
	}
	f := core.FuncType{Params: []core.ValType{core.I32}}
	if d.Op != components.CanonResourceDrop {
		if !s.local[r] {
			return s.v.errorf("%s is only for a resource type that this component defines: type %d is not a local resource", d.Name, d.Type)
		}
		f.Results = []core.ValType{core.I32}
	}
	s.t.CoreFuncs = append(s.t.CoreFuncs, f)
	return nil
}

// anyList says whether a parameter has a part whose size only its value tells.
func anyList(params []wit.Field) bool {
	for i := range params {
		if params[i].Type.Metrics().HasList {
			return true
		}
	}
	return false
}

// coreFunc turns a flattened signature into a core function type.
func coreFunc(f canon.CoreFunc) core.FuncType {
	vals := func(rs []canon.RegType) []core.ValType {
		out := make([]core.ValType, len(rs))
		for i, r := range rs {
			out[i] = [...]core.ValType{canon.I32: core.I32, canon.I64: core.I64, canon.F32: core.F32, canon.F64: core.F64}[r]
		}
		return out
	}
	return core.FuncType{Params: vals(f.Params), Results: vals(f.Results)}
}
