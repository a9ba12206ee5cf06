package canon

import (
	"fmt"

	"github.com/sidecall/sidecall/wit"
)

// OptionError says that a canonical option is missing that the function's type
// needs; validation of the component finds it first.
type OptionError struct {
	Name   string
	Side   Side
	Option string
}

func (e *OptionError) Error() string {
	end := [...]string{Caller: "canon lower", Callee: "canon lift"}[e.Side]
	return fmt.Sprintf("function %s: %s lacks the option %s, which its type needs", e.Name, end, e.Option)
}

// checkType refuses the function types that no Program is made for.
func checkType(name string, ft *wit.FuncType) error {
	if ft.Async {
		return &UnsupportedError{name, "async functions are"}
	}
	size := uint64(0)
	check := func(t *wit.Type) error {
		m := t.Metrics()
		size += uint64(m.Size)
		switch {
		case m.HasAsync:
			return &UnsupportedError{name, "stream, future and error-context types are"}
		case m.Depth > MaxTypeDepth:
			return &SizeError{name, "depth of types", MaxTypeDepth}
		case size > MaxTypeSize:
			return &SizeError{name, "size of types", MaxTypeSize}
		}
		return nil
	}
	for _, p := range ft.Params {
		if err := check(p.Type); err != nil {
			return err
		}
	}
	if ft.Result != nil {
		return check(ft.Result)
	}
	return nil
}

// allocates says that lowering a value of type t may call realloc. It expands the
// type, whose size checkType has bounded.
func allocates(t *wit.Type) bool {
	switch t.Kind {
	case wit.String, wit.List, wit.Map:
		return true
	case wit.FixedList:
		return allocates(t.Elem)
	}
	for _, f := range t.Fields {
		if allocates(f.Type) {
			return true
		}
	}
	for _, c := range t.Cases {
		if c.Type != nil && allocates(c.Type) {
			return true
		}
	}
	return false
}
