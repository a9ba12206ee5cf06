package print

import (
	"fmt"
	"strings"
)

// Text writes the world as text in the style of WIT, the interfaces in place:
//
//	world NAME {
//	  import wasi:cli/exit@0.2.0: interface {
//	    exit: func(status: result);
//	  }
//	  export run: func();
//	}
func (w *World) Text(name string) string {
	t := &text{}
	t.line("world %s {", escape(name))
	t.depth++
	t.block("import ", w.Imports)
	if len(w.Imports) > 0 && len(w.Exports) > 0 {
		t.b.WriteByte('\n')
	}
	t.block("export ", w.Exports)
	t.depth--
	t.line("}")
	return t.b.String()
}

// text writes indented lines.
type text struct {
	b     strings.Builder
	depth int
}

func (t *text) line(format string, args ...any) {
	t.b.WriteString(strings.Repeat("  ", t.depth))
	fmt.Fprintf(&t.b, format, args...)
	t.b.WriteByte('\n')
}

// block writes items; what is used of one interface stands in one line.
func (t *text) block(prefix string, items []Item) {
	for i := 0; i < len(items); i++ {
		if items[i].Kind != Use {
			t.item(prefix, items[i])
			continue
		}
		from := items[i].From
		var names []string
		for ; i < len(items) && items[i].Kind == Use && items[i].From == from; i++ {
			n := escape(items[i].Type)
			if items[i].Type != items[i].Name {
				n += " as " + escape(items[i].Name)
			}
			names = append(names, n)
		}
		i--
		t.line("use %s.{%s};", from, strings.Join(names, ", "))
	}
}

func (t *text) item(prefix string, i Item) {
	name := prefix + escape(i.Name)
	switch i.Kind {
	case Func, Method:
		t.line("%s: %s;", name, i.Type)
	case StaticFunc:
		t.line("%s: static %s;", name, i.Type)
	case Constructor:
		t.line("constructor%s;", strings.TrimPrefix(i.Type, "func"))
	case Resource:
		t.members("resource "+escape(i.Name), i)
	case Interface, Component:
		t.members(name+": "+string(i.Kind), i)
	case CoreModule:
		t.line("%s: core module;", name)
	case Type:
		t.typeItem(i)
	}
}

// members writes an item with its members in braces.
func (t *text) members(head string, i Item) {
	if len(i.Items) == 0 && i.Kind == Resource {
		t.line("%s;", head)
		return
	}
	t.line("%s {", head)
	t.depth++
	t.block("", i.Items)
	t.depth--
	t.line("}")
}

// typeItem writes a named type: the four that WIT defines by a keyword, one part
// to a line, or an alias.
func (t *text) typeItem(i Item) {
	for _, k := range []string{"record", "variant", "enum", "flags"} {
		body, ok := strings.CutPrefix(i.Type, k+" { ")
		if !ok {
			continue
		}
		t.line("%s %s {", k, escape(i.Name))
		t.depth++
		for _, part := range split(strings.TrimSuffix(body, " }")) {
			t.line("%s,", part)
		}
		t.depth--
		t.line("}")
		return
	}
	t.line("type %s = %s;", escape(i.Name), i.Type)
	if len(i.Items) > 0 {
		t.depth++
		t.block("", i.Items)
		t.depth--
	}
}

// split cuts a list of parts at its commas that are in no brackets.
func split(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '<', '(', '{':
			depth++
		case '>', ')', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, s[from:i])
				from = i + 2
			}
		}
	}
	return append(out, s[min(from, len(s)):])
}

// escape writes a name that is a keyword of WIT with the percent sign that it needs.
func escape(name string) string {
	switch name {
	case "as", "async", "bool", "borrow", "char", "constructor", "enum", "export", "f32", "f64", "flags", "from", "func",
		"future", "import", "include", "interface", "list", "map", "option", "own", "package", "record", "resource", "result",
		"s16", "s32", "s64", "s8", "static", "stream", "string", "tuple", "type", "u16", "u32", "u64", "u8", "use", "variant",
		"with", "world", "error-context":
		return "%" + name
	}
	return name
}
