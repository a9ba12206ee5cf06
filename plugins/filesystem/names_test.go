package filesystem

import (
	"testing"

	typ "github.com/sidecall/sidecall/wit"

	"github.com/sidecall/sidecall/plugins/wit"
)

// TestNumbers checks that the constants are the WIT's, in its order.
func TestNumbers(t *testing.T) {
	iface := wit.Implement("wasi:filesystem/types", nil).Type
	cases := func(name string) (out []string) {
		e, _ := iface.Export(name)
		ty := e.(*typ.TypeExport).Def.(*typ.Type)
		for _, c := range ty.Cases {
			out = append(out, c.Name)
		}
		return append(out, ty.Labels...)
	}
	check := func(name string, have []string) {
		t.Helper()
		want := cases(name)
		if len(want) != len(have) {
			t.Fatalf("%s: %d cases, the WIT has %d", name, len(have), len(want))
		}
		for i := range want {
			if have[i] != want[i] {
				t.Errorf("%s %d is %s, in the WIT %s", name, i, have[i], want[i])
			}
		}
	}
	check("error-code", errorCodeNames[:])
	check("descriptor-type", descriptorTypeNames[:])
	if CrossDevice != 36 || errorCodeNames[CrossDevice] != "cross-device" || errorCodeNames[NoEntry] != "no-entry" ||
		errorCodeNames[ReadOnly] != "read-only" || errorCodeNames[NotPermitted] != "not-permitted" {
		t.Error("constants and names of error-code differ")
	}
	if cases("descriptor-flags")[5] != "mutate-directory" || FlagMutateDirectory != 1<<5 || FlagWrite != 1<<1 {
		t.Error("descriptor-flags")
	}
	if cases("open-flags")[3] != "truncate" || OpenTruncate != 1<<3 || OpenDirectory != 1<<1 {
		t.Error("open-flags")
	}
}
