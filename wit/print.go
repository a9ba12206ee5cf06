package wit

import (
	"strconv"
	"strings"
)

// maxPrinted is how many bytes of a type String and messages show.
const maxPrinted = 300

// Print writes a type in the syntax of WIT: one of those that ExternType or
// TypeExport.Def may be, or a slice of declarations. What is longer than limit
// bytes is cut off and ends with an ellipsis.
func Print(x any, limit int) string {
	p := printer{limit: limit}
	p.any(x)
	if p.full() {
		return strings.ToValidUTF8(p.b.String()[:limit], "") + "…"
	}
	return p.b.String()
}

func (t *Type) String() string          { return Print(t, maxPrinted) }
func (t *FuncType) String() string      { return Print(t, maxPrinted) }
func (t *InstanceType) String() string  { return Print(t, maxPrinted) }
func (t *ComponentType) String() string { return Print(t, maxPrinted) }
func (t *TypeExport) String() string    { return Print(t, maxPrinted) }
func (r *Resource) String() string      { return Print(r, maxPrinted) }

// printer stops adding once it has enough, so that a type which is exponentially
// large as a tree costs no more than what is shown of it.
type printer struct {
	b     strings.Builder
	limit int
}

func (p *printer) full() bool { return p.b.Len() > p.limit }

func (p *printer) add(s string) {
	if !p.full() {
		p.b.WriteString(s)
	}
}

func (p *printer) any(x any) {
	if p.full() {
		return
	}
	switch t := x.(type) {
	case *Type:
		p.value(t)
	case *FuncType:
		p.function(t)
	case *InstanceType:
		p.add("interface { ")
		p.decls("", t.Exports)
		p.add("}")
	case *ComponentType:
		p.add("component { ")
		p.decls("import ", t.Imports)
		p.decls("export ", t.Exports)
		p.add("}")
	case *TypeExport:
		if t.Abstract {
			p.add("resource")
			return
		}
		p.add("type ")
		p.any(t.Def)
	case *Resource:
		p.add("resource ")
		p.resource(t)
	case interface{ String() string }:
		p.add(t.String())
	case CoreModuleType:
		p.add("core module")
	}
}

func (p *printer) decls(prefix string, ds []Decl) {
	for i := range ds {
		if p.full() {
			return
		}
		p.add(prefix)
		p.add(ds[i].Name)
		p.add(": ")
		p.any(ds[i].Type)
		p.add("; ")
	}
}

func (p *printer) function(t *FuncType) {
	if t.Async {
		p.add("async ")
	}
	p.add("func(")
	p.fields(t.Params)
	p.add(")")
	if t.Result != nil {
		p.add(" -> ")
		p.value(t.Result)
	}
}

func (p *printer) fields(fs []Field) {
	for i, f := range fs {
		if p.full() {
			return
		}
		if i > 0 {
			p.add(", ")
		}
		if f.Name != "" {
			p.add(f.Name)
			p.add(": ")
		}
		p.value(f.Type)
	}
}

func (p *printer) resource(r *Resource) {
	if r == nil || r.Name == "" {
		p.add("_")
	} else {
		p.add(r.Name)
	}
}

func (p *printer) value(t *Type) {
	if p.full() {
		return
	}
	p.add(t.Kind.String())
	switch t.Kind {
	case Record:
		p.add(" { ")
		p.fields(t.Fields)
		p.add(" }")
	case Tuple:
		p.add("<")
		p.fields(t.Fields)
		p.add(">")
	case Variant, Enum:
		p.cases(t.Cases)
	case Flags:
		p.add(" { ")
		p.add(strings.Join(t.Labels, ", "))
		p.add(" }")
	case Result:
		p.result(t)
	case Own, Borrow:
		p.add("<")
		p.resource(t.Resource)
		p.add(">")
	case List, FixedList, Option, Stream, Future, Map:
		p.args(t)
	}
}

func (p *printer) cases(cs []Case) {
	p.add(" { ")
	for i, c := range cs {
		if p.full() {
			return
		}
		if i > 0 {
			p.add(", ")
		}
		p.add(c.Name)
		if c.Type != nil {
			p.add("(")
			p.value(c.Type)
			p.add(")")
		}
	}
	p.add(" }")
}

func (p *printer) result(t *Type) {
	ok, err := t.Cases[0].Type, t.Cases[1].Type
	if ok == nil && err == nil {
		return
	}
	p.add("<")
	if ok != nil {
		p.value(ok)
	} else {
		p.add("_")
	}
	if err != nil {
		p.add(", ")
		p.value(err)
	}
	p.add(">")
}

func (p *printer) args(t *Type) {
	if t.Elem == nil {
		return
	}
	p.add("<")
	if t.Key != nil {
		p.value(t.Key)
		p.add(", ")
	}
	p.value(t.Elem)
	if t.Kind == FixedList {
		p.add(", ")
		p.add(strconv.FormatUint(uint64(t.Len), 10))
	}
	p.add(">")
}
