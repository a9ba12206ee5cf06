package witpkg_test

import (
	"testing"

	"github.com/sidecall/sidecall/components/witpkg"
)

// FuzzDecode looks for input that makes reading a package panic or hang.
func FuzzDecode(f *testing.F) {
	f.Add(dep)
	f.Add(app)
	f.Add(world)
	f.Fuzz(func(t *testing.T, b []byte) {
		is, err := witpkg.Decode(b, dep)
		for _, i := range is {
			if i.Type == nil || err != nil {
				t.Fatalf("%s: %v, %v", i.Name, i.Type, err)
			}
		}
	})
}
