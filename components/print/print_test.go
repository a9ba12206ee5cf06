package print_test

import (
	"encoding/json"
	"testing"

	"github.com/sidecall/sidecall/components/print"
	"github.com/sidecall/sidecall/wit"
)

// world is the type of a component that imports two interfaces, one using the
// other, and exports one of its own.
func world() *wit.ComponentType {
	u8, str := wit.Primitive(wit.U8), wit.Primitive(wit.String)
	named := func(t *wit.Type) (*wit.TypeExport, *wit.Type) {
		te := &wit.TypeExport{}
		n := t.WithName(te)
		te.Def = n
		return te, n
	}
	file := &wit.Resource{Name: "file"}
	level, levelType := named(wit.NewEnum("info", "type"))
	entry, entryType := named(wit.NewRecord(wit.Field{Name: "level", Type: levelType}, wit.Field{Name: "text", Type: wit.NewOption(wit.NewList(str))},
		wit.Field{Name: "pair", Type: wit.NewTuple(wit.Field{Type: u8}.Type, wit.NewResult(nil, str))}))
	fail, failType := named(wit.NewVariant(wit.Case{Name: "closed"}, wit.Case{Name: "other", Type: entryType}))
	self := wit.Field{Name: "self", Type: wit.NewBorrow(file)}
	log := wit.NewInstanceType([]wit.Decl{
		{Name: "level", Type: level},
		{Name: "entry", Type: entry},
		{Name: "failure", Type: fail},
		{Name: "names", Type: &wit.TypeExport{Def: wit.NewList(str)}},
		{Name: "file", Type: &wit.TypeExport{Def: file, Abstract: true}},
		{Name: "[constructor]file", Type: &wit.FuncType{Params: []wit.Field{{Name: "name", Type: str}}, Result: wit.NewOwn(file)}},
		{Name: "[method]file.write", Type: &wit.FuncType{Params: []wit.Field{self, {Name: "e", Type: entryType}}, Result: wit.NewResult(nil, failType)}},
		{Name: "[static]file.merge", Type: &wit.FuncType{Params: []wit.Field{{Name: "fs", Type: wit.NewList(wit.NewOwn(file))}}}},
		{Name: "log", Type: &wit.FuncType{Params: []wit.Field{{Name: "e", Type: entryType}}}},
	}, []*wit.Resource{file})
	open := wit.NewInstanceType([]wit.Decl{
		{Name: "file", Type: &wit.TypeExport{Def: file}},
		{Name: "e", Type: &wit.TypeExport{Def: entryType}},
		{Name: "level", Type: &wit.TypeExport{Def: levelType}},
		{Name: "open", Type: &wit.FuncType{Params: []wit.Field{{Name: "l", Type: levelType}}, Result: wit.NewOwn(file)}},
	}, nil)
	return wit.NewComponentType(
		[]wit.Decl{{Name: "a:log/log@1.0.0", Type: log}, {Name: "a:log/open@1.0.0", Type: open},
			{Name: "now", Type: &wit.FuncType{Result: wit.Primitive(wit.U64)}}},
		[]wit.Decl{{Name: "a:log/sink@1.0.0", Type: wit.NewInstanceType([]wit.Decl{
			{Name: "send", Type: &wit.FuncType{Params: []wit.Field{{Name: "e", Type: entryType}, {Name: "f", Type: wit.NewBorrow(file)}}}}}, nil)}},
		[]*wit.Resource{file}, nil)
}

func TestText(t *testing.T) {
	const want = `world sidecar {
  import a:log/log@1.0.0: interface {
    enum level {
      info,
      %type,
    }
    record entry {
      level: level,
      text: option<list<string>>,
      pair: tuple<u8, result<_, string>>,
    }
    variant failure {
      closed,
      other(entry),
    }
    type names = list<string>;
    resource file {
      constructor(name: string);
      write: func(e: entry) -> result<_, failure>;
      merge: static func(fs: list<file>);
    }
    log: func(e: entry);
  }
  import a:log/open@1.0.0: interface {
    use a:log/log@1.0.0.{file, entry as e, level};
    open: func(l: level) -> file;
  }
  import now: func() -> u64;

  export a:log/sink@1.0.0: interface {
    send: func(e: a:log/log@1.0.0.{entry}, f: borrow<a:log/log@1.0.0.{file}>);
  }
}
`
	if got := print.Of(world()).Text("sidecar"); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestJSON(t *testing.T) {
	b, err := json.MarshalIndent(print.Of(world()).Imports[1:], "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	const want = `[
  {
    "name": "a:log/open@1.0.0",
    "kind": "interface",
    "items": [
      {
        "name": "file",
        "kind": "use",
        "type": "file",
        "from": "a:log/log@1.0.0"
      },
      {
        "name": "e",
        "kind": "use",
        "type": "entry",
        "from": "a:log/log@1.0.0"
      },
      {
        "name": "level",
        "kind": "use",
        "type": "level",
        "from": "a:log/log@1.0.0"
      },
      {
        "name": "open",
        "kind": "func",
        "type": "func(l: level) -\u003e file"
      }
    ]
  },
  {
    "name": "now",
    "kind": "func",
    "type": "func() -\u003e u64"
  }
]`
	if string(b) != want {
		t.Errorf("got\n%s", b)
	}
}

// TestHuge prints a type that would have 2^40 nodes if it were written out.
func TestHuge(t *testing.T) {
	u := wit.Primitive(wit.U8)
	for range 40 {
		u = wit.NewTuple(u, u)
	}
	w := print.Of(wit.NewComponentType([]wit.Decl{{Name: "f", Type: &wit.FuncType{Params: []wit.Field{{Name: "x", Type: u}}}}}, nil, nil, nil))
	if n := len(w.Text("w")); n > 30_000 {
		t.Errorf("%d bytes of text", n)
	}
}
