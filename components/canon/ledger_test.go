package canon_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLedger checks that everything that spec.txt names is where it says.
func TestLedger(t *testing.T) {
	text, err := os.ReadFile("spec.txt")
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]map[string]bool{}
	seen := map[string]bool{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "#") || len(words) == 0 {
			continue
		}
		if seen[words[0]] {
			t.Errorf("%s occurs twice", words[0])
		}
		seen[words[0]] = true
		if len(words) == 2 && words[1] == "-" {
			continue
		}
		if len(words) != 3 {
			t.Errorf("unreadable line %q", line)
			continue
		}
		if declared[words[1]] == nil {
			declared[words[1]] = declarations(t, words[1])
		}
		if !declared[words[1]][words[2]] {
			t.Errorf("%s: %s has no %s any more", words[0], words[1], words[2])
		}
	}
}

// declarations are the names of functions, types, constants and variables in a file.
func declarations(t *testing.T, file string) map[string]bool {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			names[d.Name.Name] = true
		case *ast.GenDecl:
			for _, s := range d.Specs {
				switch s := s.(type) {
				case *ast.TypeSpec:
					names[s.Name.Name] = true
				case *ast.ValueSpec:
					for _, n := range s.Names {
						names[n.Name] = true
					}
				}
			}
		}
	}
	return names
}

// TestNumbersLiveHere looks for the canonical ABI's numbers where they must not
// be written: whoever needs one takes it from limits.go.
func TestNumbersLiveHere(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)\b0x110000\b|\b0x10ffff\b|\b0xd800\b|\b0xdfff\b|\b0x7fc00000\b|\b0x7ff8000000000000\b|\b1 ?<< ?28\b|\b1 ?<< ?31\b|\b268435455\b|\b0xfffffff\b`)
	for _, root := range []string{"../../linker", "../../host"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			for i, line := range strings.Split(string(text), "\n") {
				if m := forbidden.FindString(line); m != "" {
					t.Errorf("%s:%d: %s is a number of the canonical ABI: use its name in components/canon/limits.go", path, i+1, m)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
