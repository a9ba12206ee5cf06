package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for _, tt := range []struct {
		args []string
		ok   bool
	}{
		{[]string{"-time", "8h", "-corpus", "x", "-run", "core:"}, true},
		{[]string{"-time", "0s"}, false},
		{[]string{"-run", "("}, false},
		{[]string{"FuzzDecode"}, false},
	} {
		if o, err := parse(tt.args, io.Discard); (err == nil) != tt.ok || tt.ok && !filepath.IsAbs(o.store) {
			t.Errorf("%q: %+v, %v", tt.args, o, err)
		}
	}
}

func TestCount(t *testing.T) {
	var r result
	r.count("fuzz: elapsed: 3s, execs: 100 (33/sec), new interesting: 1 (total: 15)\n" +
		"fuzz: elapsed: 6s, execs: 250 (50/sec), new interesting: 2 (total: 16)\nPASS\n")
	r.count("fuzz: elapsed: 3s, execs: 10 (3/sec), new interesting: 1 (total: 17)\n--- FAIL: FuzzX\n")
	if r.Executions != 260 || r.New != 3 {
		t.Errorf("%+v", r)
	}
}

// TestTargets finds this repository's targets, and that what fails is told.
func TestTargets(t *testing.T) {
	tr := &tree{root: t.TempDir(), dir: t.TempDir()}
	write := func(name, text string) {
		path := filepath.Join(tr.root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("b/x_test.go", "func FuzzB(f *testing.F) {\n}\n// func FuzzNo(f *testing.F)\n")
	write("a/c/x_test.go", "func FuzzA(f *testing.F) {\nfunc FuzzLine(t *testing.T) {")
	write("a/x.go", "func FuzzC(f *testing.F) {")
	o, err := parse([]string{"-corpus", t.TempDir()}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := tr.targets(o.run)
	if err != nil || len(targets) != 2 || targets[0].String() != "a/c:FuzzA" || targets[1].String() != "b:FuzzB" {
		t.Errorf("%v, %v", targets, err)
	}
	write("b/testdata/fuzz/FuzzB/1", "go test fuzz v1\n")
	found, err := tr.keepFound(targets[1], o)
	if err != nil || len(found) != 1 {
		t.Fatalf("%v, %v", found, err)
	}
	if _, err := os.Stat(found[0]); err != nil {
		t.Error(err)
	}
	if again, err := tr.keepFound(targets[1], o); err != nil || len(again) != 0 {
		t.Errorf("%v, %v", again, err)
	}
}

func TestCoverage(t *testing.T) {
	file := filepath.Join(t.TempDir(), "cover.out")
	if err := os.WriteFile(file, []byte("mode: set\nm/p/a.go:1.2,3.4 2 0\nm/p/a.go:1.2,3.4 2 1\nm/p/b.go:1.2,3.4 6 0\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p, err := readProfile(file)
	if err != nil {
		t.Fatal(err)
	}
	r := &report{covered: p}
	r.add(result{Target: "p:FuzzX", Found: []string{"x"}})
	var out strings.Builder
	r.print(&out)
	if r.Packages["m/p"] != 25 || r.Found != 1 || !strings.Contains(out.String(), "25.0 %") {
		t.Errorf("%+v\n%s", r, out.String())
	}
	if (profile{}).grows(profile{"x": {1, false}}) || !(profile{}).grows(profile{"x": {1, true}}) {
		t.Error("what is new is not told")
	}
}

// TestDocumented: docs/fuzzing.md names every target.
func TestDocumented(t *testing.T) {
	text, err := os.ReadFile("../../docs/fuzzing.md")
	if err != nil {
		t.Fatal(err)
	}
	o, err := parse(nil, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	targets, err := (&tree{root: "../.."}).targets(o.run)
	if err != nil || len(targets) < 30 {
		t.Fatalf("%d targets, %v", len(targets), err)
	}
	for _, x := range targets {
		if _, after, ok := strings.Cut(string(text), "`"+x.folder+"` "); !ok || !strings.Contains(after, x.name) {
			t.Errorf("docs/fuzzing.md does not name %s", x)
		}
	}
}
