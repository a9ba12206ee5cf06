package validate_test

import "slices"

// A tiny encoder of components, enough to write down each rule's examples.

type bytes = []byte

func cat(parts ...bytes) bytes { return slices.Concat(parts...) }

func leb(n int) (b bytes) {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

func str(s string) bytes { return cat(leb(len(s)), bytes(s)) }

func vec(items ...bytes) bytes { return cat(leb(len(items)), cat(items...)) }

func section(id byte, content bytes) bytes { return cat(bytes{id}, leb(len(content)), content) }

func component(sections ...bytes) bytes {
	return cat(bytes{0, 'a', 's', 'm', 0x0d, 0, 1, 0}, cat(sections...))
}

// The sections.

func coreModule(b bytes) bytes        { return section(1, b) }
func coreInstances(is ...bytes) bytes { return section(2, vec(is...)) }
func coreTypes(ts ...bytes) bytes     { return section(3, vec(ts...)) }
func nested(sections ...bytes) bytes  { return section(4, component(sections...)) }
func instances(is ...bytes) bytes     { return section(5, vec(is...)) }
func aliases(as ...bytes) bytes       { return section(6, vec(as...)) }
func types(ts ...bytes) bytes         { return section(7, vec(ts...)) }
func canons(cs ...bytes) bytes        { return section(8, vec(cs...)) }
func imports(is ...bytes) bytes       { return section(10, vec(is...)) }
func exports(es ...bytes) bytes       { return section(11, vec(es...)) }

// Types.

const (
	u8, u32, u64, str_ = 0x7d, 0x79, 0x77, 0x73
)

func val(code byte) bytes             { return bytes{code} }
func index(i int) bytes               { return leb(i) } // below 64: a valtype too
func field(l string, t bytes) bytes   { return cat(str(l), t) }
func record(fs ...bytes) bytes        { return cat(bytes{0x72}, vec(fs...)) }
func variant(cs ...bytes) bytes       { return cat(bytes{0x71}, vec(cs...)) }
func vcase(l string) bytes            { return cat(str(l), bytes{0, 0}) }
func list(t bytes) bytes              { return cat(bytes{0x70}, t) }
func tuple(ts ...bytes) bytes         { return cat(bytes{0x6f}, vec(ts...)) }
func flags(ls ...string) bytes        { return cat(bytes{0x6e}, labels(ls)) }
func enum(ls ...string) bytes         { return cat(bytes{0x6d}, labels(ls)) }
func option(t bytes) bytes            { return cat(bytes{0x6b}, t) }
func own(i int) bytes                 { return cat(bytes{0x69}, leb(i)) }
func borrow(i int) bytes              { return cat(bytes{0x68}, leb(i)) }
func resource() bytes                 { return bytes{0x3f, 0x7f, 0} }
func resourceDtor(f int) bytes        { return cat(bytes{0x3f, 0x7f, 1}, leb(f)) }
func instanceType(ds ...bytes) bytes  { return cat(bytes{0x42}, vec(ds...)) }
func componentType(ds ...bytes) bytes { return cat(bytes{0x41}, vec(ds...)) }

func labels(ls []string) bytes {
	var items []bytes
	for _, l := range ls {
		items = append(items, str(l))
	}
	return vec(items...)
}

// fn is a function type; result is nil without.
func fn(result bytes, params ...bytes) bytes {
	if result == nil {
		return cat(bytes{0x40}, vec(params...), bytes{1, 0})
	}
	return cat(bytes{0x40}, vec(params...), bytes{0}, result)
}

// Imports, exports and declarators.

func extName(s string) bytes                { return cat(bytes{0}, str(s)) }
func asFunc(t int) bytes                    { return cat(bytes{1}, leb(t)) }
func asEq(t int) bytes                      { return cat(bytes{3, 0}, leb(t)) }
func asResource() bytes                     { return bytes{3, 1} }
func asComponent(t int) bytes               { return cat(bytes{4}, leb(t)) }
func asInstance(t int) bytes                { return cat(bytes{5}, leb(t)) }
func asModule(t int) bytes                  { return cat(bytes{0, 0x11}, leb(t)) }
func imp(name string, t bytes) bytes        { return cat(extName(name), t) }
func exp(name string, ref bytes) bytes      { return cat(extName(name), ref, bytes{0}) }
func expAs(name string, ref, t bytes) bytes { return cat(extName(name), ref, bytes{1}, t) }
func declType(t bytes) bytes                { return cat(bytes{1}, t) }
func declAlias(a bytes) bytes               { return cat(bytes{2}, a) }
func declImport(name string, t bytes) bytes { return cat(bytes{3}, imp(name, t)) }
func declExport(name string, t bytes) bytes { return cat(bytes{4}, extName(name), t) }

// References (sortidx).

func refFunc(i int) bytes      { return cat(bytes{1}, leb(i)) }
func refType(i int) bytes      { return cat(bytes{3}, leb(i)) }
func refComponent(i int) bytes { return cat(bytes{4}, leb(i)) }
func refInstance(i int) bytes  { return cat(bytes{5}, leb(i)) }
func refModule(i int) bytes    { return cat(bytes{0, 0x11}, leb(i)) }

func with(name string, ref bytes) bytes         { return cat(str(name), ref) }
func instantiate(c int, args ...bytes) bytes    { return cat(bytes{0}, leb(c), vec(args...)) }
func inline(es ...bytes) bytes                  { return cat(bytes{1}, vec(es...)) }
func inlineExport(name string, ref bytes) bytes { return cat(extName(name), ref) }
func coreWith(name string, i int) bytes         { return cat(str(name), bytes{0x12}, leb(i)) }
func aliasExport(sort bytes, i int, name string) bytes {
	return cat(sort, bytes{0}, leb(i), str(name))
}
func aliasCore(sort byte, i int, name string) bytes {
	return cat(bytes{0, sort, 1}, leb(i), str(name))
}
func aliasOuter(sort bytes, count, i int) bytes { return cat(sort, bytes{2}, leb(count), leb(i)) }

var (
	sortFunc, sortType = bytes{1}, bytes{3}
)

// Canonical definitions.

func lift(f, t int, opts ...bytes) bytes { return cat(bytes{0, 0}, leb(f), vec(opts...), leb(t)) }
func lower(f int, opts ...bytes) bytes   { return cat(bytes{1, 0}, leb(f), vec(opts...)) }
func canonOp(op byte, t int) bytes       { return cat(bytes{op}, leb(t)) }

var utf8, utf16 = bytes{0}, bytes{1}

func memory(i int) bytes     { return cat(bytes{3}, leb(i)) }
func realloc(i int) bytes    { return cat(bytes{4}, leb(i)) }
func postReturn(i int) bytes { return cat(bytes{5}, leb(i)) }

// module is a core module that exports functions of the given types, each of
// which traps, and a memory named "m". Type i is that of function "f<i>".
func module(funcTypes ...bytes) bytes {
	var funcs, codes, exps []bytes
	for i := range funcTypes {
		funcs = append(funcs, leb(i))
		codes = append(codes, bytes{3, 0, 0x00, 0x0b})
		exps = append(exps, cat(str("f"+string(rune('0'+i))), bytes{0}, leb(i)))
	}
	exps = append(exps, cat(str("m"), bytes{2, 0}))
	return cat(bytes{0, 'a', 's', 'm', 1, 0, 0, 0},
		section(1, vec(funcTypes...)), section(3, vec(funcs...)), section(5, vec(bytes{0, 1})),
		section(7, vec(exps...)), section(10, vec(codes...)))
}

// coreFn is a core function type of so many i32 parameters and results.
func coreFn(params, results int) bytes {
	i32s := func(n int) bytes { return cat(leb(n), slices.Repeat(bytes{0x7f}, n)) }
	return cat(bytes{0x60}, i32s(params), i32s(results))
}

// lib is a core module with realloc-like f0, a function f1 of two parameters, f2
// returning an i32, f3 taking one, and f4 without either; instantiated, with all
// of them and the memory aliased in that order.
func lib() bytes {
	return cat(
		coreModule(module(coreFn(4, 1), coreFn(2, 0), coreFn(0, 1), coreFn(1, 0), coreFn(0, 0))),
		coreInstances(cat(bytes{0, 0, 0})),
		aliases(aliasCore(0, 0, "f0"), aliasCore(0, 0, "f1"), aliasCore(0, 0, "f2"), aliasCore(0, 0, "f3"),
			aliasCore(0, 0, "f4"), aliasCore(2, 0, "m")))
}
