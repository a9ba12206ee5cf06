package linker_test

import (
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/wit"
)

// spectest is the catalog that the scripts expect of a host, as types.
func spectest() resolve.Catalog {
	u32, str := wit.Primitive(wit.U32), wit.Primitive(wit.String)
	fn := func(result *wit.Type, params ...wit.Field) *wit.FuncType {
		return &wit.FuncType{Params: params, Result: result}
	}
	p := func(name string, t *wit.Type) wit.Field { return wit.Field{Name: name, Type: t} }
	r1, r2 := &wit.Resource{Name: "resource1"}, &wit.Resource{Name: "resource2"}
	rep, self := p("rep", u32), p("self", wit.NewBorrow(r1))
	nested := wit.NewInstanceType([]wit.Decl{{Name: "return-four", Type: fn(u32)}}, nil)
	host := wit.NewInstanceType([]wit.Decl{
		{Name: "return-three", Type: fn(u32)},
		{Name: "return-hi", Type: fn(str)},
		{Name: "nested", Type: nested},
		{Name: "resource1", Type: &wit.TypeExport{Def: r1, Abstract: true}},
		{Name: "resource2", Type: &wit.TypeExport{Def: r2, Abstract: true}},
		{Name: "resource1-again", Type: &wit.TypeExport{Def: r1}},
		{Name: "[constructor]resource1", Type: fn(wit.NewOwn(r1), rep)},
		{Name: "[static]resource1.assert", Type: fn(nil, p("r", wit.NewOwn(r1)), rep)},
		{Name: "[static]resource1.last-drop", Type: fn(u32)},
		{Name: "[static]resource1.drops", Type: fn(u32)},
		{Name: "[method]resource1.simple", Type: fn(nil, self, rep)},
		{Name: "[method]resource1.take-borrow", Type: fn(nil, self, p("b", wit.NewBorrow(r1)))},
		{Name: "[method]resource1.take-own", Type: fn(nil, self, p("b", wit.NewOwn(r1)))},
	}, []*wit.Resource{r1, r2})
	root := wit.NewInstanceType([]wit.Decl{
		{Name: "host-return-two", Type: fn(u32)},
		{Name: "host-echo-u32", Type: fn(u32, p("v", u32))},
	}, nil)
	return resolve.Catalog{{Name: "host", Type: host}, {Name: "", Type: root}}
}
