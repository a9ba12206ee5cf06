package resolve

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/wit"
)

// release is a release of WASI, or a time before one, as those who build components for it
// know it. The texts stand in messages.
type release string

const (
	wasi03 release = "WASI 0.3"
	drafts release = "drafts of WASI"
)

// released are the packages of WASI 0.2; the others have drafts only.
var released = []string{"cli", "clocks", "filesystem", "http", "io", "random", "sockets"}

// releaseOf tells to which other release of WASI an interface belongs. It is empty for
// interfaces that are not WASI's, or not of a release that is known.
func releaseOf(name string) release {
	rest, ok := strings.CutPrefix(name, "wasi:")
	if !ok {
		return ""
	}
	v, err := wit.ParseVersion(version(name))
	pkg, _, _ := strings.Cut(rest, "/")
	switch {
	case err != nil:
		return ""
	case v.Major == 0 && v.Minor == 3:
		return wasi03
	case v.Pre != "" && slices.Contains(released, pkg):
		return drafts
	}
	return ""
}

// otherReleases reports what was built for another release of WASI: once for a component,
// however many interfaces of it are imported.
func (r *resolver) otherReleases(n *node) {
	for _, of := range slices.Sorted(maps.Keys(n.others)) {
		names := n.others[of]
		var details []string
		hint := "build it for WASI 0.2: with the toolchain's target or bindings of that release"
		if of == drafts {
			hint = "build it with bindings of a release, such as 0.2.0 or later"
			for _, name := range names {
				details = append(details, "it imports "+name)
				details = append(details, r.nearHost(name)...)
			}
		} else {
			for _, name := range names {
				details = append(details, "it imports "+name)
			}
		}
		r.report(diag.Error, n.Pos, hint, shorten(details), "%s is built for %s: nothing provides %s",
			n.Name, of, interfaces(len(names)))
	}
}

// interfaces counts interfaces in a sentence.
func interfaces(n int) string {
	if n == 1 {
		return "an interface that it imports"
	}
	return fmt.Sprintf("%d interfaces that it imports", n)
}
