package validate_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/validate"
)

// rule is an example of a rule: a component, and what is wrong with it, without
// the position; empty if nothing is.
type rule struct {
	name string
	file bytes
	want string
}

func check(t *testing.T, rules []rule) {
	t.Helper()
	for _, r := range rules {
		t.Run(r.name, func(t *testing.T) {
			_, err := decodeAndValidate(r.file)
			got := ""
			var e *validate.Error
			if errors.As(err, &e) {
				got = e.Msg
				for _, m := range e.Mismatches {
					got += "\n" + m.Error()
				}
			} else if err != nil {
				got = "not a validation error: " + err.Error()
			}
			if got != r.want {
				t.Errorf("got  %s\nwant %s", got, r.want)
			}
		})
	}
}

func TestDefinedTypes(t *testing.T) {
	many := func(n int) (ls []string) {
		for i := range n {
			ls = append(ls, "l"+strings.Repeat("x", i))
		}
		return ls
	}
	big := []bytes{tuple(slices.Repeat([]bytes{val(u64)}, 1024)...)}
	for i, n := range []int{32, 1024} { // 2^13, then 2^18, then 2^28 bytes
		big = append(big, tuple(slices.Repeat([]bytes{index(i)}, n)...))
	}
	check(t, []rule{
		{"all forms", component(types(record(field("a", val(u8)), field("b", val(str_))), variant(vcase("x")), list(index(0)),
			tuple(index(1), index(2)), flags(many(32)...), enum("a", "b-c"), option(index(4)), fn(index(5), field("p", index(3))))), ""},
		{"empty record", component(types(record())), "a record must have at least one field"},
		{"empty variant", component(types(variant())), "a variant must have at least one case"},
		{"empty enum", component(types(enum())), "an enum must have at least one case"},
		{"empty tuple", component(types(tuple())), "a tuple must have at least one type"},
		{"no flags", component(types(flags())), "a flags type must have between 1 and 32 labels, not 0"},
		{"33 flags", component(types(flags(many(33)...))), "a flags type must have between 1 and 32 labels, not 33"},
		{"labels of one case", component(types(record(field("a-B", val(u8)), field("A-b", val(u8))))),
			`the field name "A-b" conflicts with the previous name "a-B": names must differ in more than case`},
		{"many labels", component(types(enum(append(many(20), "LXX")...))),
			`the enum case name "LXX" conflicts with the previous name "lxx": names must differ in more than case`},
		{"label", component(types(fn(nil, field("aB", val(u8))))),
			`not a valid parameter name: name "aB", at character 2: a word of a label is all lower case or all upper case (kebab-case)`},
		{"index", component(types(list(index(0)))), "there is no type 0: type index out of bounds, 0 are defined so far"},
		{"not a value type", component(types(fn(nil), list(index(0)))), "type 0 is a function type, not a value type"},
		{"not a resource", component(types(list(val(u8)), own(0))), "type 0 is a value type, not a resource type"},
		{"borrow in a result", component(types(resource(), borrow(0), list(index(1)), fn(index(2)))),
			"the result of a function must not contain a borrow, and is list<borrow<_>>"},
		{"borrow in a parameter", component(types(resource(), borrow(0), list(index(1)), fn(nil, field("p", index(2))))), ""},
		{"large in memory", component(types(big[:2]...)), ""},
		{"too large in memory", component(types(big...)),
			"a value of this type takes 268435456 bytes of memory, but must take less than 268435456"},
		{"representation", component(types(bytes{0x3f, 0x7d, 0})), "a resource type must be represented by i32"},
		{"resource inside a type", component(types(componentType(declType(resource())))),
			"a resource type can only be defined by a component, not inside a type"},
		{"destructor", cat(component(lib(), types(resourceDtor(3)))), ""},
		{"wrong destructor", component(lib(), types(resourceDtor(1))),
			"the destructor of a resource type must be func (param i32), and is func (param i32 i32)"},
	})
}

func TestNames(t *testing.T) {
	f := types(fn(nil))
	check(t, []rule{
		{"unique", component(f, imports(imp("a", asFunc(0)), imp("a-b", asFunc(0)), imp("a:b/c", asFunc(0)), imp("a:b/c@1.0.0", asFunc(0)))), ""},
		{"case", component(f, imports(imp("a-B", asFunc(0)), imp("A-b", asFunc(0)))),
			`the import name "A-b" conflicts with the previous name "a-B": names must differ in more than case and annotations`},
		{"imports and exports may be equal", component(f, imports(imp("a", asFunc(0))), exports(exp("a", refFunc(0)))), ""},
		{"version", component(f, imports(imp("a:b/c@1.0", asFunc(0)))),
			`not a valid name: name "a:b/c@1.0", at character 10: a version has three numbers, as in 1.2.3`},
		{"dependency", component(f, imports(imp("unlocked-dep=<a:b@{>=1.2.3}>", asFunc(0)))), ""},
		{"dependency as export", component(f, imports(imp("a", asFunc(0))), exports(exp("locked-dep=<a:b>", refFunc(0)))),
			`not a valid name: name "locked-dep=<a:b>", at character 1: only an import may be named by a dependency, URL or hash`},
		{"in an instance type", component(types(instanceType(declType(fn(nil)), declExport("a", asFunc(0)), declExport("A", asFunc(0))))),
			`the export name "A" conflicts with the previous name "a": names must differ in more than case and annotations`},
		{"in an inline instance", component(f, imports(imp("a", asFunc(0))), instances(inline(inlineExport("x_y", refFunc(0))))),
			`not a valid name: name "x_y", at character 2: a label has only letters a-z or A-Z, digits and hyphens (kebab-case)`},
	})
}

func TestAnnotatedNames(t *testing.T) {
	r := cat(imports(imp("r", asResource())), types(own(0), borrow(0)))
	check(t, []rule{
		{"all", component(r, types(fn(index(1)), fn(nil, field("self", index(2))), fn(nil)),
			imports(imp("[constructor]r", asFunc(3)), imp("[method]r.m", asFunc(4)), imp("[static]r.s", asFunc(5)))), ""},
		{"constructor of a result", component(r, types(bytes{0x6a, 1, 1, 1, str_}, fn(index(3))), imports(imp("[constructor]r", asFunc(4)))), ""},
		{"constructor", component(r, types(fn(val(u8))), imports(imp("[constructor]r", asFunc(3)))),
			`the constructor "[constructor]r" must return own<r> or result<own<r>, …>, and is func() -> u8`},
		{"method without self", component(r, types(fn(nil, field("x", index(2)))), imports(imp("[method]r.m", asFunc(3)))),
			`the first parameter of the method "[method]r.m" must be self: borrow<r>, and the function is func(x: borrow<r>)`},
		{"method of another", component(r, imports(imp("q", asResource())), types(borrow(3), fn(nil, field("self", index(4)))), imports(imp("[method]r.m", asFunc(5)))),
			`"[method]r.m": the function is for the resource type "q", not "r"`},
		{"static of nothing", component(types(fn(nil)), imports(imp("[static]r.m", asFunc(0)))),
			`"[static]r.m": no resource type named "r" is imported before it`},
		{"not a function", component(types(instanceType()), imports(imp("[static]r.m", asInstance(0)))),
			`"[static]r.m" can only name a function, and this is of sort instance`},
		{"unnamed among exports", component(r, types(fn(index(1))), imports(imp("f", asFunc(3))), exports(exp("[constructor]r", refFunc(0)))),
			`"[constructor]r": the resource type that the function is for has no name among the exports before it`},
		{"clash with the resource", component(r, types(fn(nil, field("self", index(2)))), imports(imp("[method]r.r", asFunc(3)))),
			`the import name "[method]r.r" conflicts with the previous name "r": names must differ in more than case and annotations`},
	})
}

func TestVisibility(t *testing.T) {
	const unnamed = `uses a type that has no name outside: each resource, record, variant, enum and flags type in it must be `
	rec := record(field("x", val(u32)))
	check(t, []rule{
		{"record without a name", component(types(rec, fn(index(0))), imports(imp("f", asFunc(1)))),
			`the import of "f" ` + unnamed + "imported by itself first"},
		{"record with a name", component(types(rec), imports(imp("r", asEq(0))), types(fn(index(1))), imports(imp("f", asFunc(2)))), ""},
		{"a name does not work backwards", component(types(rec), imports(imp("r", asEq(0))), types(fn(index(0))), imports(imp("f", asFunc(2)))),
			`the import of "f" ` + unnamed + "imported by itself first"},
		{"inside a list", component(types(enum("a"), list(index(0)), fn(index(1))), imports(imp("f", asFunc(2)))),
			`the import of "f" ` + unnamed + "imported by itself first"},
		{"structure needs no name", component(types(tuple(val(u8), val(u8)), option(index(0)), fn(index(1))), imports(imp("f", asFunc(2)))), ""},
		{"a record of unnamed parts", component(types(rec, record(field("r", index(0)))), imports(imp("t", asEq(1)))),
			`the import of "t" ` + unnamed + "imported by itself first"},
		{"imports cannot use exports", component(types(resource()), exports(exp("r", refType(0))), types(own(1), fn(index(2))), imports(imp("f", asFunc(3)))),
			`the import of "f" ` + unnamed + "imported by itself first"},
		{"imports cannot be equal to resources defined here", component(types(resource()), imports(imp("r", asEq(0)))),
			`the import of "r" ` + unnamed + "imported by itself first"},
		{"imports of a type cannot be equal to its exports", component(types(componentType(declExport("r", asResource()), declImport("q", asEq(0))))),
			`the import of "q" ` + unnamed + "imported by itself first"},
		{"imports of a type can be equal to resources around it", component(types(resource(), componentType(declAlias(aliasOuter(sortType, 1, 0)), declImport("q", asEq(0))))), ""},
		{"exports can use imports", component(imports(imp("r", asResource())), types(own(0), fn(index(1))), imports(imp("f", asFunc(2))), exports(exp("g", refFunc(0)))), ""},
		{"resource that is not exported", component(types(resource(), own(0), fn(index(1))), lib(), canons(lift(2, 2)), exports(exp("f", refFunc(0)))),
			`the export of "f" ` + unnamed + "exported by itself first"},
		{"resource that is exported later than used", component(types(resource(), own(0), fn(index(1))), lib(), canons(lift(2, 2)), exports(exp("r", refType(0)), exp("f", refFunc(0)))),
			`the export of "f" ` + unnamed + "exported by itself first"},
		{"ascription with the name", component(types(resource(), own(0), fn(index(1))), lib(), canons(lift(2, 2)), exports(exp("r", refType(0))),
			types(own(3), fn(index(4))), exports(expAs("f", refFunc(0), asFunc(5)))), ""},
		{"instance types defer", component(types(instanceType(declType(rec), declType(fn(index(0))), declExport("f", asFunc(1))))), ""},
		{"until they are used", component(types(instanceType(declType(rec), declType(fn(index(0))), declExport("f", asFunc(1)))), imports(imp("i", asInstance(0)))),
			`the import of "i" ` + unnamed + "imported by itself first"},
		{"component types do not", component(types(componentType(declType(rec), declType(fn(index(0))), declExport("f", asFunc(1))))),
			`the export of "f" ` + unnamed + "exported by itself first"},
		{"names through an exported instance", component(types(rec), instances(inline(inlineExport("t", refType(0)))), exports(exp("i", refInstance(0))),
			aliases(aliasExport(sortType, 1, "t")), types(fn(nil, field("p", index(1)))), lib(), canons(lift(3, 2)), exports(exp("f", refFunc(0)))), ""},
		{"none through one that is not", component(types(rec), instances(inline(inlineExport("t", refType(0)))),
			aliases(aliasExport(sortType, 0, "t")), types(fn(nil, field("p", index(1)))), lib(), canons(lift(3, 2)), exports(exp("f", refFunc(0)))),
			`the export of "f" ` + unnamed + "exported by itself first"},
		{"resources of component types", component(types(resource(), componentType(declAlias(aliasOuter(sortType, 1, 0)), declImport("r", asEq(0)))), imports(imp("c", asComponent(1)))),
			`the import of "c" ` + unnamed + "imported by itself first"},
	})
}

func TestOuterAliases(t *testing.T) {
	const resources = "an outer alias that leaves a component must not refer to a type that transitively refers to resources: these are made anew by each instance"
	check(t, []rule{
		{"types", component(types(record(field("x", val(u8)))), nested(aliases(aliasOuter(sortType, 1, 0)), types(list(index(0))))), ""},
		{"resource", component(types(resource()), nested(aliases(aliasOuter(sortType, 1, 0)))), resources},
		{"handle, from a type in a component", component(types(resource(), own(0)), nested(types(componentType(declAlias(aliasOuter(sortType, 2, 1)))))), resources},
		{"resource into a type", component(types(resource(), componentType(declAlias(aliasOuter(sortType, 1, 0))))), ""},
		{"type with its own resource", component(types(componentType(declImport("r", asResource()))), nested(aliases(aliasOuter(sortType, 1, 0)))), ""},
		{"count", component(nested(aliases(aliasOuter(sortType, 2, 0)))), "invalid outer alias count 2: only 1 scopes enclose this one"},
		{"only what stands before", component(nested(aliases(aliasOuter(sortType, 1, 0))), types(list(val(u8)))),
			"there is no type 0: type index out of bounds, 0 are defined so far"},
		{"components in types", component(nested(), types(componentType(declAlias(aliasOuter(bytes{4}, 1, 0))))),
			"an outer alias inside a type may only refer to types or core types, not to a component"},
	})
}

func TestCanonicalOptions(t *testing.T) {
	str2 := types(fn(nil, field("s", val(str_))))
	imported := cat(str2, imports(imp("f", asFunc(0))))
	many := make([]bytes, 17)
	for i := range many {
		many[i] = field("p"+string(rune('a'+i)), val(u32))
	}
	check(t, []rule{
		{"lift", component(lib(), str2, canons(lift(1, 0, memory(0), realloc(0)))), ""},
		{"lift without memory", component(lib(), str2, canons(lift(1, 0))), "the canonical option memory is required to lift func(s: string)"},
		{"lift without realloc", component(lib(), str2, canons(lift(1, 0, memory(0)))), "the canonical option realloc is required to lift func(s: string)"},
		{"lift of the wrong type", component(lib(), str2, canons(lift(3, 0, memory(0), realloc(0)))),
			"core function 3 cannot be lifted to func(s: string): that takes func (param i32 i32), and it is func (param i32)"},
		{"lift many parameters", component(lib(), types(fn(nil, many...)), canons(lift(3, 0, memory(0)))),
			"the canonical option realloc is required to lift func(pa: u32, pb: u32, pc: u32, pd: u32, pe: u32, pf: u32, pg: u32, ph: u32, pi: u32, pj: u32, pk: u32, pl: u32, pm: u32, pn: u32, po: u32, pp: u32, pq: u32)"},
		{"lift a large result", component(lib(), types(tuple(val(u8), val(u8)), fn(index(0))), canons(lift(2, 1))),
			"the canonical option memory is required to lift func() -> tuple<u8, u8>"},
		{"lift to a value type", component(lib(), types(list(val(u8))), canons(lift(1, 0))), "type 0 is a value type, not a function type"},
		{"lower", component(lib(), imported, canons(lower(0, memory(0)))), ""},
		{"lower without memory", component(lib(), imported, canons(lower(0))), "the canonical option memory is required to lower func(s: string)"},
		{"lower a string result", component(lib(), types(fn(val(str_))), imports(imp("f", asFunc(0))), canons(lower(0, memory(0)))),
			"the canonical option realloc is required to lower func() -> string"},
		{"realloc without memory", component(lib(), imported, canons(lower(0, realloc(0)))), "the canonical option realloc requires memory to be specified too"},
		{"wrong realloc", component(lib(), imported, canons(lower(0, memory(0), realloc(1)))),
			"the canonical option realloc must be func (param i32 i32 i32 i32) (result i32), and is func (param i32 i32)"},
		{"twice", component(lib(), imported, canons(lower(0, memory(0), memory(0)))), "the canonical option memory is specified more than once"},
		{"two encodings", component(lib(), imported, canons(lower(0, utf8, memory(0), utf16))),
			"the canonical option string-encoding=utf16 conflicts with string-encoding=utf8"},
		{"no such memory", component(lib(), imported, canons(lower(0, memory(1)))), "there is no core memory 1: core memory index out of bounds, 1 are defined so far"},
		{"post-return", component(lib(), types(fn(val(str_))), canons(lift(2, 0, memory(0), postReturn(3)))), ""},
		{"wrong post-return", component(lib(), types(fn(val(str_))), canons(lift(2, 0, memory(0), postReturn(4)))),
			"the option post-return of a lift to func() -> string must be func (param i32), and is func"},
		{"post-return of lower", component(lib(), imported, canons(lower(0, postReturn(3)))), "the canonical option post-return is only for lifting"},
		{"resource.new", component(types(resource()), canons(canonOp(2, 0), canonOp(3, 0), canonOp(4, 0))), ""},
		{"resource.new of an import", component(imports(imp("r", asResource())), canons(canonOp(2, 0))),
			"resource.new is only for a resource type that this component defines: type 0 is not a local resource"},
		{"resource.drop of an import", component(imports(imp("r", asResource())), canons(canonOp(3, 0))), ""},
	})
}

func TestInstantiation(t *testing.T) {
	// A component that imports a resource type and a function on it, and exports
	// both the resource type and the function.
	user := nested(imports(imp("r", asResource())), types(own(0), fn(nil, field("x", index(1)))), imports(imp("f", asFunc(2))),
		exports(exp("r2", refType(0)), exp("g", refFunc(0))))
	maker := nested(types(resource()), exports(exp("r", refType(0))))
	two := cat(imports(imp("a", asResource()), imp("b", asResource())), types(own(0), own(1), fn(nil, field("x", index(2))), fn(nil, field("x", index(3)))),
		imports(imp("fa", asFunc(4)), imp("fb", asFunc(5))))
	want := nested(types(fn(val(u8), field("x", val(u32)), field("y", val(str_))), fn(nil)),
		types(instanceType(declAlias(aliasOuter(sortType, 1, 0)), declExport("f", asFunc(0)), declAlias(aliasOuter(sortType, 1, 1)), declExport("g", asFunc(1)), declExport("h", asFunc(1)))),
		imports(imp("i", asInstance(2))))
	given := cat(types(fn(val(u8), field("x", val(u8)), field("z", val(str_)))), imports(imp("f", asFunc(0))), instances(inline(inlineExport("f", refFunc(0)), inlineExport("g", refFunc(0)))))
	check(t, []rule{
		{"resources are substituted", component(user, two, instances(instantiate(0, with("r", refType(0)), with("f", refFunc(0))))), ""},
		{"and not confused", component(user, two, instances(instantiate(0, with("r", refType(0)), with("f", refFunc(1))))),
			"component 0 cannot be instantiated with these arguments\nimport \"f\": parameter \"x\": the resource types are not the same: expected own<r>, found own<b>"},
		{"what comes out is what went in", component(user, two, instances(instantiate(0, with("r", refType(0)), with("f", refFunc(0)))),
			aliases(aliasExport(sortType, 0, "r2"), aliasExport(sortFunc, 0, "g")),
			instances(instantiate(0, with("r", refType(6)), with("f", refFunc(2))), instantiate(0, with("r", refType(0)), with("f", refFunc(2))))), ""},
		{"each instance has its own", component(maker, instances(instantiate(0), instantiate(0)),
			aliases(aliasExport(sortType, 0, "r"), aliasExport(sortType, 1, "r")),
			nested(imports(imp("a", asResource()), imp("b", asEq(0)))),
			instances(instantiate(1, with("a", refType(0)), with("b", refType(1))))),
			"component 1 cannot be instantiated with these arguments\nimport \"b\": the resource types are not the same: expected resource a, found resource r"},
		{"an alias is the same", component(maker, instances(instantiate(0)),
			aliases(aliasExport(sortType, 0, "r"), aliasExport(sortType, 0, "r")),
			nested(imports(imp("a", asResource()), imp("b", asEq(0)))),
			instances(instantiate(1, with("a", refType(0)), with("b", refType(1))))), ""},
		{"missing", component(user, instances(instantiate(0))),
			"component 0 cannot be instantiated with these arguments\nimport \"r\": expected resource, found nothing\nimport \"f\": expected func(x: own<r>), found nothing"},
		{"every difference is told", component(want, given, instances(instantiate(0, with("i", refInstance(0))))),
			"component 0 cannot be instantiated with these arguments\n" +
				"import \"i\": export \"f\": parameter \"x\": expected u32, found u8\n" +
				"import \"i\": export \"f\": parameter \"y\": the parameter is named \"z\": expected func(x: u32, y: string) -> u8, found func(x: u8, z: string) -> u8\n" +
				"import \"i\": export \"g\": expected 0 parameters, found 2: expected func(), found func(x: u8, z: string) -> u8\n" +
				"import \"i\": export \"h\": expected func(), found nothing"},
		{"superfluous arguments", component(nested(), nested(), instances(instantiate(0, with("Anything goes", refComponent(1))))), ""},
		{"twice", component(nested(), instances(instantiate(0, with("a", refComponent(0)), with("a", refComponent(0))))), `the instantiation argument "a" is given twice`},
		{"no such export", component(nested(), instances(instantiate(0)), aliases(aliasExport(sortFunc, 0, "f"))), `instance 0 has no export named "f"`},
		{"another sort", component(maker, instances(instantiate(0)), aliases(aliasExport(sortFunc, 0, "r"))), `the export "r" of instance 0 is a type, not a func`},
		{"ascription up", component(given, types(instanceType()), exports(expAs("i", refInstance(0), asInstance(1)))), ""},
		{"ascription down", component(types(instanceType(), instanceType(declType(fn(nil)), declExport("f", asFunc(0)))), imports(imp("i", asInstance(0))), exports(expAs("j", refInstance(0), asInstance(1)))),
			"the type ascribed to the export \"j\" is not a supertype of its own\nexport \"f\": expected func(), found nothing"},
	})
}

func TestCoreDefinitions(t *testing.T) {
	limits := func(b ...byte) bytes { return b }
	moduleType := func(ds ...bytes) bytes { return cat(bytes{0x50}, vec(ds...)) }
	memImport := func(l bytes) bytes { return cat(bytes{0}, str("a"), str("b"), bytes{2}, l) }
	user := cat(bytes{0, 'a', 's', 'm', 1, 0, 0, 0}, section(1, vec(coreFn(1, 0))), section(2, vec(cat(str("x"), str("f"), bytes{0, 0}))))
	check(t, []rule{
		{"module type", component(coreTypes(moduleType(memImport(limits(1, 1, 2)), cat(bytes{1}, coreFn(1, 1)), cat(bytes{3}, str("f"), bytes{0, 0})))), ""},
		{"large memory", component(coreTypes(moduleType(memImport(cat(bytes{0}, leb(70000)))))), "memory size must be at most 65536"},
		{"limits", component(coreTypes(moduleType(memImport(limits(1, 2, 1))))), "the minimum size of a memory must not be greater than the maximum"},
		{"two imports", component(coreTypes(moduleType(memImport(limits(0, 1)), memImport(limits(0, 1))))), `the core module type imports "a" "b" twice`},
		{"no such type", component(coreTypes(moduleType(cat(bytes{3}, str("f"), bytes{0, 0})))), "there is no core type 0: core type index out of bounds, 0 are defined so far"},
		{"types of 3.0", component(coreTypes(cat(bytes{0, 0x50}, vec(), bytes{0x5f}, vec(bytes{0x7f, 0})), cat(bytes{0x4f}, vec(leb(0)), bytes{0x5f}, vec(bytes{0x7f, 0}, bytes{0x64, 0x00, 1})))), ""},
		{"final supertype", component(coreTypes(cat(bytes{0x5f}, vec()), cat(bytes{0x4f}, vec(leb(0)), bytes{0x5f}, vec()))), "a core type cannot have a final type as its supertype"},
		{"does not match its supertype", component(coreTypes(cat(bytes{0, 0x50}, vec(), bytes{0x5f}, vec(bytes{0x7f, 0})), cat(bytes{0x4f}, vec(leb(0)), bytes{0x5f}, vec(bytes{0x7e, 0})))), "a core type does not match its supertype"},
		{"instantiation", component(lib(), coreModule(user), coreInstances(cat(bytes{1}, vec(cat(str("f"), bytes{0, 3}))), cat(bytes{0, 1}, vec(coreWith("x", 1))))), ""},
		{"argument of another type", component(lib(), coreModule(user), coreInstances(cat(bytes{1}, vec(cat(str("f"), bytes{0, 1}))), cat(bytes{0, 1}, vec(coreWith("x", 1))))),
			`core module 1 imports "f" from "x" as func (param i32), and the argument exports func (param i32 i32)`},
		{"argument without it", component(lib(), coreModule(user), coreInstances(cat(bytes{0, 1}, vec(coreWith("x", 0))))),
			`core module 1 imports "f" from "x", and the argument does not export an item of that name`},
		{"no argument", component(coreModule(user), coreInstances(cat(bytes{0, 0}, vec()))), `core module 0 imports from "x", and the instantiation has no argument of that name`},
		{"module argument", component(coreTypes(moduleType(cat(bytes{1}, coreFn(0, 0)), cat(bytes{3}, str("f0"), bytes{0, 0}))),
			nested(aliases(aliasOuter(bytes{0, 0x10}, 1, 0)), imports(imp("m", asModule(0)))), coreModule(module(coreFn(1, 0))),
			instances(instantiate(0, with("m", refModule(0))))),
			"component 0 cannot be instantiated with these arguments\nimport \"m\": the module exports \"f0\" as func (param i32), not as func"},
	})
}
