package audit

import (
	"fmt"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
)

// Diff is what can be reached in one composition and not in another. Its JSON form is part
// of the command line's interface.
type Diff struct {
	Old string `json:"old"`
	New string `json:"new"`
	// Grew is set if anything did.
	Grew       bool     `json:"grew"`
	Components []Change `json:"components"`
	// SharedGrew and SharedShrank are ways to pass data that are new, or gone.
	SharedGrew   []Shared `json:"sharedGrew"`
	SharedShrank []Shared `json:"sharedShrank"`
}

// Change is how one component changed.
type Change struct {
	Name string `json:"name"`
	// State is "added", "removed", "replaced" if its bytes are others, or "same".
	State  string  `json:"state"`
	Grew   []Reach `json:"grew"`
	Shrank []Reach `json:"shrank"`
}

// Compare says what grew and what shrank from one composition to another, by the names of
// components. What a wider grant of before covers has not grown. Values of variables and
// of configuration are not compared.
func Compare(old, new *Report) *Diff {
	d := &Diff{Old: old.Composition, New: new.Composition, Components: []Change{},
		SharedGrew: notShared(new.Shared, old.Shared), SharedShrank: notShared(old.Shared, new.Shared)}
	for i := range new.Components {
		n := &new.Components[i]
		o, state := find(old, n.Name), "same"
		switch {
		case o == nil:
			o, state = &Component{}, "added"
		case o.Digest != n.Digest:
			state = "replaced"
		}
		d.add(Change{n.Name, state, beyond(n.Reach, o.Reach), beyond(o.Reach, n.Reach)})
	}
	for i := range old.Components {
		if o := &old.Components[i]; find(new, o.Name) == nil {
			d.add(Change{o.Name, "removed", []Reach{}, beyond(o.Reach, nil)})
		}
	}
	d.Grew = d.Grew || len(d.SharedGrew) > 0
	return d
}

func (d *Diff) add(c Change) {
	d.Grew = d.Grew || len(c.Grew) > 0
	if c.State != "same" || len(c.Grew)+len(c.Shrank) > 0 {
		d.Components = append(d.Components, c)
	}
}

func find(r *Report, name string) *Component {
	for i := range r.Components {
		if r.Components[i].Name == name {
			return &r.Components[i]
		}
	}
	return nil
}

// beyond is what of a nothing of b covers.
func beyond(a, b []Reach) []Reach {
	out := []Reach{}
	for _, r := range a {
		if !slices.ContainsFunc(b, func(o Reach) bool { return coversReach(&o, &r) }) {
			out = append(out, r)
		}
	}
	return out
}

// coversReach reports whether who has o has r too. What is reached by oneself is more than
// the same through somebody's interface, and through fewer or other interfaces it is
// something else; the same calls may pass others in between, which calls of components show.
func coversReach(o, r *Reach) bool {
	if !covers(&o.Item, &r.Item) {
		return false
	}
	if len(o.Through) == 0 {
		return newPasses(o, r)
	}
	return len(r.Through) > 0 && o.Through[0] == r.Through[0] &&
		o.Through[len(o.Through)-1] == r.Through[len(r.Through)-1] && newPasses(o, r)
}

// newPasses reports whether nobody sees r who did not see o.
func newPasses(o, r *Reach) bool {
	return !slices.ContainsFunc(r.Passes, func(name string) bool { return !slices.Contains(o.Passes, name) })
}

func covers(o, r *Item) bool {
	if o.Kind != r.Kind {
		return false
	}
	switch o.Kind {
	case Files:
		return within(r.Value, o.Value) && (r.ReadOnly || !o.ReadOnly)
	case OutboundHosts:
		return coversOrigin(o.Value, r.Value)
	case Sockets:
		return coversSocket(o.Value, r.Value)
	case Args: // how many there are is no reach
		return true
	case Names:
		return coversHost(o.Value, r.Value)
	}
	return *o == *r
}

// within reports whether a path is another, or below it, as they are written.
func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && (rel == "." || filepath.IsLocal(rel))
}

func coversOrigin(o, r string) bool {
	a, ok := origin(o)
	b, ok2 := origin(r)
	if !ok || !ok2 {
		return o == r
	}
	return a.Scheme == b.Scheme && (a.Port == "*" || a.Port == b.Port) && coversHost(a.Host, b.Host)
}

func coversHost(o, r string) bool {
	below, wild := strings.CutPrefix(o, "*")
	return o == "*" || o == r || wild && strings.HasSuffix(r, below)
}

// coversSocket compares grants as plan.SocketGrant prints them:
// "tcp connect 10.0.0.0/8 ports 80-90", without ports for all.
func coversSocket(o, r string) bool {
	a, aPorts, aSome := strings.Cut(o, " ports ")
	b, bPorts, bSome := strings.Cut(r, " ports ")
	if aSome {
		var from, to, first, last uint16
		if _, err := fmt.Sscanf(aPorts, "%d-%d", &from, &to); err != nil || !bSome {
			return false
		}
		if _, err := fmt.Sscanf(bPorts, "%d-%d", &first, &last); err != nil || first < from || last > to {
			return false
		}
	}
	at, bt := strings.LastIndexByte(a, ' ')+1, strings.LastIndexByte(b, ' ')+1
	if a[:at] != b[:bt] { // protocol and use
		return false
	}
	outer, err := netip.ParsePrefix(a[at:])
	inner, err2 := netip.ParsePrefix(b[bt:])
	if err != nil || err2 != nil {
		return err != nil && err2 != nil && coversHost(a[at:], b[bt:])
	}
	return outer.Bits() <= inner.Bits() && outer.Contains(inner.Addr())
}

// notShared is what of a none of b has between the same components, or more.
func notShared(a, b []Shared) []Shared {
	out := []Shared{}
	for _, s := range a {
		if !slices.ContainsFunc(b, func(o Shared) bool {
			return o.Kind == s.Kind && o.Value == s.Value && (o.Requests || !s.Requests) &&
				!slices.ContainsFunc(s.Between, func(n string) bool { return !slices.Contains(o.Between, n) })
		}) && (len(s.Between) > 1 || s.Kind == Components) {
			out = append(out, s)
		}
	}
	return out
}
