package linker_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"

	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/linker/resolve"
)

func files(main string, with ...string) *manifest.Manifest {
	for i := range with {
		with[i] = "testdata/components/" + with[i] + ".wasm"
	}
	return manifest.FromFiles("testdata/components/"+main+".wasm", with, nil)
}

func mustLink(t *testing.T, m *manifest.Manifest, cat resolve.Catalog, opt compile.Options) *plan.Plan {
	t.Helper()
	r := linker.Link(m, cat, linker.Options{Compile: opt})
	if err := r.Diagnostics.Err(); err != nil {
		t.Fatal(err)
	}
	if err := r.Plan.Check(); err != nil {
		t.Fatal(err)
	}
	return r.Plan
}

// whole is everything in a plan as text, modules included.
func whole(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Print(&b); err != nil {
		t.Fatal(err)
	}
	for _, m := range p.Modules {
		fmt.Fprintf(&b, "%s %x\n", m.Name, m.Bytes)
	}
	return b.String()
}

// TestSamePlan links the same input many times: the plan must be the same byte for
// byte, whatever the order of Go's maps and of the host's catalog.
func TestSamePlan(t *testing.T) {
	for _, m := range []*manifest.Manifest{
		files("store-app", "batch", "bucket"), files("nested"), files("clock-app", "clock-middle"), files("files"),
	} {
		want := whole(t, mustLink(t, m, catalog(), compile.Options{}))
		for range 20 {
			cat := catalog()
			rand.Shuffle(len(cat), func(i, j int) { cat[i], cat[j] = cat[j], cat[i] })
			if got := whole(t, mustLink(t, m, cat, compile.Options{})); got != want {
				t.Fatalf("%s, once:\n%s\nand another time:\n%s", m.Main, want, got)
			}
		}
	}
}

// TestModulesKeep checks that the modules of a component, as the host gets them,
// are the same whatever it is linked to, so that code compiled from them can be kept.
func TestModulesKeep(t *testing.T) {
	own := func(p *plan.Plan, component string) (modules [][]byte) {
		for _, s := range p.Steps {
			c := p.Instances[s.Instance].Component
			if m := p.Modules[s.Module]; c >= 0 && p.Components[c].Name == component && !m.Generated {
				modules = append(modules, m.Bytes)
			}
		}
		return modules
	}
	chain := files("app", "middle", "log")
	chain.Components[0].Imports = []manifest.Import{{Selector: "demo:telemetry/log", Chain: []manifest.Provider{{Name: "middle"}, {Name: "log"}}}}
	for _, test := range []struct {
		component string
		plans     []*plan.Plan
	}{
		{"app", []*plan.Plan{
			mustLink(t, files("app", "log"), nil, compile.Options{}),
			mustLink(t, files("app", "log"), nil, compile.Options{Fuse: compile.FuseOff}),
			mustLink(t, files("app", "log-newer"), nil, compile.Options{}),
			mustLink(t, chain, nil, compile.Options{}),
		}},
		{"clock-app", []*plan.Plan{
			mustLink(t, files("clock-app"), catalog(), compile.Options{}),
			mustLink(t, files("clock-app", "clock-middle"), catalog(), compile.Options{}),
			mustLink(t, files("clock-app", "clock-middle"), catalog(), compile.Options{Fuse: compile.FuseOff}),
		}},
	} {
		want := own(test.plans[0], test.component)
		if len(want) == 0 {
			t.Fatalf("%s has no modules", test.component)
		}
		for i, p := range test.plans[1:] {
			got := own(p, test.component)
			if len(got) != len(want) {
				t.Fatalf("%s: %d modules, linked in way %d %d", test.component, len(want), i+1, len(got))
			}
			for k := range want {
				if !bytes.Equal(got[k], want[k]) {
					t.Errorf("%s: module %d differs in way %d", test.component, k, i+1)
				}
			}
		}
	}
}

// TestFuse checks that calls between components become generated code unless that
// is off, and that calls to the host never do.
func TestFuse(t *testing.T) {
	for _, test := range []struct {
		fuse                   compile.Fuse
		generated, trampolines int
	}{
		{compile.FuseAuto, 3, 0}, // the flags, the adapter, the accessor of the app's memory
		{compile.FuseOff, 1, 1},
	} {
		p := mustLink(t, files("app", "log"), nil, compile.Options{Fuse: test.fuse})
		generated, trampolines := 0, 0
		for _, m := range p.Modules {
			if m.Generated {
				generated++
			}
		}
		for _, h := range p.HostModules {
			for _, tr := range h.Trampolines {
				if tr.Target != nil {
					trampolines++
				}
			}
		}
		if generated != test.generated || trampolines != test.trampolines {
			t.Errorf("fuse %d: %d generated modules and %d trampolines, want %d and %d", test.fuse, generated, trampolines, test.generated, test.trampolines)
		}
	}
}

func TestLimits(t *testing.T) {
	for _, test := range []struct {
		main   string
		limits compile.Limits
		want   string
	}{
		{"wide", compile.Limits{Instances: 7}, "error: wide/0/0/0/0/0/0: at offset 0x343: the composition has more than 7 component instances"},
		{"nested", compile.Limits{CoreInstances: 2}, "error: nested/1: at offset 0x173: the composition has more than 2 core module instances"},
		{"nested", compile.Limits{Work: 20}, "the composition has more than 20 definitions and parts of types, all instances counted"},
		{"nested", compile.Limits{ModuleBytes: 50}, "the composition has more than 50 bytes of core modules"},
	} {
		r := linker.Link(files(test.main), nil, linker.Options{Compile: compile.Options{Limits: test.limits}})
		err := r.Diagnostics.Err()
		if err == nil || !bytes.Contains([]byte(err.Error()), []byte(test.want)) || r.Plan != nil {
			t.Errorf("%s with %+v: got %v, want %s", test.main, test.limits, err, test.want)
		}
	}
}

func TestReadComponent(t *testing.T) {
	dir := t.TempDir()
	big := filepath.Join(dir, "big.wasm")
	if err := os.WriteFile(big, make([]byte, 101), 0o666); err != nil {
		t.Fatal(err)
	}
	secret := filepath.Join(dir, "secret.wasm")
	if err := os.WriteFile(secret, nil, 0o000); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ path, msg, hint string }{
		{big, "the file has 101 bytes, more than the 100 that a component may have", "this process has too little memory for it: in a container, raise its limit"},
		{filepath.Join(dir, "bih.wasm"), "no such file", "did you mean " + big + "?"},
		{filepath.Join(dir, "other"), "no such file", ""},
		{dir, "this is a directory, not a component", "it contains " + big + ", " + secret},
		{"/dev/null", "this is not a regular file", ""},
		{"ghcr.io/acme/app:1.2", "this looks like the name of an image, not a file", "in a manifest, write image: instead of file:"},
		{"localhost:5000/app@sha256:0123", "this looks like the name of an image, not a file", "in a manifest, write image: instead of file:"},
		{secret, "cannot be read: permission denied", ""},
	} {
		if test.path == secret && os.Geteuid() == 0 {
			continue // root reads everything
		}
		_, err := linker.ReadComponent(test.path, 100)
		var fe *linker.FileError
		if !errors.As(err, &fe) || fe.Msg != test.msg || fe.Hint != test.hint {
			t.Errorf("%s: got %+v, want %q, hint %q", test.path, err, test.msg, test.hint)
		}
	}
}

// TestComponentErrors checks which type of error says what about one component.
func TestComponentErrors(t *testing.T) {
	read := func(name string) []byte {
		data, err := os.ReadFile("testdata/components/" + name + ".wasm")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	var failure *diag.Failure
	if _, err := linker.Component("x", read("app"), nil, linker.Options{}); !errors.As(err, &failure) || len(failure.List) != 1 {
		t.Errorf("missing import: %v", err)
	}
	var ce *compile.Error
	var le *compile.LimitError
	if _, err := linker.Component("x", read("wide"), nil, linker.Options{}); !errors.As(err, &ce) || !errors.As(err, &le) || ce.Component != "x" {
		t.Errorf("limit: %v", err)
	}
	if p, err := linker.Component("x", read("bucket"), nil, linker.Options{}); err != nil || p.Check() != nil {
		t.Errorf("component without imports: %v", err)
	}
}

// FuzzComponent links whatever is a valid component, alone and with itself.
func FuzzComponent(f *testing.F) {
	names, _ := filepath.Glob("testdata/components/*.wasm")
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	opt := linker.Options{Compile: compile.Options{Limits: compile.Limits{Instances: 50, CoreInstances: 100, Work: 50_000}}}
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := linker.Component("fuzzed", data, catalog(), opt)
		if err != nil {
			return
		}
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		if err := p.Print(new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
	})
}
