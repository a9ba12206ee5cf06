package wit

import (
	"strings"
	"testing"
)

func TestParseImportName(t *testing.T) {
	tests := []struct {
		name string
		want Name
		err  string
	}{
		{"foo", Name{Kind: PlainName, Label: "foo"}, ""},
		{"a1-2-3", Name{Kind: PlainName, Label: "a1-2-3"}, ""},
		{"m1x3d-4CR0NYMS", Name{Kind: PlainName, Label: "m1x3d-4CR0NYMS"}, ""},
		{"go-1", Name{Kind: PlainName, Label: "go-1"}, ""},
		{"1-2-3", Name{}, `name "1-2-3", at character 1: a label must start with a letter`},
		{"", Name{}, `an import or export name must not be empty`},
		{"a--b", Name{}, `name "a--b", at character 3: a label has words joined by single hyphens (kebab-case), none of them empty`},
		{"a-", Name{}, `name "a-", at character 3: a label has words joined by single hyphens (kebab-case), none of them empty`},
		{"NevEr", Name{}, `name "NevEr", at character 2: a word of a label is all lower case or all upper case (kebab-case)`},
		{"a_b", Name{}, `name "a_b", at character 2: a label has only letters a-z or A-Z, digits and hyphens (kebab-case)`},
		{"[constructor]a", Name{Kind: ConstructorName, Label: "a"}, ""},
		{"[method]a.b-c", Name{Kind: MethodName, Label: "a", Member: "b-c"}, ""},
		{"[static]A.b", Name{Kind: StaticName, Label: "A", Member: "b"}, ""},
		{"[method]a", Name{}, `name "[method]a", at character 10: expected "." between the resource's name and the function's`},
		{"[method]a.b.c", Name{}, `name "[method]a.b.c", at character 12: a label has only letters a-z or A-Z, digits and hyphens (kebab-case)`},
		{"[method].a", Name{}, `name "[method].a", at character 9: a label must not be empty`},
		{"[async]a", Name{}, `name "[async]a", at character 1: unknown annotation: [constructor], [method] and [static] are the ones there are`},
		{"wasi:http/types@0.2.1", Name{Kind: InterfaceName, Namespace: "wasi", Package: "http", Interface: "types", Version: "0.2.1"}, ""},
		{"a:b/C-D", Name{Kind: InterfaceName, Namespace: "a", Package: "b", Interface: "C-D"}, ""},
		{"a:b/c@0.0.0-abcd.1.2+efg.4.ee.5", Name{Kind: InterfaceName, Namespace: "a", Package: "b", Interface: "c", Version: "0.0.0-abcd.1.2+efg.4.ee.5"}, ""},
		{"a:B/c", Name{}, `name "a:B/c", at character 3: a namespace or package name is all lower case`},
		{"a:b", Name{}, `name "a:b", at character 4: expected "/" and an interface after the package name`},
		{"a:b:c/d", Name{}, `name "a:b:c/d", at character 5: nested namespaces are a gated feature (nested-names) that is not enabled`},
		{"a:b/c/d", Name{}, `name "a:b/c/d", at character 6: nested packages are a gated feature (nested-names) that is not enabled`},
		{"a:b/c@", Name{}, `name "a:b/c@", at character 7: a version must not be empty`},
		{"a:b/c@1", Name{}, `name "a:b/c@1", at character 8: a version has three numbers, as in 1.2.3`},
		{"a:b/c@1.02.3", Name{}, `name "a:b/c@1.02.3", at character 9: a number of a version must not start with 0`},
		{"a:b/c@2.0.0-", Name{}, `name "a:b/c@2.0.0-", at character 13: a pre-release or build identifier of a version must not be empty`},
		{"a:b/c@2.0.0x", Name{}, `name "a:b/c@2.0.0x", at character 12: unexpected character in a version`},
		{"unlocked-dep=<a:b@{>=1.2.3-rc <1.2.3}>", Name{Kind: DependencyName, Namespace: "a", Package: "b", Version: ">=1.2.3-rc <1.2.3"}, ""},
		{"unlocked-dep=<a:b@*>", Name{Kind: DependencyName, Namespace: "a", Package: "b"}, ""},
		{"unlocked-dep=<a:a@{<1.2.3 >=2.3.4}>", Name{}, `name "unlocked-dep=<a:a@{<1.2.3 >=2.3.4}>", at character 26: unexpected character in a version`},
		{"locked-dep=<a:b@1.2.3>,integrity=<sha256-a>", Name{Kind: DependencyName, Namespace: "a", Package: "b", Version: "1.2.3"}, ""},
		{"locked-dep=<a:a@1.2.3>x", Name{}, `name "locked-dep=<a:a@1.2.3>x", at character 23: unexpected characters after the name`},
		{"url=<>", Name{Kind: URLName}, ""},
		{"url=<<>", Name{}, `name "url=<<>", at character 6: a URL in a name must not contain "<"`},
		{"integrity=<  sha512-a?abcd sha256-++==  >", Name{Kind: HashName}, ""},
		{"integrity=<sha256-=>", Name{}, `name "integrity=<sha256-=>", at character 19: the hash is not valid base64`},
		{"integrity=<md5-ABC>", Name{}, `name "integrity=<md5-ABC>", at character 12: unknown hash algorithm: sha256, sha384 and sha512 are the ones there are`},
		{"relative-url=<a>", Name{}, `name "relative-url=<a>", at character 13: a label has only letters a-z or A-Z, digits and hyphens (kebab-case)`},
	}
	for _, tt := range tests {
		got, err := ParseImportName(tt.name, NameFeatures{})
		if msg := errorText(err); msg != tt.err {
			t.Errorf("ParseImportName(%q): error %q, want %q", tt.name, msg, tt.err)
		} else if err == nil && got != tt.want {
			t.Errorf("ParseImportName(%q) = %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestParseGatedNames(t *testing.T) {
	all := NameFeatures{NestedNames: true, CanonVersions: true}
	for _, name := range []string{"a:b:c/d/e@1.0.0", "a:b/c@0.2", "a:b/c@1", "a:b/c@0.0.3"} {
		if _, err := ParseExportName(name, all); err != nil {
			t.Errorf("%q: %v", name, err)
		}
		if _, err := ParseExportName(name, NameFeatures{}); err == nil && !strings.Contains(name, "@0.0.") {
			t.Errorf("%q was accepted without its feature", name)
		}
	}
	if n, err := ParseImportName("locked-dep=<a:b:c/d/e@1.2.3>", all); err != nil || n.Namespace != "a:b" || n.Package != "c/d/e" {
		t.Errorf("%+v, %v", n, err)
	}
	for _, name := range []string{"a:b/c@0", "a:b/c@0.0", "a:b/c@01", "a:b/c@1.2", "a:b/c@0.1.2.3"} {
		if _, err := ParseExportName(name, all); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
	_, err := ParseExportName("url=<a>", all)
	if got, want := errorText(err), `name "url=<a>", at character 1: only an import may be named by a dependency, URL or hash`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// The sets of names are those of the specification's section on uniqueness.
func TestStronglyUnique(t *testing.T) {
	seen := map[string]string{}
	add := func(name string) (conflict string, ok bool) {
		n, err := ParseImportName(name, NameFeatures{})
		if err != nil {
			t.Fatal(err)
		}
		key := n.Key(name)
		prev, dup := seen[key]
		if !dup {
			seen[key] = name
		}
		return prev, !dup
	}
	for _, name := range []string{"foo", "foo-bar", "[constructor]foo", "[method]foo.bar", "[static]foo.baz", "foo:bar/baz"} {
		if prev, ok := add(name); !ok {
			t.Errorf("%s conflicts with %s", name, prev)
		}
	}
	for _, name := range []string{"foo", "FOO", "foo-BAR", "[constructor]FOO", "[method]foo.BAR", "[static]foo.bar",
		"[method]foo.baz", "[method]foo.foo", "[static]foo-BAR.FOO-bar", "foo:bar/BAZ"} {
		if _, ok := add(name); ok {
			t.Errorf("%s should conflict", name)
		}
	}
	if _, ok := add("a:b/c@1.0.0-rc"); !ok {
		t.Error("a:b/c@1.0.0-rc conflicts")
	}
	if _, ok := add("a:b/c@1.0.0-RC"); !ok {
		t.Error("the case of versions must be significant")
	}
}

func FuzzParseName(f *testing.F) {
	for _, s := range []string{"a-b", "[method]a.b", "a:b/c@1.2.3", "unlocked-dep=<a:b@{>=1.2.3 <2.0.0}>", "integrity=<sha256-aa?x>", "url=<x>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, feat := range []NameFeatures{{}, {NestedNames: true, CanonVersions: true}} {
			n, err := ParseImportName(s, feat)
			if err != nil {
				if len(err.Error()) > 2000 {
					t.Error("a very long message")
				}
				continue
			}
			if n.Key(s) == "" {
				t.Errorf("%q has no key", s)
			}
		}
	})
}
