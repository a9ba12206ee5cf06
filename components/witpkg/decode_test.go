package witpkg_test

import (
	_ "embed"
	"os"
	"slices"
	"testing"

	"github.com/sidecall/sidecall/components/witpkg"
	"github.com/sidecall/sidecall/wit"
)

//go:generate sh -c "cd testdata && for p in dep app world; do go tool wasm-tools component wit --wasm $DOLLAR{p} > $DOLLAR{p}.wasm; done"

var (
	//go:embed testdata/dep.wasm
	dep []byte
	//go:embed testdata/app.wasm
	app []byte
	//go:embed testdata/world.wasm
	world []byte
)

func decode(t *testing.T, inputs ...[]byte) map[string]*wit.InstanceType {
	t.Helper()
	is, err := witpkg.Decode(inputs...)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]*wit.InstanceType{}
	for _, i := range is {
		m[i.Name] = i.Type
	}
	return m
}

func names(is map[string]*wit.InstanceType) []string {
	var out []string
	for n := range is {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// resource returns the resource type that an interface exports.
func resource(t *testing.T, i *wit.InstanceType, name string) *wit.Resource {
	t.Helper()
	e, _ := i.Export(name)
	te, ok := e.(*wit.TypeExport)
	if !ok {
		t.Fatalf("no type %s", name)
	}
	r, ok := te.Def.(*wit.Resource)
	if !ok {
		t.Fatalf("%s is no resource but %v", name, te.Def)
	}
	return r
}

func function(t *testing.T, i *wit.InstanceType, name string) *wit.FuncType {
	t.Helper()
	e, _ := i.Export(name)
	f, ok := e.(*wit.FuncType)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return f
}

// checkShared checks that all interfaces mean the same resources.
func checkShared(t *testing.T, m map[string]*wit.InstanceType) {
	t.Helper()
	res, types, other := m["my:dep/res@1.2.0"], m["my:app/types@0.1.0"], m["my:app/other@0.1.0"]
	r := resource(t, res, "r")
	for _, name := range []string{"r", "alias-r"} {
		if got := resource(t, types, name); got != r {
			t.Errorf("types' %s is another resource than res's r", name)
		}
	}
	if got := function(t, res, "[method]r.size").Params[0].Type.Resource; got != r {
		t.Error("the method of r takes another resource")
	}
	own2 := resource(t, types, "own2")
	if own2 == r || resource(t, other, "own2") != own2 {
		t.Error("own2 is not one resource type of its own")
	}
	f := function(t, other, "f")
	if f.Result.Resource != own2 {
		t.Error("f returns another resource than own2")
	}
	if f.Params[0].Type.Fields[0].Type.Resource != r {
		t.Error("the record q of other's f holds another resource than r")
	}
	if m := function(t, types, "[method]own2.m"); m.Params[1].Type.Resource != r {
		t.Error("own2.m takes another resource than r")
	}
	if len(res.Resources) != 1 || res.Resources[0] != r || len(types.Resources) != 1 || types.Resources[0] != own2 || len(other.Resources) != 0 {
		t.Errorf("introduced resources: res %v, types %v, other %v", res.Resources, types.Resources, other.Resources)
	}
}

func TestSeveralInputs(t *testing.T) {
	for _, inputs := range [][][]byte{{dep, app}, {app, dep}} {
		m := decode(t, inputs...)
		if got, want := names(m), []string{"my:app/alone@0.1.0", "my:app/other@0.1.0", "my:app/types@0.1.0", "my:dep/res@1.2.0"}; !slices.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
		checkShared(t, m)
	}
}

func TestWorld(t *testing.T) {
	m := decode(t, world)
	if got, want := names(m), []string{"my:app/alone@0.1.0", "my:app/other@0.1.0", "my:app/types@0.1.0", "my:dep/res@1.2.0"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	checkShared(t, m)
	checkShared(t, decode(t, world, dep, app))
}

func TestErrors(t *testing.T) {
	component, err := os.ReadFile("testdata/component.wasm")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		input []byte
		want  string
	}{
		{app, "my:app/types@0.1.0 uses my:dep/res@1.2.0, which none of the packages declares"},
		{nil, "WIT package 0: the file is empty"},
		{component, `WIT package 0: this is a component whose export "t" is a type, not a WIT package`},
	} {
		_, err := witpkg.Decode(tt.input)
		if err == nil || err.Error() != tt.want {
			t.Errorf("got %v, want %s", err, tt.want)
		}
	}
}
