package wit

import (
	"slices"
	"testing"
)

func TestVersionOrder(t *testing.T) {
	// In ascending order; the first eight are the example of semver.org.
	ordered := []string{"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11",
		"1.0.0-rc.1", "1.0.0", "1.0.1", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0", "18446744073709551615.0.0"}
	versions := make([]Version, len(ordered))
	for i, s := range ordered {
		v, err := ParseVersion(s)
		if err != nil {
			t.Fatal(err)
		}
		if v.String() != s {
			t.Errorf("%q prints as %q", s, v)
		}
		versions[i] = v
	}
	for i, a := range versions {
		for j, b := range versions {
			if got, want := a.Compare(b), min(max(i-j, -1), 1); got != want {
				t.Errorf("%s against %s: %d, want %d", a, b, got, want)
			}
		}
	}
	if !slices.IsSortedFunc(versions, Version.Compare) {
		t.Error("not sorted")
	}
	a, _ := ParseVersion("1.0.0+a")
	b, _ := ParseVersion("1.0.0+b")
	if a.Compare(b) != 0 {
		t.Error("build metadata must not count")
	}
}

func TestParseVersionErrors(t *testing.T) {
	for s, want := range map[string]string{
		"":                         "a version must not be empty",
		"1":                        `name "1", at character 2: a version has three numbers, as in 1.2.3`,
		"1.2.":                     `name "1.2.", at character 5: a version has three numbers, as in 1.2.3`,
		"1.2.3.4":                  `name "1.2.3.4", at character 6: unexpected character in a version`,
		"01.2.3":                   `name "01.2.3", at character 1: a number of a version must not start with 0`,
		"1.2.3-01":                 `name "1.2.3-01", at character 7: a number of a pre-release must not start with 0`,
		"1.2.3-a..b":               `name "1.2.3-a..b", at character 9: a pre-release or build identifier of a version must not be empty`,
		"1.2.3+a_b":                `name "1.2.3+a_b", at character 8: unexpected character in a version`,
		"18446744073709551616.0.0": `name "18446744073709551616.0.0", at character 1: a number of a version is too large`,
	} {
		if _, err := ParseVersion(s); errorText(err) != want {
			t.Errorf("%q: got %q, want %q", s, errorText(err), want)
		}
	}
	for _, s := range []string{"1.2.3-0a", "1.2.3+001", "1.2.3--", "0.0.0-0"} {
		if _, err := ParseVersion(s); err != nil {
			t.Error(err)
		}
	}
}

func TestCompatible(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want bool
	}{
		{"a:b/c", "a:b/c", true},
		{"a:b/c", "a:b/c@1.0.0", false},
		{"a:b/c@0.2.1", "a:b/c@0.2.6", true},
		{"a:b/c@0.2.6", "a:b/c@0.2.1+build", true},
		{"a:b/c@0.2.6", "a:b/c@0.3.0", false},
		{"a:b/c@1.1.0", "a:b/c@1.9.3", true},
		{"a:b/c@1.1.0", "a:b/d@1.1.0", false},
		{"a:b/c@1.1.0", "a:b/c@2.1.0", false},
		{"a:b/c@0.0.1", "a:b/c@0.0.2", false},
		{"a:b/c@0.0.1", "a:b/c@0.0.1", true},
		{"a:b/c@0.2.0-draft", "a:b/c@0.2.0-draft", true},
		{"a:b/c@0.2.0-draft", "a:b/c@0.2.0-draft2", false},
		{"a:b/c@0.2.0-draft", "a:b/c@0.2.0", false},
		{"locked-dep=<a:b@1.2.3>", "locked-dep=<a:b@1.2.4>", false},
	} {
		if got := Compatible(tt.a, tt.b); got != tt.want {
			t.Errorf("Compatible(%q, %q) = %v", tt.a, tt.b, got)
		}
		if got := Compatible(tt.b, tt.a); got != tt.want {
			t.Errorf("Compatible(%q, %q) = %v", tt.b, tt.a, got)
		}
	}
	if key, ok := CompatibleKey("wasi:io/streams@0.2.3"); key != "wasi:io/streams@0.2" || !ok {
		t.Errorf("got %q, %v", key, ok)
	}
}

func TestCheckVersionSuffix(t *testing.T) {
	for _, tt := range []struct{ version, suffix, err string }{
		{"0.2", ".6-rc.1", ""},
		{"1", ".2.3", ""},
		{"0.0.1", "-alpha", ""},
		{"0.2", ".x", `name "0.2.x", at character 5: a version has three numbers, as in 1.2.3`},
		{"1.2.3", "", `name "1.2.3", at character 1: a version suffix needs an interface name with a canonical version, as in @0.2`},
	} {
		if got := errorText(CheckVersionSuffix(tt.version, tt.suffix)); got != tt.err {
			t.Errorf("%q %q: got %q, want %q", tt.version, tt.suffix, got, tt.err)
		}
	}
}
