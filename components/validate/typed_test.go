package validate_test

import (
	"testing"

	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/wit"
)

func valid(t *testing.T, file bytes) *validate.Typed {
	t.Helper()
	typed, err := decodeAndValidate(file)
	if err != nil {
		t.Fatal(err)
	}
	return typed
}

// TestResourceIdentity checks what Typed promises about who introduces which
// resource type.
func TestResourceIdentity(t *testing.T) {
	maker := nested(types(resource()), exports(exp("r", refType(0))))
	iface := instanceType(declExport("r", asResource()), declType(own(0)), declType(fn(index(1))), declExport("f", asFunc(2)))
	typed := valid(t, component(
		maker, types(iface, resource()),
		imports(imp("i", asInstance(0)), imp("j", asInstance(0)), imp("k", asResource())),
		instances(instantiate(0), instantiate(0)),
		exports(exp("mine", refType(1)), exp("again", refType(1)), expAs("hidden", refType(1), asResource()), exp("theirs", refType(2)),
			exp("c", refInstance(2)), exp("d", refInstance(2)), exp("i", refInstance(0)), expAs("j", refInstance(1), asInstance(0))),
	))
	resourceOf := func(i *wit.InstanceType) *wit.Resource {
		te, _ := i.Export("r")
		return te.(*wit.TypeExport).Def.(*wit.Resource)
	}
	i, j, k := resourceOf(typed.Instances[0]), resourceOf(typed.Instances[1]), typed.Types[2].(*wit.Resource)
	c, d := resourceOf(typed.Instances[2]), resourceOf(typed.Instances[3])
	mine := typed.Defined[0].Resource
	distinct := map[*wit.Resource]bool{i: true, j: true, k: true, c: true, d: true, mine: true}
	if len(distinct) != 6 {
		t.Errorf("only %d resource types are distinct", len(distinct))
	}
	ty := typed.Type
	if got := ty.ImportedResources; len(got) != 3 || got[0] != i || got[1] != j || got[2] != k {
		t.Errorf("imported resources: %v", got)
	}
	if r := typed.Instances[2].Resources; len(r) != 1 || r[0] != c {
		t.Errorf("resources of an instantiation: %v", r)
	}
	if mine.Name != "mine" {
		t.Errorf("the name of a defined resource type is %q", mine.Name)
	}

	// The exports: which introduce a resource type, and what they stand for.
	hidden := typed.Types[5].(*wit.Resource)
	export := func(name string) *wit.TypeExport {
		e, ok := ty.Export(name)
		if !ok {
			t.Fatalf("no export %q", name)
		}
		if inst, ok := e.(*wit.InstanceType); ok {
			e, _ = inst.Export("r")
		}
		return e.(*wit.TypeExport)
	}
	ascribed := export("j").Def.(*wit.Resource)
	for _, tt := range []struct {
		name     string
		abstract bool
		def      *wit.Resource
	}{
		{"mine", true, mine}, {"again", false, mine}, {"hidden", true, hidden}, {"theirs", false, k},
		{"c", true, c}, {"d", false, c}, {"i", false, i}, {"j", true, ascribed},
	} {
		if e := export(tt.name); e.Abstract != tt.abstract || e.Def != tt.def {
			t.Errorf("export %q: abstract %v, %v", tt.name, e.Abstract, e.Def)
		}
	}
	if hidden == mine || ascribed == j {
		t.Error("an ascribed type must hide what it stands for")
	}
	want := []*wit.Resource{mine, hidden, c, ascribed}
	if len(ty.Resources) != len(want) {
		t.Fatalf("resources: %v", ty.Resources)
	}
	for n, r := range want {
		if ty.Resources[n] != r {
			t.Errorf("resource %d is %v", n, ty.Resources[n])
		}
	}
	// The entry that an ascribed export adds is what Type.Exports has.
	last := typed.Instances[len(typed.Instances)-1]
	if e, _ := ty.Export("j"); e != wit.ExternType(last) {
		t.Error("the index space and the type differ")
	}
}

func TestIndexSpaces(t *testing.T) {
	typed := valid(t, component(lib(), types(fn(val(u32), field("a", val(str_)))), imports(imp("f", asFunc(0))),
		canons(lower(0, memory(0))), nested(), coreTypes(coreFn(1, 0)), exports(exp("g:h/i", refComponent(0)))))
	if n := len(typed.CoreFuncs); n != 6 {
		t.Errorf("%d core functions", n)
	}
	if got := typed.CoreFuncs[5].String(); got != "func (param i32 i32) (result i32)" {
		t.Errorf("the lowered function is %s", got)
	}
	if m := typed.CoreModules[0]; m.Def == nil || m.Module == nil || len(m.Type.Exports) != 6 {
		t.Errorf("core module: %+v", m)
	}
	if len(typed.CoreMemories) != 1 || len(typed.CoreInstances[0].Exports) != 6 || len(typed.CoreTypes) != 1 {
		t.Error("core index spaces")
	}
	if len(typed.Components) != 2 || len(typed.Nested) != 1 {
		t.Error("components")
	}
	if got := typed.Type.String(); got != "component { import f: func(a: string) -> u32; export g:h/i: component { }; }" {
		t.Errorf("the type is %s", got)
	}
}

func TestErrorPath(t *testing.T) {
	_, err := decodeAndValidate(component(nested(), nested(types(fn(nil)), types(componentType(declType(list(val(u8))), declImport("x", asFunc(0)))))))
	if got, want := errorText(err), "byte 43 (0x2b), in component 1, type 1: type 0 is a value type, not a function type"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	broken := module(coreFn(0, 1))
	broken[len(broken)-2] = 0x01 // a nop where the function must trap
	file := component(nested(coreModule(broken)))
	_, err = decodeAndValidate(file)
	var got *validate.Error
	if e, ok := err.(*validate.Error); ok {
		got = e
	}
	if got == nil || len(got.Path) != 2 || got.Path[0] != "component 0" || got.Path[1] != "core module 0" || got.Offset != len(file)-1 {
		t.Errorf("got %v", err)
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
