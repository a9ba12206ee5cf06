package wit_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/witpkg"
	"github.com/sidecall/sidecall/plugins"
	pluginwit "github.com/sidecall/sidecall/plugins/wit"
	"github.com/sidecall/sidecall/plugins/wit/compile"
	"github.com/sidecall/sidecall/wit"
)

// TestDigest needs no compiler: the binary was made from the text that is there.
func TestDigest(t *testing.T) {
	got, err := compile.Digest(os.DirFS("text"))
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("host.wasm.sum")
	if err != nil {
		t.Fatal(err)
	}
	if got != strings.TrimSpace(string(want)) {
		t.Error("host.wasm was made from another text: run go generate ./plugins/wit")
	}
}

func TestBinaryIsCurrent(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling the text takes a tool that has to be built; TestDigest says the same more weakly")
	}
	got, err := compile.WIT("text")
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("host.wasm")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("host.wasm is not what the text compiles to: run go generate ./plugins/wit")
	}
}

// TestEveryFunction checks that what plugins register is what the WIT has.
func TestEveryFunction(t *testing.T) {
	binary, err := os.ReadFile("host.wasm")
	if err != nil {
		t.Fatal(err)
	}
	all, err := witpkg.Decode(binary)
	if err != nil {
		t.Fatal(err)
	}
	var have, want []string
	for _, i := range plugins.All() {
		for fn := range i.Funcs {
			have = append(have, i.Name+" "+fn)
		}
		have = append(have, i.Name)
	}
	for _, i := range all {
		for _, e := range i.Type.Exports {
			if _, ok := e.Type.(*wit.FuncType); ok {
				want = append(want, i.Name+" "+e.Name)
			}
		}
		want = append(want, i.Name)
	}
	slices.Sort(have)
	slices.Sort(want)
	for _, n := range want {
		if !slices.Contains(have, n) {
			t.Errorf("%s is not implemented", n)
		}
	}
	for _, n := range have {
		if !slices.Contains(want, n) {
			t.Errorf("%s is not in the WIT", n)
		}
	}
	if len(slices.Compact(have)) != len(have) {
		t.Error("an interface is registered twice")
	}
}

func TestMisspelt(t *testing.T) {
	defer func() {
		if got, want := recover(), "the WIT of wasi:io/poll@0.2.12 has no function pol"; got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}()
	pluginwit.Implement("wasi:io/poll", misspelt)
}
