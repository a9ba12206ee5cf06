package canon_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/wit"
)

var update = flag.Bool("update", false, "rewrite testdata with what is made now")

// TestGolden compares Programs with testdata/*.txt. Each case there begins with
//
//	== adapter utf8 utf16 post-return: func(string) -> u32
//
// which is the kind of Program (adapter, import, export, refused, new, rep, drop), the
// options of its sides, and the type. What follows is the Program, or the error.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no testdata: %v", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for line := range strings.Lines(string(old)) {
				if rest, ok := strings.CutPrefix(line, "== "); ok {
					head, typ, _ := strings.Cut(strings.TrimSpace(rest), ": ")
					b.WriteString(line + golden(t, head, typ) + "\n")
				} else if strings.HasPrefix(line, "#") {
					b.WriteString(line)
				}
			}
			if *update {
				if err := os.WriteFile(file, []byte(b.String()), 0o666); err != nil {
					t.Fatal(err)
				}
			} else if b.String() != string(old) {
				t.Errorf("%s is not what is made now; look at the difference after go test -update:\n%s", file, firstDifference(string(old), b.String()))
			}
		})
	}
}

func golden(t *testing.T, head, typ string) string {
	words := strings.Fields(head)
	var opts []canon.Options
	for _, w := range words[1:] {
		switch w {
		case "utf8", "utf16", "latin1+utf16":
			enc := map[string]canon.Encoding{"utf8": canon.UTF8, "utf16": canon.UTF16, "latin1+utf16": canon.Latin1UTF16}[w]
			opts = append(opts, canon.Options{Encoding: enc, Memory: true, Realloc: true})
		case "none":
			opts = append(opts, canon.Options{})
		case "post-return":
			opts[len(opts)-1].PostReturn = true
		case "no-realloc":
			opts[len(opts)-1].Realloc = false
		default:
			t.Fatalf("unknown option %s", w)
		}
	}
	res := &wit.Resource{Name: typ}
	var p *canon.Program
	var err error
	switch words[0] {
	case "new":
		p = canon.ResourceNew("f", res)
	case "rep":
		p = canon.ResourceRep("f", res)
	case "drop":
		p = canon.ResourceDrop("f", res)
	default:
		ft, parseErr := canontest.ParseFunc(typ)
		if parseErr != nil {
			t.Fatalf("%s: %v", typ, parseErr)
		}
		switch words[0] {
		case "adapter":
			p, err = canon.Adapter("f", ft, opts[0], opts[1])
		case "import":
			p, err = canon.HostImport("f", ft, opts[0])
		case "export":
			p, err = canon.HostExport("f", ft, opts[0])
		case "refused":
			p, err = canon.Refused("f", ft, canon.TrapCannotEnter)
		default:
			t.Fatalf("unknown kind %s", words[0])
		}
	}
	if err != nil {
		return "error: " + err.Error() + "\n"
	}
	if err := canon.Check(p); err != nil {
		t.Errorf("%s: %v", typ, err)
	}
	return canon.Print(p)
}

func firstDifference(a, b string) string {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d: %q, now %q", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d lines, now %d", len(x), len(y))
}
