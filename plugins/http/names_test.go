package http

import (
	"testing"

	"github.com/sidecall/sidecall/plugins/wit"
	typ "github.com/sidecall/sidecall/wit"
)

// TestNumbers checks that the constants are the WIT's, in its order, and that empty
// payloads are there where there are payloads.
func TestNumbers(t *testing.T) {
	iface := wit.Implement("wasi:http/types", nil).Type
	cases := func(name string) []typ.Case {
		e, _ := iface.Export(name)
		return e.(*typ.TypeExport).Def.(*typ.Type).Cases
	}
	codes := cases("error-code")
	if len(codes) != len(codeNames) {
		t.Fatalf("%d cases, the WIT has %d", len(codeNames), len(codes))
	}
	for i, c := range codes {
		if codeNames[i] != c.Name {
			t.Errorf("case %d is %s, in the WIT %s", i, codeNames[i], c.Name)
		}
		p := emptyPayload(Code(i))
		if (p != nil) != (c.Type != nil) || p != nil && p.Kind() != c.Type.Kind {
			t.Errorf("the empty payload of %s does not fit", c.Name)
		}
	}
	if InternalError.String() != "internal-error" || RequestDenied.String() != "HTTP-request-denied" || ResponseIncomplete.String() != "HTTP-response-incomplete" {
		t.Error("constants and names differ")
	}
	for i, c := range cases("header-error") {
		if headerError(i).Error() != c.Name {
			t.Errorf("header-error %d is %s", i, c.Name)
		}
	}
	if n := len(cases("method")); n != len(methods)+1 {
		t.Errorf("%d methods", n)
	}
}
