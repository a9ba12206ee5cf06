package linker_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/audit"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
	"github.com/sidecall/sidecall/wit"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the expected output in testdata")

// catalog is a small host.
func catalog() resolve.Catalog {
	str := wit.Primitive(wit.String)
	d := &wit.Resource{Name: "descriptor"}
	pair := wit.NewTuple(str, str)
	return resolve.Catalog{
		{Name: "wasi:cli/environment@0.2.12", Type: wit.NewInstanceType([]wit.Decl{
			{Name: "get-environment", Type: &wit.FuncType{Result: wit.NewList(pair)}}}, nil)},
		{Name: "wasi:filesystem/types@0.2.12", Type: wit.NewInstanceType([]wit.Decl{
			{Name: "descriptor", Type: &wit.TypeExport{Def: d, Abstract: true}}}, []*wit.Resource{d})},
		{Name: "wasi:filesystem/preopens@0.2.12", Type: wit.NewInstanceType([]wit.Decl{
			{Name: "descriptor", Type: &wit.TypeExport{Def: d}},
			{Name: "get-directories", Type: &wit.FuncType{Result: wit.NewList(wit.NewTuple(wit.NewOwn(d), str))}}}, nil)},
		{Name: "demo:host/clock@1.0.9", Type: clock()},
		{Name: "demo:host/clock@1.2.3", Type: clock()},
		{Name: "demo:host/clock@2.0.0", Type: clock()},
	}
}

func clock() *wit.InstanceType {
	return wit.NewInstanceType([]wit.Decl{{Name: "now", Type: &wit.FuncType{Result: wit.Primitive(wit.U64)}}}, nil)
}

// TestLink links the manifest of every archive in testdata and compares what is
// said about it, the graph and the plan with the files of those names. Calls are
// not turned into generated code there, whose details are another package's.
func TestLink(t *testing.T) {
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
			m, diags := manifest.Decode(ar.Files[0].Data, "testdata/sidecall.yaml", manifest.Options{})
			if m == nil {
				t.Fatal(diags.Err())
			}
			r := linker.Link(m, catalog(), linker.Options{Compile: compile.Options{Fuse: compile.FuseOff}})
			if (r.Plan == nil) != r.Diagnostics.HasErrors() {
				t.Errorf("plan is nil: %v, but errors: %v", r.Plan == nil, r.Diagnostics.HasErrors())
			}
			for i := range ar.Files[1:] {
				f := &ar.Files[1+i]
				got := output(t, r, f.Name)
				if *update {
					f.Data = []byte(got)
				} else if got != string(f.Data) {
					t.Errorf("%s, got:\n%s\nwant:\n%s", f.Name, got, f.Data)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(ar), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			if r.Plan != nil {
				if err := r.Plan.Check(); err != nil {
					t.Error(err)
				}
				if err := r.Graph.Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

var size = regexp.MustCompile(`\d+ bytes(, [0-9a-f]{8})?`)

// output is one form of a result as text. Sizes and digests of modules are not the
// linker's affair.
func output(t *testing.T, r *linker.Result, form string) string {
	var b bytes.Buffer
	var err error
	switch {
	case form == "diagnostics":
		err = r.Diagnostics.Print(&b)
	case form == "graph" && r.Graph != nil:
		err = r.Graph.Text(&b)
	case form == "dot" && r.Graph != nil:
		err = r.Graph.Dot(&b, graph.HostPackages)
	case form == "mermaid" && r.Graph != nil:
		err = r.Graph.Mermaid(&b, graph.HostPackages)
	case form == "svg" && r.Graph != nil:
		err = r.Graph.SVG(&b, graph.HostPackages)
	case form == "json" && r.Graph != nil:
		err = r.Graph.JSON(&b)
	case form == "audit" && r.Graph != nil:
		report, problem := audit.Of(r.Graph)
		if problem != nil {
			t.Fatal(problem)
		}
		followsSchema(t, report)
		followsSchema(t, audit.Compare(&audit.Report{}, report))
		err = report.Text(&b)
	case form == "plan" && r.Plan != nil:
		err = r.Plan.Print(&b)
	}
	if err != nil {
		t.Error(err)
	}
	if form == "audit" {
		return digest.ReplaceAllString(b.String(), "  sha256:…")
	}
	if form == "plan" {
		return size.ReplaceAllString(b.String(), "… bytes")
	}
	return b.String()
}
