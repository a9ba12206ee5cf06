package diag_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker/diag"
)

func TestPrint(t *testing.T) {
	l := diag.List{
		{Severity: diag.Warning, Stage: diag.Link, Pos: diag.Pos{File: "m.yaml", Line: 9, Column: 3}, Message: "not used"},
		{Severity: diag.Error, Stage: diag.Link, Pos: diag.Pos{File: "m.yaml", Line: 2, Column: 1}, Message: "wrong",
			Details: []string{"a", "b"}, Hint: "write:\nx: y"},
		{Severity: diag.Note, Pos: diag.Pos{File: "m.yaml", Line: 2}, Message: "by the way"},
		{Severity: diag.Error, Stage: diag.Link, Message: "nowhere"},
	}
	l.Sort()
	var b strings.Builder
	if err := l.Print(&b); err != nil {
		t.Fatal(err)
	}
	want := `error: nowhere
m.yaml:2: note: by the way
m.yaml:2:1: error: wrong
    a
    b
  hint: write:
    x: y
m.yaml:9:3: warning: not used
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
	var failure *diag.Failure
	err := fmt.Errorf("linking: %w", l.Err())
	if !errors.As(err, &failure) || len(failure.List) != 2 || !strings.HasSuffix(err.Error(), "    x: y") {
		t.Errorf("error: %v", err)
	}
	if l.Warnings().Err() != nil || len(l.Warnings()) != 1 || l.Stage() != diag.Link {
		t.Errorf("warnings %v, stage %v", l.Warnings(), l.Stage())
	}
	if l.Add(diag.Diagnostic{Stage: diag.Manifest}); l.Stage() != diag.Manifest {
		t.Error("an error of the manifest does not decide the stage")
	}
}

func TestSimilar(t *testing.T) {
	for _, test := range []struct{ word, candidates, want string }{
		{"mian", "main name", "main"},
		{"flie", "file env", "file"},
		{"loger", "logger app", "logger"},
		{"wasi:logging/loging", "wasi:cli/run wasi:logging/logging", "wasi:logging/logging"},
		{"wasi:cli/exit", "wasi:cli/run", ""},
		{"b", "a", ""},
		{"zzz", "main name", ""},
		{"", "main", ""},
		{strings.Repeat("x", 10_000), strings.Repeat("x", 9_999), ""},
	} {
		if got, _ := diag.Similar(test.word, strings.Fields(test.candidates)); got != test.want {
			t.Errorf("%.20s: got %q, want %q", test.word, got, test.want)
		}
	}
}
