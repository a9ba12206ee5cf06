package run

import (
	"fmt"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// spectest is what every script may import from the host (FORMAT.md, section 3),
// with the counters that its functions return.
type spectest struct {
	resource1, resource2 *wit.Resource
	lastDrop, drops      uint32
	// closing is set while instances are closed, when nothing counts as dropped.
	closing bool
}

func newSpectest() *spectest {
	return &spectest{resource1: &wit.Resource{Name: "resource1"}, resource2: &wit.Resource{Name: "resource2"}}
}

// object is a resource1.
type object struct {
	rep uint32
	of  *spectest
}

// Drop is called when a guest drops the last handle.
func (o *object) Drop() {
	if !o.of.closing {
		o.of.lastDrop = o.rep
		o.of.drops++
	}
}

// simpleModule is the core module that scripts import:
//
//	(module (global (export "g") i32 i32.const 100) (func (export "f") (result i32) i32.const 101))
const simpleModule = "\x00asm\x01\x00\x00\x00" + "\x01\x05\x01\x60\x00\x01\x7f" + "\x03\x02\x01\x00" +
	"\x06\x07\x01\x7f\x00\x41\xe4\x00\x0b" + "\x07\x09\x02\x01g\x03\x00\x01f\x00\x00" + "\x0a\x07\x01\x05\x00\x41\xe5\x00\x0b"

// simpleModuleType is the type of simpleModule: a component that exports the
// module is validated to learn it.
func simpleModuleType() wit.ExternType {
	c, err := binary.Decode([]byte("\x00asm\x0d\x00\x01\x00\x01" + string(rune(len(simpleModule))) + simpleModule +
		"\x0b\x08\x01\x00\x01m\x00\x11\x00\x00"))
	if err != nil {
		panic(fmt.Errorf("the component around the simple module: %w", err))
	}
	t, err := validate.Component(c, validate.Options{})
	if err != nil {
		panic(fmt.Errorf("the component around the simple module: %w", err))
	}
	return t.Type.Exports[0].Type
}

// offers returns the host's interfaces for a component of that type.
func (s *spectest) offers(t *wit.ComponentType) []*offer {
	u32 := wit.Primitive(wit.U32)
	constant := func(v value.Value) host.Func {
		return func(*host.Call, []value.Value) (value.Value, error) { return v, nil }
	}
	root := &offer{Interface: host.Interface{
		Type: wit.NewInstanceType(suited([]wit.Decl{
			{Name: "host-return-two", Type: &wit.FuncType{Result: u32}},
			{Name: "host-echo-u32", Type: &wit.FuncType{Params: []wit.Field{{Name: "v", Type: u32}}, Result: u32}},
		}, t.Imports), nil),
		Funcs: map[string]host.Func{
			"host-return-two": constant(value.U32(2)),
			"host-echo-u32":   func(_ *host.Call, args []value.Value) (value.Value, error) { return args[0], nil },
		},
	}}
	inst := &offer{Interface: host.Interface{Name: "host", Funcs: s.funcs()}, modules: map[string][]byte{"simple-module": []byte(simpleModule)}}
	decls := append([]wit.Decl{
		{Name: "return-three", Type: &wit.FuncType{Result: u32}},
		{Name: "return-hi", Type: &wit.FuncType{Result: wit.Primitive(wit.String)}},
		{Name: "nested", Type: wit.NewInstanceType([]wit.Decl{{Name: "return-four", Type: &wit.FuncType{Result: u32}}}, nil)},
		{Name: "simple-module", Type: simpleModuleType()},
	}, s.resourceDecls()...)
	if wanted, ok := t.Import("host"); ok {
		if w, ok := wanted.(*wit.InstanceType); ok {
			decls = append(suited(decls, w.Exports), named(decls, w.Exports)...)
		}
	}
	inst.Type = wit.NewInstanceType(decls, []*wit.Resource{s.resource1, s.resource2})
	inst.Funcs["return-three"] = constant(value.U32(3))
	inst.Funcs["return-hi"] = constant(value.String("hi"))
	inst.Funcs["nested/return-four"] = constant(value.U32(4))
	return []*offer{root, inst}
}

// suited gives the parameters of the host's functions the names that a component
// wants: the scripts' own host has functions whose parameters have no names.
func suited(have, want []wit.Decl) []wit.Decl {
	wanted := map[string]*wit.FuncType{}
	for _, d := range want {
		if f, ok := d.Type.(*wit.FuncType); ok {
			wanted[d.Name] = f
		}
	}
	for i, d := range have {
		f, ok := d.Type.(*wit.FuncType)
		w := wanted[d.Name]
		if !ok || w == nil || len(w.Params) != len(f.Params) {
			continue
		}
		renamed := &wit.FuncType{Params: make([]wit.Field, len(f.Params)), Result: f.Result}
		for n := range f.Params {
			renamed.Params[n] = wit.Field{Name: w.Params[n].Name, Type: f.Params[n].Type}
		}
		have[i].Type = renamed
	}
	return have
}

// named are the types that a component wants of "host" under names which the host
// has not got: the scripts' own host need not be given what types equal.
func named(have, want []wit.Decl) []wit.Decl {
	ours := map[string]*wit.TypeExport{}
	for _, d := range have {
		if te, ok := d.Type.(*wit.TypeExport); ok {
			ours[d.Name] = te
		}
	}
	resources := map[*wit.Resource]any{}
	var out []wit.Decl
	for _, d := range want {
		te, ok := d.Type.(*wit.TypeExport)
		if !ok {
			continue
		}
		switch def := te.Def.(type) {
		case *wit.Resource:
			if te.Abstract && ours[d.Name] != nil {
				resources[def] = ours[d.Name].Def
			}
			if !te.Abstract && ours[d.Name] == nil && resources[def] != nil {
				out = append(out, wit.Decl{Name: d.Name, Type: &wit.TypeExport{Def: resources[def]}})
			}
		case *wit.Type:
			if !def.Metrics().HasResource && ours[d.Name] == nil {
				out = append(out, d)
			}
		}
	}
	return out
}
