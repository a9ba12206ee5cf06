package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/linker/compile"
)

// noneExpected is an empty file of expected failures.
func noneExpected(t *testing.T, lines ...string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "expected.txt")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// eachWay runs a test on both engines, with calls between components in generated
// code and through the host.
func eachWay(t *testing.T, f func(t *testing.T, engine string, fuse compile.Fuse)) {
	for _, engine := range []string{"compiler", "interpreter"} {
		for _, name := range []string{"auto", "off"} {
			fuse, _ := fuseOption(name)
			t.Run(engine+"/fuse-"+name, func(t *testing.T) { f(t, engine, fuse) })
		}
	}
}

// lines says which lines failed, by script.
func lines(r *report.Report) string {
	by := map[string][]string{}
	for _, f := range r.Failures {
		by[f.Script] = append(by[f.Script], fmt.Sprint(f.Line))
	}
	var out []string
	for _, s := range []string{"mini/pass.wast", "mini/fail.wast", "mini/validate.wast", "vectors.json", ""} {
		if by[s] != nil {
			out = append(out, s+": "+strings.Join(by[s], " "))
		}
	}
	return strings.Join(out, "; ")
}

// TestPass runs scripts in which everything is as they say.
func TestPass(t *testing.T) {
	eachWay(t, func(t *testing.T, engine string, fuse compile.Fuse) {
		r, err := execute(context.Background(), []string{"testdata/pass", "testdata/vectors-pass"}, engine, fuse, noneExpected(t))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Failures {
			t.Errorf("%s:%d: %s: want %s, got %s", f.File, f.Line, f.Type, f.Want, f.Got)
		}
		want := map[string]int{"refused for the feature async": 1, "its instance": 1, "text only": 1, "command not supported": 1, "feature not supported": 1}
		if got, want := fmt.Sprint(r.Skipped), fmt.Sprint(want); got != want {
			t.Errorf("skipped %s, want %s", got, want)
		}
	})
}

// TestFail runs scripts in which nothing but what is needed on the way is as they
// say: every other command must be reported.
func TestFail(t *testing.T) {
	eachWay(t, func(t *testing.T, engine string, fuse compile.Fuse) {
		r, err := execute(context.Background(), []string{"testdata/fail", "testdata/vectors-fail"}, engine, fuse, noneExpected(t))
		if err != nil {
			t.Fatal(err)
		}
		const want = "mini/fail.wast: 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26; " +
			"mini/validate.wast: 2 6; vectors.json: 1 2 3 4 5 6 7 8 9 10"
		if got := lines(r); got != want {
			t.Errorf("failed\n%s, want\n%s", got, want)
		}
	})
}

// TestExpected checks that expected failures are no failures, and that an entry
// that is not needed is one.
func TestExpected(t *testing.T) {
	r, err := execute(context.Background(), []string{"testdata/fail/validate.json"}, "compiler", compile.FuseAuto,
		noneExpected(t, "mini/mini/validate.wast:2 it is invalid", "mini/mini/validate.wast:6 [compiler] nobody has the import", "mini/mini/other.wast:1 not run"))
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || len(r.Expected) != 2 {
		t.Errorf("failures %v, expected %v", r.Failures, r.Expected)
	}
	r, err = execute(context.Background(), []string{"testdata/fail/validate.json"}, "compiler", compile.FuseAuto,
		noneExpected(t, "mini/mini/validate.wast:2 it is invalid", "mini/mini/validate.wast:4 it passes", "mini/mini/validate.wast:6 x"))
	if err != nil {
		t.Fatal(err)
	}
	if got := lines(r); got != "mini/validate.wast: 4" {
		t.Errorf("failed %q", got)
	}
}

func TestCommand(t *testing.T) {
	reportFile := filepath.Join(t.TempDir(), "report.json")
	for _, tt := range []struct {
		args []string
		code int
		out  string // must occur in what is printed
	}{
		{[]string{"testdata/pass"}, 0, "mini   sync   assert_return"},
		{[]string{"-report", reportFile, "-engine", "interpreter", "testdata/fail"}, 1, "testdata/fail/fail.json:2: assert_return (group sync)"},
		{nil, 2, "usage: wast"},
		{[]string{"-engine", "v8", "x"}, 2, `unknown engine "v8"`},
		{[]string{"-fuse", "on", "x"}, 2, `unknown -fuse "on"`},
		{[]string{"-fuse", "off", "testdata/pass"}, 0, "mini   sync   assert_return"},
		{[]string{"no-such-directory"}, 2, "no-such-directory"},
		{[]string{"internal"}, 2, "there are no scripts under internal"},
	} {
		var out bytes.Buffer
		if code := command(context.Background(), tt.args, &out, &out); code != tt.code || !strings.Contains(out.String(), tt.out) {
			t.Errorf("%v: exit code %d, want %d; printed\n%s", tt.args, code, tt.code, out.String())
		}
	}
	b, err := os.ReadFile(reportFile)
	if err != nil {
		t.Fatal(err)
	}
	var r struct {
		Mini     map[string]map[string]map[string]int
		Failures []map[string]any
	}
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	if r.Mini["sync"]["assert_return"]["fail"] != 9 || len(r.Failures) != 27 || r.Failures[0]["line"] != 2.0 {
		t.Errorf("report: %+v", r)
	}
}

// TestConformance runs the conformance suites, which are no part of the repository.
func TestConformance(t *testing.T) {
	dir := "../../../shared/conformance"
	if _, err := os.Stat(dir); err != nil {
		t.Skipf("the conformance data is not here: %v", err)
	}
	eachWay(t, func(t *testing.T, engine string, fuse compile.Fuse) {
		r, err := execute(context.Background(), []string{dir}, engine, fuse, "")
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range r.Failures {
			t.Errorf("%s:%d: %s (group %s): want %s, got %s", f.File, f.Line, f.Type, f.Group, f.Want, f.Got)
		}
		if c := r.Counts["component-model"]["sync"]["assert_return"]; c == nil || c.Pass == 0 {
			t.Error("no assert_return of the specification's own suite ran")
		}
	})
}
