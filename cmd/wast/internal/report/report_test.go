package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
)

func result(line int, o report.Outcome, want, got string) report.Result {
	return report.Result{Suite: "s", Group: "sync", Type: "assert_return", Script: "a/b.wast", File: "dir/b.json", Line: line, Outcome: o, Want: want, Got: got}
}

func TestReport(t *testing.T) {
	expected, err := report.ParseExpected(strings.NewReader(`
# a comment
s/a/b.wast:2  reason one
s/a/b.wast:3 [interpreter] reason two
s/a/b.wast:4 [compiler] reason three
s/a/b.wast:9 no such line
s/other.wast:1 its script does not run
`))
	if err != nil {
		t.Fatal(err)
	}
	r := report.New([]report.Result{
		result(1, report.Pass, "", ""),
		result(2, report.Fail, "1", "2"),
		result(3, report.Fail, "3", "4"),
		result(4, report.Pass, "", ""),
		result(5, report.Skip, "", "group async: not run"),
	}, expected, "compiler", "expected.txt")
	if r.OK() {
		t.Error("failures are reported as success")
	}
	var table, js bytes.Buffer
	if err := r.Table(&table); err != nil {
		t.Fatal(err)
	}
	want := `suite  group  command        pass  fail  skip
s      sync   assert_return  1     2     2
s      sync   expected       0     1     0
s      sync   total          1     3     2
total                        1     3     2

skipped:
      1  expected failure
      1  group async

expected failures:
  s/a/b.wast:2: expected failure: reason one

failures:
  dir/b.json:3: assert_return (group sync)
    want 3
    got  4
  dir/b.json:4: assert_return (group sync)
    want a failure, expected by line 5 of expected.txt: reason three
    got  it passes: remove the line
  expected.txt:6: expected (group sync)
    want a command s/a/b.wast:9
    got  the script has no command at that line
`
	if table.String() != want {
		t.Errorf("got\n%s\nwant\n%s", table.String(), want)
	}
	if err := r.JSON(&js); err != nil {
		t.Fatal(err)
	}
	want = `{
  "failures": [
    {
      "file": "dir/b.json",
      "line": 3,
      "type": "assert_return",
      "want": "3",
      "got": "4"
    },`
	if !strings.HasPrefix(js.String(), want) {
		t.Errorf("got\n%s", js.String())
	}
}

func TestParseExpectedErrors(t *testing.T) {
	for in, want := range map[string]string{
		"s/a.wast:1":                 `line 1: expected «suite/script.wast:LINE [engine] reason», found "s/a.wast:1"`,
		"s/a.wast:1 x\ns/a.wast x":   `line 2: expected «suite/script.wast:LINE [engine] reason», found "s/a.wast x"`,
		"s/a.wast:1 [wasm] x":        `line 1: expected «suite/script.wast:LINE [engine] reason», found "s/a.wast:1 [wasm] x"`,
		"s/a.wast:1 x\ns/a.wast:1 y": "line 2: s/a.wast:1 is listed in line 1 already",
	} {
		if _, err := report.ParseExpected(strings.NewReader(in)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
}
