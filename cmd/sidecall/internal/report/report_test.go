package report

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/linker/diag"
)

const source = "main: app\ncomponents:\n  app: { fil: a.wasm }\n\tx: \u00e4 wrong\n"

func list(t *testing.T) diag.List {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("m.yaml", []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("a.wasm", []byte("\x00asm\nline two\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	at := func(line, column int) diag.Pos { return diag.Pos{File: "m.yaml", Line: line, Column: column} }
	return diag.List{
		{Pos: at(3, 10), Message: `unknown key "fil"`, Hint: `did you mean "file"?`},
		{Pos: at(4, 7), Severity: diag.Warning, Message: "after a tab and an umlaut", Details: []string{"one", "two"}, Hint: "write\n\n  b: c"},
		{Pos: at(2, 0), Severity: diag.Note, Message: "a whole line"},
		{Pos: at(99, 1), Message: "behind the end"},
		{Pos: at(1, 99), Message: "behind the line's end"},
		{Pos: diag.Pos{File: "a.wasm", Line: 2, Column: 1}, Message: "not text"},
		{Pos: diag.Pos{File: "none.yaml", Line: 1, Column: 1}, Message: "no such file"},
		{Message: "no place"},
	}
}

func TestDiagnostics(t *testing.T) {
	const want = `m.yaml:3:10: error: unknown key "fil"
  3 |   app: { fil: a.wasm }
    |          ^~~
  hint: did you mean "file"?
m.yaml:4:7: warning: after a tab and an umlaut
  4 |  x: ä wrong
    |       ^~~~~
    one
    two
  hint: write

      b: c
m.yaml:2: note: a whole line
  2 | components:
m.yaml:99:1: error: behind the end
m.yaml:1:99: error: behind the line's end
  1 | main: app
a.wasm:2:1: error: not text
none.yaml:1:1: error: no such file
error: no place
`
	var b bytes.Buffer
	if err := Diagnostics(&b, Style{}, list(t)); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
}

func TestColors(t *testing.T) {
	var b bytes.Buffer
	if err := Diagnostics(&b, Style{Color: true}, list(t)[:1]); err != nil {
		t.Fatal(err)
	}
	const want = "\x1b[1mm.yaml:3:10\x1b[0m: \x1b[1;31merror:\x1b[0m unknown key \"fil\"\n" +
		"\x1b[2m  3 |\x1b[0m   app: { fil: a.wasm }\n\x1b[2m    |\x1b[0m          \x1b[1;31m^~~\x1b[0m\n" +
		"  \x1b[36mhint:\x1b[0m did you mean \"file\"?\n"
	if b.String() != want {
		t.Errorf("got:\n%q\nwant:\n%q", b.String(), want)
	}
}

func TestStyleFor(t *testing.T) {
	none := func(string) string { return "" }
	for when, want := range map[string]bool{"always": true, "never": false, "auto": false} {
		if got := StyleFor(&bytes.Buffer{}, when, none).Color; got != want {
			t.Errorf("%s, no terminal: got %v", when, got)
		}
	}
}

func TestDiagnosticsJSON(t *testing.T) {
	var b bytes.Buffer
	if err := DiagnosticsJSON(&b, list(t)[:2]); err != nil {
		t.Fatal(err)
	}
	const want = `{
  "ok": false,
  "diagnostics": [
    {
      "severity": "error",
      "file": "m.yaml",
      "line": 3,
      "column": 10,
      "message": "unknown key \"fil\"",
      "hint": "did you mean \"file\"?"
    },
    {
      "severity": "warning",
      "file": "m.yaml",
      "line": 4,
      "column": 7,
      "message": "after a tab and an umlaut",
      "details": [
        "one",
        "two"
      ],
      "hint": "write\n\n  b: c"
    }
  ]
}
`
	if b.String() != want {
		t.Errorf("got:\n%s\nwant:\n%s", b.String(), want)
	}
	b.Reset()
	if err := DiagnosticsJSON(&b, nil); err != nil || !strings.Contains(b.String(), `"ok": true`) {
		t.Errorf("without problems: got %v and %s", err, b.String())
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken pipe")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

func TestWriteErrors(t *testing.T) {
	l := list(t)
	if err := Diagnostics(brokenWriter{}, Style{}, l); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	if err := DiagnosticsJSON(brokenWriter{}, l); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
}
