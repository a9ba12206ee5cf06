package print

import (
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/wit"
)

// maxType is how many bytes of one type are shown: types share parts, and can be
// exponentially large when written out.
const maxType = 20_000

// typeWriter writes types as a scope names them.
type typeWriter struct {
	strings.Builder
	*scope
}

func (s *scope) structure(t *wit.Type) string {
	w := &typeWriter{scope: s}
	w.definition(t)
	return w.text()
}

// function writes a function's type. A method's self is not shown, nor is what a
// constructor returns if it is no result.
func (s *scope) function(name string, t *wit.FuncType) string {
	w := &typeWriter{scope: s}
	params := t.Params
	n, _ := wit.ParseExportName(name, wit.NameFeatures{NestedNames: true, CanonVersions: true})
	if n.Kind == wit.MethodName && len(params) > 0 {
		params = params[1:]
	}
	if t.Async {
		w.WriteString("async ")
	}
	w.WriteString("func(")
	w.fields(params)
	w.WriteString(")")
	if t.Result != nil && (n.Kind != wit.ConstructorName || t.Result.Kind == wit.Result) {
		w.WriteString(" -> ")
		w.value(t.Result)
	}
	return w.text()
}

func (w *typeWriter) text() string {
	if w.Len() > maxType {
		return w.String()[:maxType] + "…"
	}
	return w.String()
}

// value writes a type by its name, or its definition if it has none.
func (w *typeWriter) value(t *wit.Type) {
	if t.Named != nil && t.Kind != wit.Own && t.Kind != wit.Borrow {
		if name := w.ref(t.Named, w.types[t.Named]); name != "" {
			w.WriteString(name)
			return
		}
	}
	w.definition(t)
}

func (w *typeWriter) definition(t *wit.Type) {
	if w.Len() > maxType {
		return
	}
	switch t.Kind {
	case wit.Own:
		w.WriteString(w.resource(t.Resource))
	case wit.Borrow:
		w.WriteString("borrow<" + w.resource(t.Resource) + ">")
	case wit.Record:
		w.WriteString("record { ")
		w.fields(t.Fields)
		w.WriteString(" }")
	case wit.Flags:
		w.WriteString("flags { ")
		for i, l := range t.Labels {
			if i > 0 {
				w.WriteString(", ")
			}
			w.WriteString(escape(l))
		}
		w.WriteString(" }")
	case wit.Variant, wit.Enum:
		w.WriteString(t.Kind.String() + " { ")
		w.cases(t.Cases)
		w.WriteString(" }")
	case wit.Tuple:
		w.WriteString("tuple<")
		w.fields(t.Fields)
		w.WriteString(">")
	case wit.Result:
		w.result(t.Cases[0].Type, t.Cases[1].Type)
	default:
		w.WriteString(t.Kind.String())
		w.elements(t)
	}
}

func (w *typeWriter) resource(r *wit.Resource) string {
	if name := w.ref(r, w.resources[r]); name != "" {
		return name
	}
	if r.Name != "" {
		return r.Name
	}
	return "resource"
}

func (w *typeWriter) fields(fs []wit.Field) {
	for i, f := range fs {
		if i > 0 {
			w.WriteString(", ")
		}
		if f.Name != "" {
			w.WriteString(escape(f.Name) + ": ")
		}
		w.value(f.Type)
	}
}

func (w *typeWriter) cases(cs []wit.Case) {
	for i, c := range cs {
		if i > 0 {
			w.WriteString(", ")
		}
		w.WriteString(escape(c.Name))
		if c.Type != nil {
			w.WriteString("(")
			w.value(c.Type)
			w.WriteString(")")
		}
	}
}

func (w *typeWriter) result(ok, err *wit.Type) {
	w.WriteString("result")
	switch {
	case ok == nil && err == nil:
		return
	case ok == nil:
		w.WriteString("<_")
	default:
		w.WriteString("<")
		w.value(ok)
	}
	if err != nil {
		w.WriteString(", ")
		w.value(err)
	}
	w.WriteString(">")
}

// elements writes what stands in angle brackets after list, option and the like.
func (w *typeWriter) elements(t *wit.Type) {
	if t.Elem == nil {
		return
	}
	w.WriteString("<")
	if t.Key != nil {
		w.value(t.Key)
		w.WriteString(", ")
	}
	w.value(t.Elem)
	if t.Kind == wit.FixedList {
		w.WriteString(", " + strconv.FormatUint(uint64(t.Len), 10))
	}
	w.WriteString(">")
}
