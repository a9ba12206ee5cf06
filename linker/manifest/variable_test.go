package manifest_test

import (
	"testing"

	"github.com/sidecall/sidecall/linker/manifest"
)

// FuzzVariable: whatever a variable holds is text where it is put in, and never structure.
func FuzzVariable(f *testing.F) {
	for _, v := range []string{"", "a", "a: b", "[x]", "- a\n- b", "'", `"`, "${X}", "$", "a\x00b", "\xff", "true", "!!int 1", "é\u2028"} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, value string) {
		lookup := func(name string) (string, bool) { return map[string]string{"X": value}[name], name == "X" }
		m, diags := manifest.Decode([]byte(head+"components: {app: {file: a, args: ['<${X}>', '${Y:-none}']}}\n"), "m.yaml", manifest.Options{Lookup: lookup})
		if m == nil {
			if len(diags) == 0 {
				t.Fatal("neither a manifest nor a reason")
			}
			return // no argument has a NUL, say
		}
		if c := m.Components[0]; len(m.Components) != 1 || len(c.Args) != 2 || c.Args[0] != "<"+value+">" || c.Args[1] != "none" {
			t.Errorf("%q became %+v", value, m.Components)
		}
	})
}
