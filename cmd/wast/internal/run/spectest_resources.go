package run

import (
	"fmt"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// resourceDecls are the declarations of the host's resource types and their functions.
func (s *spectest) resourceDecls() []wit.Decl {
	u32 := wit.Primitive(wit.U32)
	own, borrow := wit.NewOwn(s.resource1), wit.NewBorrow(s.resource1)
	self := wit.Field{Name: "self", Type: borrow}
	fn := func(result *wit.Type, params ...wit.Field) *wit.FuncType {
		return &wit.FuncType{Params: params, Result: result}
	}
	return []wit.Decl{
		{Name: "resource1", Type: &wit.TypeExport{Def: s.resource1, Abstract: true}},
		{Name: "resource2", Type: &wit.TypeExport{Def: s.resource2, Abstract: true}},
		{Name: "resource1-again", Type: &wit.TypeExport{Def: s.resource1}},
		{Name: "[constructor]resource1", Type: fn(own, wit.Field{Name: "rep", Type: u32})},
		{Name: "[static]resource1.assert", Type: fn(nil, wit.Field{Name: "r", Type: own}, wit.Field{Name: "rep", Type: u32})},
		{Name: "[static]resource1.last-drop", Type: fn(u32)},
		{Name: "[static]resource1.drops", Type: fn(u32)},
		{Name: "[method]resource1.simple", Type: fn(nil, self, wit.Field{Name: "rep", Type: u32})},
		{Name: "[method]resource1.take-borrow", Type: fn(nil, self, wit.Field{Name: "b", Type: borrow})},
		{Name: "[method]resource1.take-own", Type: fn(nil, self, wit.Field{Name: "b", Type: own})},
	}
}

// funcs implements the functions of resource1.
func (s *spectest) funcs() map[string]host.Func {
	nothing := value.Value{}
	number := func(get func() uint32) host.Func {
		return func(*host.Call, []value.Value) (value.Value, error) { return value.U32(get()), nil }
	}
	compare := func(_ *host.Call, args []value.Value) (value.Value, error) {
		o, err := host.Object[*object](args[0])
		if err == nil && o.rep != args[1].U32() {
			err = fmt.Errorf("the resource has the representation %d, not %d", o.rep, args[1].U32())
		}
		return nothing, err
	}
	both := func(_ *host.Call, args []value.Value) (value.Value, error) {
		for _, a := range args {
			if _, err := host.Object[*object](a); err != nil {
				return nothing, err
			}
		}
		return nothing, nil
	}
	return map[string]host.Func{
		"[constructor]resource1": func(c *host.Call, args []value.Value) (value.Value, error) {
			return c.Own(s.resource1, &object{args[0].U32(), s}), nil
		},
		"[static]resource1.assert":      compare,
		"[method]resource1.simple":      compare,
		"[static]resource1.last-drop":   number(func() uint32 { return s.lastDrop }),
		"[static]resource1.drops":       number(func() uint32 { return s.drops }),
		"[method]resource1.take-borrow": both,
		"[method]resource1.take-own":    both,
	}
}
