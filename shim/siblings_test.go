//go:build linux

package shim

import (
	"slices"
	"testing"

	runcclient "github.com/containerd/go-runc"
)

// TestSiblings: a pod's other containers are those that say so.
func TestSiblings(t *testing.T) {
	var all []*runcclient.Container
	for _, c := range [][2]string{{"pod", "pod"}, {"app", "pod"}, {"other", "pod2"}, {"plain", ""}, {"log", "pod"}} {
		all = append(all, &runcclient.Container{ID: c[0], Annotations: map[string]string{sandboxID: c[1]}})
	}
	all = append(all, &runcclient.Container{ID: "bare"})
	for id, want := range map[string][]string{"pod": {"app", "log"}, "pod2": {"other"}, "app": nil, "": nil} {
		if got := siblings(all, id); !slices.Equal(got, want) {
			t.Errorf("of %q: %q, want %q", id, got, want)
		}
	}
}
