// Package ci checks rules of the whole repository. "./..." does not reach it, as the
// folder's name begins with a dot: go test ./.ci
package ci

import (
	"bufio"
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rules are the arrows of arrows.txt.
type rules struct {
	may       map[string]map[string]bool // package -> what it may import, transitively
	forbidden [][2]string                // {importer, imported}
}

func parseRules(text []byte) (*rules, error) {
	r := &rules{may: map[string]map[string]bool{}}
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		if err := r.add(line); err != nil {
			return nil, fmt.Errorf("arrows.txt:%d: %w", n, err)
		}
	}
	return r, lines.Err()
}

func (r *rules) add(line string) error {
	if left, right, ok := strings.Cut(line, "!<"); ok {
		for _, from := range names(left) {
			for _, to := range names(right) {
				r.forbidden = append(r.forbidden, [2]string{to, from})
			}
		}
		return nil
	}
	left, right, ok := strings.Cut(line, "<")
	if !ok {
		left, right = "", line
	}
	for _, to := range names(right) {
		if r.may[to] == nil {
			r.may[to] = map[string]bool{}
		}
		for _, from := range names(left) {
			if r.may[from] == nil && !external(from) {
				return fmt.Errorf("%s is used before it is introduced", from)
			}
			if r.may[from][to] || from == to {
				return fmt.Errorf("%s < %s closes a cycle", from, to)
			}
			r.may[to][from] = true
			maps.Copy(r.may[to], r.may[from])
		}
	}
	return nil
}

func names(list string) []string {
	var out []string
	for _, name := range strings.Split(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			out = append(out, name)
		}
	}
	return out
}

func external(name string) bool {
	first, _, _ := strings.Cut(name, "/")
	return strings.Contains(first, ".")
}

// family finds the rules' name for a package: itself, or the nearest "x/..." or, for
// other modules', the module that somebody has a rule for.
func (r *rules) family(pkg string) string {
	if r.may[pkg] != nil {
		return pkg
	}
	for at := pkg; strings.Contains(at, "/"); {
		at = at[:strings.LastIndex(at, "/")]
		if r.may[at+"/..."] != nil {
			return at + "/..."
		}
	}
	return ""
}

// guarded finds the module that rules name and pkg belongs to.
func (r *rules) guarded(pkg string) string {
	for _, may := range r.may {
		for name := range may {
			if external(name) && (pkg == name || strings.HasPrefix(pkg, name+"/")) {
				return name
			}
		}
	}
	return ""
}

// check returns what of imports (package -> imports, with our module's path cut off)
// goes against the rules.
func (r *rules) check(imports map[string][]string) []string {
	var problems []string
	for _, pkg := range slices.Sorted(maps.Keys(imports)) {
		from := r.family(pkg)
		if from == "" {
			problems = append(problems, pkg+" is not in arrows.txt: say there what it may import")
			continue
		}
		for _, imported := range imports[pkg] {
			to := imported
			if external(to) {
				if to = r.guarded(to); to == "" {
					continue
				}
			} else if to = r.family(to); to == from && strings.HasSuffix(to, "/...") {
				continue
			}
			if !r.may[from][to] {
				problems = append(problems, pkg+" must not import "+imported)
			}
		}
	}
	deps := closure(imports)
	for _, f := range r.forbidden {
		for _, pkg := range slices.Sorted(maps.Keys(imports)) {
			for _, dep := range slices.Sorted(maps.Keys(deps[pkg])) {
				if matches(f[0], pkg) && matches(f[1], dep) {
					problems = append(problems, pkg+" must not depend on "+dep+", even indirectly")
				}
			}
		}
	}
	return problems
}

func matches(pattern, pkg string) bool {
	if family, ok := strings.CutSuffix(pattern, "/..."); ok {
		return strings.HasPrefix(pkg, family+"/")
	}
	return pkg == pattern || external(pattern) && strings.HasPrefix(pkg, pattern+"/")
}

func closure(imports map[string][]string) map[string]map[string]bool {
	deps := map[string]map[string]bool{}
	var visit func(pkg string) map[string]bool
	visit = func(pkg string) map[string]bool {
		if deps[pkg] != nil {
			return deps[pkg]
		}
		deps[pkg] = map[string]bool{}
		for _, to := range imports[pkg] {
			deps[pkg][to] = true
			maps.Copy(deps[pkg], visit(to))
		}
		return deps[pkg]
	}
	for pkg := range imports {
		visit(pkg)
	}
	return deps
}

func TestArrows(t *testing.T) {
	text, err := os.ReadFile("arrows.txt")
	if err != nil {
		t.Fatal(err)
	}
	r, err := parseRules(text)
	if err != nil {
		t.Fatal(err)
	}
	imports := moduleImports(t)
	if len(imports) < 10 {
		t.Fatalf("go list found only %d packages", len(imports))
	}
	for _, problem := range r.check(imports) {
		t.Error(problem)
	}
}

// moduleImports lists the packages of this module and what they import, without tests.
func moduleImports(t *testing.T) map[string][]string {
	cmd := exec.Command("go", "list", "-e", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "./...")
	cmd.Dir = ".."
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	const module = "github.com/sidecall/sidecall/"
	imports := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		pkg := strings.TrimPrefix(fields[0], module)
		imports[pkg] = nil
		for _, to := range fields[1:] {
			if to, ours := strings.CutPrefix(to, module); ours || external(to) {
				imports[pkg] = append(imports[pkg], to)
			}
		}
	}
	return imports
}

// The test of the test: each kind of wrong arrow is found.
func TestRulesFindWrongArrows(t *testing.T) {
	r, err := parseRules([]byte("a\na < b, c\nb < x/...\nexample.com/m < c\nc !< x/...\n"))
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		imports map[string][]string
		want    []string
	}{
		"allowed":         {map[string][]string{"a": nil, "b": {"a"}, "x/y": {"a", "b", "x/z"}, "x/z": nil, "c": {"example.com/m/p"}}, nil},
		"against":         {map[string][]string{"a": {"b"}, "b": nil}, []string{"a must not import b"}},
		"unknown":         {map[string][]string{"d": nil}, []string{"d is not in arrows.txt: say there what it may import"}},
		"sibling":         {map[string][]string{"b": {"c"}, "c": nil}, []string{"b must not import c"}},
		"another module":  {map[string][]string{"b": {"example.com/m/p"}}, []string{"b must not import example.com/m/p"}},
		"not guarded":     {map[string][]string{"b": {"example.com/n"}}, nil},
		"even indirectly": {map[string][]string{"x/y": {"b"}, "b": {"c"}, "c": nil}, []string{"b must not import c", "x/y must not depend on c, even indirectly"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := r.check(test.imports); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
	for text, want := range map[string]string{
		"a < b":             "arrows.txt:1: a is used before it is introduced",
		"a\na < b\nb < a\n": "arrows.txt:3: b < a closes a cycle",
	} {
		if _, err := parseRules([]byte(text)); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}
