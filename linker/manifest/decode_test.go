package manifest_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker/manifest"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// TestDecode decodes the file sidecall.yaml of every archive, with the variables of
// the file env, and compares what comes out with the file want.
func TestDecode(t *testing.T) {
	archives, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatalf("no archives in testdata: %v", err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			env := map[string]string{}
			var source, want []byte
			for _, f := range ar.Files {
				switch f.Name {
				case "sidecall.yaml":
					source = f.Data
				case "env":
					for line := range strings.Lines(string(f.Data)) {
						name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
						env[name] = value
					}
				case "want":
					want = f.Data
				}
			}
			got := decode(source, env)
			if *update {
				ar.Files = append(ar.Files[:len(ar.Files):len(ar.Files)], txtar.File{Name: "want", Data: []byte(got)})
				if want != nil {
					ar.Files = ar.Files[:len(ar.Files)-1]
					ar.Files[len(ar.Files)-1].Data = []byte(got)
				}
				if err := os.WriteFile(path, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

// decode is the whole result of decoding as text.
func decode(source []byte, env map[string]string) string {
	m, diags := manifest.Decode(source, "dir/sidecall.yaml", manifest.Options{
		Lookup: func(name string) (string, bool) { v, ok := env[name]; return v, ok },
	})
	var b strings.Builder
	diags.Print(&b)
	if (m == nil) != diags.HasErrors() {
		fmt.Fprintf(&b, "manifest is nil: %v, but errors: %v\n", m == nil, diags.HasErrors())
	}
	if m == nil {
		return b.String()
	}
	fmt.Fprintf(&b, "name %s, main %s at %v\n", m.Name, m.Main, m.MainPos)
	for _, c := range m.Components {
		fmt.Fprintf(&b, "component %s at %v: file %s at %v\n", c.Name, c.Pos, c.File, c.FilePos)
		if len(c.Args) > 0 {
			fmt.Fprintf(&b, "  args %q at %v\n", c.Args, c.ArgsPos)
		}
		if len(c.Env) > 0 {
			fmt.Fprintf(&b, "  env %q at %v\n", c.Env, c.EnvPos)
		}
		for i, f := range c.Files {
			fmt.Fprintf(&b, "  file %+v at %v in %v\n", f, c.FilesAt[i], c.FilesPos)
		}
		if len(c.OutboundHosts) > 0 {
			fmt.Fprintf(&b, "  outbound %q at %v\n", c.OutboundHosts, c.OutboundPos)
		}
		for _, g := range c.Sockets {
			fmt.Fprintf(&b, "  socket %v at %v\n", g, c.SocketsPos)
		}
		if len(c.Buckets) > 0 {
			fmt.Fprintf(&b, "  buckets %q at %v\n", c.Buckets, c.BucketsPos)
		}
		if len(c.Config) > 0 {
			fmt.Fprintf(&b, "  config %q at %v\n", c.Config, c.ConfigPos)
		}
		for _, i := range c.Imports {
			fmt.Fprintf(&b, "  import %s at %v:", i.Selector, i.Pos)
			for _, p := range i.Chain {
				fmt.Fprintf(&b, " %s at %v", p.Name, p.Pos)
			}
			b.WriteString("\n")
		}
		if c.Instance != (manifest.Instance{}) {
			fmt.Fprintf(&b, "  instance %s at %v, size %d, max invocations %d, idle timeout %v\n",
				c.Instance.Policy, c.Instance.Pos, c.Instance.Size, c.Instance.MaxInvocations, c.Instance.IdleTimeout)
		}
	}
	if m.HTTP != nil {
		text, err := json.MarshalIndent(m.HTTP, "", "  ")
		fmt.Fprintf(&b, "http %s %v\n", text, err)
	}
	return b.String()
}

func TestDecodeLimits(t *testing.T) {
	head := "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: {name: x}\nmain: app\ncomponents:\n  app:\n    file: a.wasm\n"
	bomb := strings.Builder{}
	bomb.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 12; i++ {
		fmt.Fprintf(&bomb, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i-1), 10), ","))
	}
	args := strings.Builder{}
	args.WriteString("    args: &x\n")
	for range 10_001 {
		args.WriteString("    - x\n")
	}
	long := strings.Repeat("$${}", 1<<17)
	for _, test := range []struct{ name, source, want string }{
		{"size", strings.Repeat("#", manifest.MaxSize+1), "dir/sidecall.yaml: error: a manifest is at most 1048576 bytes long, this file has 1048577"},
		{"depth", head + "    args: " + strings.Repeat("[", 1000), "not YAML: "},
		{"values", head + args.String() + "  b:\n    file: b.wasm\n    args: *x\n", "more than 20000 values, aliases counted as often as they are used"},
		{"alias of itself", head + "    args: &a [*a]\n", "components.app.args[0] must be a string or number, not a list"},
		{"alias bomb", bomb.String() + head, `the manifest has no key "a0"`},
		{"text", head + "    args: [&l \"" + long + "\"" + strings.Repeat(", *l", 100) + "]\n", "the manifest is longer than 16777216 bytes with its variables"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := decode([]byte(test.source), nil); !strings.Contains(got, test.want) {
				t.Errorf("got %.2000s\nwant %s", got, test.want)
			}
		})
	}
}

func TestFromFiles(t *testing.T) {
	m := manifest.FromFiles("build/My App.wasm", []string{"log.wasm", "x/log.wasm", "host.wasm", "1.wasm", "ü.component.wasm", "_"}, []string{"-v"})
	var got []string
	for _, c := range m.Components {
		got = append(got, c.Name+"="+c.File)
	}
	want := "my-app=build/My App.wasm log=log.wasm log-2=x/log.wasm host-2=host.wasm component-1=1.wasm component=ü.component.wasm component-2=_"
	if s := strings.Join(got, " "); s != want || m.Main != "my-app" || m.Name != "my-app" || len(m.Components[0].Args) != 1 {
		t.Errorf("got %s, main %s\nwant %s", s, m.Main, want)
	}
}

func FuzzDecode(f *testing.F) {
	archives, _ := filepath.Glob("testdata/*.txtar")
	for _, path := range archives {
		if ar, err := txtar.ParseFile(path); err == nil {
			f.Add(ar.Files[0].Data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, diags := manifest.Decode(data, "m.yaml", manifest.Options{Lookup: func(name string) (string, bool) { return name, name < "M" }})
		if (m == nil) != diags.HasErrors() {
			t.Fatalf("manifest %v with %v", m, diags)
		}
		for _, d := range diags {
			if d.Message == "" || strings.Contains(d.Message, "\n") {
				t.Errorf("message %q", d.Message)
			}
		}
	})
}
