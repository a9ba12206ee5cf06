package graph

import (
	"fmt"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/components/printable"
)

// HostView says how pictures show what the host provides.
type HostView uint8

const (
	// HostPackages: one name for each package, with how many interfaces it stands for.
	HostPackages HostView = iota
	// HostInterfaces: each interface.
	HostInterfaces
	// HostHidden: not at all.
	HostHidden
)

// edge is what pictures show: all imports of one component from one provider.
type edge struct {
	from, to int
	names    []string
}

func (g *Graph) edges(view HostView) []edge {
	var es []edge
	for i, c := range g.Components {
		index := map[int]int{}
		for _, e := range c.Imports {
			if e.Provider == Nothing || e.Provider == Host && view == HostHidden {
				continue
			}
			k, ok := index[e.Provider]
			if !ok {
				k = len(es)
				index[e.Provider] = k
				es = append(es, edge{from: i, to: e.Provider})
			}
			es[k].names = append(es[k].names, e.Name)
		}
		if k, ok := index[Host]; ok && view == HostPackages {
			es[k].names = packages(es[k].names)
		}
	}
	return es
}

// packages groups interfaces by package, in the order of their first: "wasi:cli@0.2.12 (9)".
func packages(names []string) []string {
	var order, out []string
	of := map[string][]string{}
	for _, name := range names {
		bare, version, versioned := strings.Cut(name, "@")
		p, _, _ := strings.Cut(bare, "/")
		if versioned {
			p += "@" + version
		}
		if !slices.Contains(order, p) {
			order = append(order, p)
		}
		of[p] = append(of[p], name)
	}
	for _, p := range order {
		if list := of[p]; len(list) > 1 {
			out = append(out, fmt.Sprintf("%s (%d)", p, len(list)))
		} else {
			out = append(out, list[0])
		}
	}
	return out
}

// source says where a component came from, fit to be shown: an image with the digest of
// the component's bytes, as its name may mean others tomorrow.
func (c *Component) source() string {
	if c.Image == "" {
		return printable.Text(c.File)
	}
	return printable.Text(c.Image) + " (" + c.Digest + ")"
}
