package canontest

import (
	"bytes"
	"errors"
	"fmt"
	"slices"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Compare says how the outcome b of scenario t differs from a, which is that of
// scenario s, made from the same seed. Which trap it was is compared if codes is
// set: the specification's and a Program's may differ where there are several
// reasons, because a Program lowers each part when it was lifted.
func Compare(s *Scenario, a *Outcome, t *Scenario, b *Outcome, codes bool) error {
	if (a.Err == nil) != (b.Err == nil) {
		return fmt.Errorf("one ended with %v, the other with %v", a.Err, b.Err)
	}
	if a.Err != nil {
		if codes && !sameError(a.Err, b.Err) {
			return fmt.Errorf("one ended with %v, the other with %v", a.Err, b.Err)
		}
		return nil
	}
	if !slices.EqualFunc(a.Args, b.Args, (*V).Equal) {
		return fmt.Errorf("the callee got\n%v\nand\n%v", a.Args, b.Args)
	}
	if a.Garbled != b.Garbled || !a.Value.Equal(b.Value) {
		return fmt.Errorf("the caller got\n%v\nand\n%v", a.Value, b.Value)
	}
	exact := !hasFloat(s.Type)
	if exact && !slices.Equal(a.Results, b.Results) {
		return fmt.Errorf("flat results %v and %v", a.Results, b.Results)
	}
	if exact && !slices.Equal(s.Seen, t.Seen) {
		return fmt.Errorf("flat arguments %v and %v", s.Seen, t.Seen)
	}
	if exact && !slices.Equal(s.Posted, t.Posted) {
		return fmt.Errorf("post-return got %v and %v", s.Posted, t.Posted)
	}
	for i := range s.World.Sides {
		if err := compareInstances(s.World.Sides[i], t.World.Sides[i], exact); err != nil {
			return fmt.Errorf("%v: %w", canon.Side(i), err)
		}
	}
	if !slices.Equal(s.World.Dropped, t.World.Dropped) {
		return fmt.Errorf("dropped %v and %v", s.World.Dropped, t.World.Dropped)
	}
	return nil
}

func sameError(a, b error) bool {
	var x, y canon.TrapCode
	if errors.As(a, &x) && errors.As(b, &y) {
		return x == y
	}
	var g, h *GuestError
	return errors.As(a, &g) && errors.As(b, &h)
}

func compareInstances(a, b *Instance, exact bool) error {
	if !slices.Equal(a.Log, b.Log) {
		return fmt.Errorf("calls of realloc %v and %v", a.Log, b.Log)
	}
	if exact && !bytes.Equal(a.Memory(), b.Memory()) {
		for i, c := range a.Memory() {
			if d := b.Memory()[i]; c != d {
				return fmt.Errorf("memory at %d is %#x and %#x", i, c, d)
			}
		}
	}
	if len(a.Handles) != len(b.Handles) {
		return fmt.Errorf("%d handles and %d", len(a.Handles), len(b.Handles))
	}
	for i, h := range a.Handles {
		k := b.Handles[i]
		if (h == nil) != (k == nil) || h != nil && (h.Rep != k.Rep || h.Own != k.Own || h.Lends != k.Lends || h.Resource.Name != k.Resource.Name) {
			return fmt.Errorf("handle %d is %+v and %+v", i, h, k)
		}
	}
	if a.MayLeave != b.MayLeave || a.MayEnter != b.MayEnter {
		return errors.New("the instance's flags differ")
	}
	return nil
}

func hasFloat(ft *wit.FuncType) bool {
	var has func(t *wit.Type) bool
	has = func(t *wit.Type) bool {
		if t == nil {
			return false
		}
		found := t.Kind == wit.F32 || t.Kind == wit.F64 || has(t.Elem) || has(t.Key)
		for _, f := range t.Fields {
			found = found || has(f.Type)
		}
		for _, c := range t.Cases {
			found = found || has(c.Type)
		}
		return found
	}
	found := has(ft.Result)
	for _, p := range ft.Params {
		found = found || has(p.Type)
	}
	return found
}
