package preview1

import (
	"fmt"
	"strings"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/wit"
)

// world is the adapter's world: the declarators of its type, which can stand as they are
// among a component's definitions, but for the indices.
type world struct {
	decls []components.Def
	// run is the name of the interface that is exported.
	run string
}

// decodeWorld takes the world out of a binary WIT package: a component that holds the
// type of a component whose one export has the world's type.
func decodeWorld(b []byte) (*world, error) {
	c, err := binary.Decode(b)
	if err != nil {
		return nil, err
	}
	for _, d := range c.Defs {
		outer, ok := typeDef[components.ComponentType](d)
		if !ok {
			continue
		}
		for _, d := range outer.Decls {
			if t, ok := typeDef[components.ComponentType](d); ok {
				return newWorld(t.Decls)
			}
		}
	}
	return nil, fmt.Errorf("it holds no world")
}

func newWorld(decls []components.Def) (*world, error) {
	w := &world{decls: decls}
	for _, d := range decls {
		if e, ok := d.Item.(components.ExportDecl); ok {
			w.run = e.Name
		}
	}
	if w.run == "" {
		return nil, fmt.Errorf("its world exports nothing")
	}
	return w, nil
}

func typeDef[T any](d components.Def) (T, bool) {
	var none T
	t, ok := d.Item.(components.TypeDef)
	if !ok {
		return none, false
	}
	item, ok := t.Item.(T)
	return item, ok
}

// interfaceOf is an interface's name without its version, as the adapter's imports have it.
func interfaceOf(name string) string {
	plain, _, _ := strings.Cut(name, "@")
	return plain
}

// needs finds the interfaces whose functions or resource types are used, and those whose
// types they mention. used holds the names of functions by interface.
func (w *world) needs(used map[string]map[string]bool) map[string]bool {
	needed := map[string]bool{}
	var imports []string // names of interfaces, in the order of instances
	var from []string    // of each outer type, the interface that it is of
	mentions := map[string][]string{}
	var last []components.Def // the declarators of the last instance type
	for _, d := range w.decls {
		switch item := d.Item.(type) {
		case components.TypeDef:
			from = append(from, "")
			if t, ok := item.Item.(components.InstanceType); ok {
				last = t.Decls
			}
		case components.Alias:
			from = append(from, imports[item.Instance])
		case components.Import:
			name := interfaceOf(item.Name)
			imports = append(imports, name)
			for _, d := range last {
				if a, ok := d.Item.(components.Alias); ok && a.Kind == components.AliasOuter {
					mentions[name] = append(mentions[name], from[a.Index])
				}
			}
		}
	}
	for i := len(imports) - 1; i >= 0; i-- { // what is mentioned comes before
		name := imports[i]
		if len(used[name]) > 0 {
			needed[name] = true
		}
		if needed[name] {
			for _, other := range mentions[name] {
				needed[other] = true
			}
		}
	}
	return needed
}

// declare adds the imports of the interfaces that are needed to a component, with those of
// their functions that are used.
func (w *world) declare(c *builder, used map[string]map[string]bool) {
	needed := w.needs(used)
	var types, instances []uint32 // of the world's, those of the component
	var imports []string
	for i, d := range w.decls {
		switch item := d.Item.(type) {
		case components.TypeDef:
			t, ok := item.Item.(components.InstanceType)
			next, isImport := w.importAt(i + 1)
			if !ok || !isImport || !needed[interfaceOf(next)] {
				types = append(types, none)
				continue
			}
			types = append(types, c.typ(components.InstanceType{Decls: prune(t.Decls, types, used[interfaceOf(next)])}))
		case components.Import:
			name := interfaceOf(item.Name)
			imports = append(imports, name)
			if !needed[name] {
				instances = append(instances, none)
				continue
			}
			item.Type.Index = types[item.Type.Index]
			instances = append(instances, c.importInstance(item))
		case components.Alias:
			if !needed[imports[item.Instance]] {
				types = append(types, none)
				continue
			}
			types = append(types, c.typeOf(instances[item.Instance], item.Name))
		}
	}
}

// none is the index of what is left out.
const none = ^uint32(0)

func (w *world) importAt(i int) (string, bool) {
	if i >= len(w.decls) {
		return "", false
	}
	im, ok := w.decls[i].Item.(components.Import)
	return im.Name, ok
}

// prune leaves functions out of an instance type that are not used. They are in none of its
// index spaces, so what is left stays as it is but for the outer types.
func prune(decls []components.Def, types []uint32, used map[string]bool) []components.Def {
	var out []components.Def
	for _, d := range decls {
		switch item := d.Item.(type) {
		case components.ExportDecl:
			if item.Type.Sort == wit.SortFunc && !used[item.Name] {
				continue
			}
		case components.Alias:
			item.Index = types[item.Index]
			d.Item = item
		}
		out = append(out, d)
	}
	return out
}
