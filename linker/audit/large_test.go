package audit_test

import (
	"fmt"
	"testing"

	"github.com/sidecall/sidecall/linker/audit"
	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/plan"
)

// TestTooLarge audits chains: one that has room, and one whose report would have no end.
func TestTooLarge(t *testing.T) {
	for n, ok := range map[int]bool{60: true, 300: false} {
		g := &graph.Graph{Name: "chain"}
		for i := range n {
			c := &graph.Component{Name: fmt.Sprint("c", i), Grants: plan.Grants{Buckets: []string{"b"}},
				Imports: []graph.Import{{Name: "wasi:keyvalue/store@0.2.0", Provider: graph.Host}}}
			if i+1 < n {
				c.Imports = append(c.Imports, graph.Import{Name: "a:b/next", Provider: i + 1})
			}
			g.Components, g.Order = append(g.Components, c), append(g.Order, i)
		}
		if _, err := audit.Of(g); (err == nil) != ok {
			t.Errorf("chain of %d: %v", n, err)
		}
	}
}
