package core_test

import "bytes"

// A bomb is a family of modules that are small to the eye, and of which the engine's compiler makes much: the work
// grows faster than the module. n says how large; every family is of the order of n bytes.

type asm struct{ bytes.Buffer }

func (a *asm) op(b ...byte) *asm { a.Write(b); return a }

func (a *asm) u(n int) *asm {
	for n >= 0x80 {
		a.WriteByte(byte(n) | 0x80)
		n >>= 7
	}
	a.WriteByte(byte(n))
	return a
}

// i32 is a constant below 2^27.
func (a *asm) i32(n int) *asm {
	a.WriteByte(0x41)
	for n >= 0x40 {
		a.WriteByte(byte(n)&0x7f | 0x80)
		n >>= 7
	}
	a.WriteByte(byte(n))
	return a
}

func (a *asm) get(l int) *asm { return a.op(0x20).u(l) }
func (a *asm) set(l int) *asm { return a.op(0x21).u(l) }

// sink uses a value, so that what led to it stays.
func (a *asm) sink() *asm { return a.set(0).i32(0).get(0).op(0x36, 2, 0) }

func (a *asm) times(n int, f func(i int)) *asm {
	for i := range n {
		f(i)
	}
	return a
}

// shape is a module with one memory, whose functions are of type 0 unless said otherwise.
type shape struct {
	types   [][2]int // numbers of i32 parameters and results
	imports int      // functions of type 0
	globals int      // mutable, i32
	tags    int      // of type 0
	table   bool
	locals  int  // of function 0: i32
	typ     int  // of function 0
	code    *asm // of function 0, without its end
	more    []*asm
	moreTyp int
	count   int // functions that are empty
}

func (s shape) bytes() []byte {
	if s.types == nil {
		s.types = [][2]int{{0, 0}}
	}
	out := &asm{}
	out.op(0, 'a', 's', 'm', 1, 0, 0, 0)
	section := func(id byte, f func(a *asm)) {
		b := &asm{}
		f(b)
		out.op(id).u(b.Len()).Write(b.Bytes())
	}
	section(1, func(a *asm) {
		a.u(len(s.types))
		for _, t := range s.types {
			a.op(0x60).u(t[0]).Write(bytes.Repeat([]byte{0x7f}, t[0]))
			a.u(t[1]).Write(bytes.Repeat([]byte{0x7f}, t[1]))
		}
	})
	if s.imports > 0 {
		section(2, func(a *asm) {
			a.u(s.imports).times(s.imports, func(int) { a.op(1, 'm', 1, 'f', 0, 0) })
		})
	}
	section(3, func(a *asm) {
		a.u(1 + len(s.more) + s.count).u(s.typ)
		for range s.more {
			a.u(s.moreTyp)
		}
		a.Write(make([]byte, s.count))
	})
	if s.table {
		section(4, func(a *asm) { a.op(1, 0x70, 0, 1) })
	}
	section(5, func(a *asm) { a.op(1, 0, 1) })
	if s.tags > 0 {
		section(13, func(a *asm) { a.u(s.tags).times(s.tags, func(int) { a.op(0, 0) }) })
	}
	if s.globals > 0 {
		section(6, func(a *asm) {
			a.u(s.globals).times(s.globals, func(int) { a.op(0x7f, 1, 0x41, 0, 0x0b) })
		})
	}
	section(10, func(a *asm) {
		a.u(1 + len(s.more) + s.count)
		b := &asm{}
		if s.locals > 0 {
			b.u(1).u(s.locals).op(0x7f)
		} else {
			b.u(0)
		}
		b.Write(s.code.Bytes())
		b.op(0x0b)
		a.u(b.Len()).Write(b.Bytes())
		for _, m := range s.more {
			a.u(m.Len() + 2).op(0).Write(m.Bytes())
			a.op(0x0b)
		}
		for range s.count {
			a.op(2, 0, 0x0b)
		}
	})
	return out.Bytes()
}

func code() *asm { return &asm{} }

// bombs are the families.
var bombs = []struct {
	name string
	make func(n int) []byte
}{
	{"values alive at once, loaded", func(n int) []byte { // each load is an address the compiler remembers
		a := code().i32(0)
		a.times(n/6, func(int) { a.op(0x41, 0, 0x28, 2, 0) }).times(n/6, func(int) { a.op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
	{"values alive at once across calls", func(n int) []byte {
		a := code()
		a.times(n/7, func(int) { a.op(0x10, 1, 0x41, 0, 0x28, 2, 0) }).times(n/7, func(int) { a.op(0x1a) })
		return shape{code: a, count: 1}.bytes()
	}},
	{"values alive at once across ifs", func(n int) []byte {
		a := code()
		k := n / 12
		a.times(k, func(int) { a.get(0).op(0x67) }). // clz: no constant
								times(k, func(int) { a.get(0).op(0x04, 0x40, 0x0b) }).times(k-1, func(int) { a.op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
	{"locals alive across ifs", func(n int) []byte {
		a := code()
		k := n / 16
		a.times(k, func(i int) { a.get(0).op(0x67).set(i + 1) }).
			times(k, func(int) { a.get(0).op(0x04, 0x40, 0x0b) }).i32(0).times(k, func(i int) { a.get(i + 1).op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"locals set in ifs", func(n int) []byte { // a parameter of the block behind each
		a := code()
		k := n / 40
		a.times(4*k, func(i int) { a.get(0).op(0x04, 0x40).get(0).op(0x67).set(1 + i%k).op(0x0b) }).
			i32(0).times(k, func(i int) { a.get(i + 1).op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"all locals set in every if", func(n int) []byte {
		a := code()
		k := 100
		a.times(n/k/5, func(i int) {
			a.get(0).op(0x04, 0x40)
			a.times(k, func(j int) { a.get(0).op(0x67).set(1 + j) })
			a.op(0x0b)
		}).i32(0).times(k, func(i int) { a.get(i + 1).op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"locals around nested loops", func(n int) []byte {
		a := code()
		k, depth := n/10, min(200, n/100)
		a.times(k, func(i int) { a.get(0).set(i + 1) }).times(depth, func(int) { a.op(0x03, 0x40) }).
			times(k, func(i int) { a.get(i + 1).op(0x67).set(i + 1) }).
			times(depth, func(int) { a.get(0).op(0x0d, 0, 0x0b) }).i32(0).times(k, func(i int) { a.get(i + 1).op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"locals across one loop of many blocks", func(n int) []byte {
		a := code()
		k := n / 16
		a.times(k, func(i int) { a.get(0).op(0x67).set(i + 1) }).op(0x03, 0x40).
			times(k, func(int) { a.get(0).op(0x04, 0x40, 0x0b) }).times(k, func(i int) { a.get(i + 1).op(0x67).set(i + 1) }).
			get(0).op(0x0d, 0, 0x0b)
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"gets far from sets", func(n int) []byte { // each get walks back block by block
		a := code()
		k := n / 8
		a.op(0x02, 0x40).times(k, func(int) { a.get(0).op(0x0d, 0) }).times(k, func(int) { a.get(1).sink() }).op(0x0b)
		return shape{types: [][2]int{{1, 0}}, locals: 1, code: a}.bytes()
	}},
	{"gets of many locals far from sets", func(n int) []byte {
		a := code()
		k := n / 12
		a.op(0x02, 0x40).times(k, func(int) { a.get(0).op(0x0d, 0) }).times(k, func(i int) { a.get(1 + i).op(0x1a) }).op(0x0b)
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"blocks that end at each branch of a chain", func(n int) []byte {
		a := code()
		k := min(n/16, 9000)
		a.times(k, func(int) { a.op(0x02, 0x40) }).times(k, func(i int) { a.get(0).op(0x0d).u(i) }).
			times(k, func(i int) { a.op(0x0b).get(1 + i%50).op(0x1a) })
		return shape{types: [][2]int{{1, 0}}, locals: 50, code: a}.bytes()
	}},
	{"branches out of nested blocks", func(n int) []byte {
		a := code()
		a.times(n/5, func(int) { a.op(0x02, 0x40).get(0).op(0x0d, 0, 0x0b) })
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
	{"addresses remembered across blocks", func(n int) []byte {
		a := code()
		k := n / 20
		a.times(k, func(i int) { a.get(0).op(0x67).op(0x22).u(1+i).op(0x28, 2, 0, 0x1a) })
		a.op(0x02, 0x40).times(k, func(int) { a.get(0).op(0x0d, 0) }).op(0x0b)
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"addresses of many ends", func(n int) []byte { // a block with many predecessors, each of which knows others
		a := code()
		k := n / 28
		a.op(0x02, 0x40).times(k, func(int) {
			a.get(0).op(0x04, 0x40).get(0).op(0x67, 0x28, 2, 0, 0x1a).get(0).op(0x68, 0x28, 2, 0, 0x1a, 0x0c, 1, 0x0b)
		}).op(0x0b)
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
	{"labels of br_table with locals", func(n int) []byte {
		a := code()
		k := n / 10
		l := min(n/4, 60_000)
		a.times(k, func(i int) { a.get(0).op(0x67).set(i + 1) }).op(0x02, 0x40).get(0).op(0x0e).u(l).
			times(l+1, func(int) { a.op(0) }).op(0x0b).i32(0).times(k, func(i int) { a.get(i + 1).op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"labels of br_table with values", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		l := min(n/2, 60_000)
		a.times(n/l/1, func(int) {
			a.op(0x02, 1).times(v, func(int) { a.op(0x41, 0) }).get(0).op(0x0e).u(l).times(l+1, func(int) { a.op(0) }).op(0x0b).
				times(v-1, func(int) { a.op(0x6a) }).sink()
		})
		return shape{types: [][2]int{{1, 0}, {0, v}}, code: a}.bytes()
	}},
	{"branches with many values", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		a.op(0x02, 1).times(v, func(int) { a.get(0) }).times(n/4, func(int) { a.get(0).op(0x0d, 0) }).op(0x0b).
			times(v-1, func(int) { a.op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}, {0, v}}, code: a}.bytes()
	}},
	{"blocks with many parameters", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		a.times(v, func(int) { a.get(0) }).times(n/4, func(int) { a.op(0x02, 1, 0x0b) }).
			times(v-1, func(int) { a.op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}, {v, v}}, code: a}.bytes()
	}},
	{"loops with many parameters", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		a.times(v, func(int) { a.get(0) }).times(n/4, func(int) { a.op(0x03, 1, 0x0b) }).
			times(v-1, func(int) { a.op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}, {v, v}}, code: a}.bytes()
	}},
	{"calls with many parameters and results", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		a.times(v, func(int) { a.get(0) }).times(n/2, func(int) { a.op(0x10, 1) }).
			times(v-1, func(int) { a.op(0x6a) }).sink()
		b := code().op(0x00)
		return shape{types: [][2]int{{1, 0}, {v, v}}, code: a, more: []*asm{b}, moreTyp: 1}.bytes()
	}},
	{"calls with many results", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		a.op(0x02, 0x40).times(n/2, func(int) { a.op(0x10, 1) }).op(0x0c, 0, 0x0b)
		b := code().op(0x00)
		return shape{types: [][2]int{{1, 0}, {0, v}}, code: a, more: []*asm{b}, moreTyp: 1}.bytes()
	}},
	{"returns of many results", func(n int) []byte {
		a, v := code(), min(1000, n/20)
		a.times(v, func(int) { a.get(0) }).times(n/4, func(int) { a.get(0).op(0x0d, 0) })
		return shape{types: [][2]int{{1, v}}, code: a}.bytes()
	}},
	{"calls times mutable globals", func(n int) []byte {
		a := code()
		a.times(n/4, func(int) { a.op(0x10, 1) })
		return shape{globals: n / 10, code: a, count: 1}.bytes()
	}},
	{"calls times imports", func(n int) []byte {
		a := code()
		k := n / 10
		a.times(k, func(int) { a.op(0x10).u(k - 1) })
		return shape{imports: k, code: a}.bytes()
	}},
	{"functions times globals", func(n int) []byte {
		return shape{globals: n / 10, code: code(), count: n / 8}.bytes()
	}},
	{"functions times types", func(n int) []byte {
		s := shape{code: code(), count: n / 8}
		for i := range min(n/8, 90_000) {
			s.types = append(s.types, [2]int{i % 7, i / 7 % 3})
		}
		return s.bytes()
	}},
	{"functions times the largest", func(n int) []byte {
		a := code()
		a.op(0x02, 0x40).times(n/8, func(int) { a.get(0).op(0x0d, 0) }).op(0x0b)
		s := shape{types: [][2]int{{1, 0}}, code: a, count: n / 8}
		return s.bytes()
	}},
	{"branches out of nested try_tables", func(n int) []byte {
		a := code()
		k := min(n/8, 5000)
		a.op(0x02, 0x40).times(k, func(i int) { a.op(0x1f, 0x40, 1, 2).u(i) }).
			times(n/4, func(int) { a.get(0).op(0x0d).u(k) }).times(k, func(int) { a.op(0x0b) }).op(0x0b)
		return shape{types: [][2]int{{1, 0}}, tags: 1, code: a}.bytes()
	}},
	{"catch clauses", func(n int) []byte {
		a := code()
		k := n / 6
		a.op(0x02, 0x40).times(3, func(i int) {
			a.op(0x1f, 0x40).u(k).times(k, func(int) { a.op(2, 0) })
			a.op(0x0b)
		}).op(0x0b)
		return shape{code: a}.bytes()
	}},
	{"locals set in a loop of branches", func(n int) []byte { // a parameter at every loop for each
		a := code()
		k := n / 60
		a.times(k, func(i int) { a.op(0x03, 0x40).get(1+i).op(0x67).set(1+i).get(0).op(0x0d, 0, 0x0b) }).
			times(k, func(i int) { a.op(0x03, 0x40).get(1+i).op(0x67).set(1+i).get(0).op(0x0d, 0, 0x0b) }).
			i32(0).times(k, func(i int) { a.get(i + 1).op(0x6a) }).sink()
		return shape{types: [][2]int{{1, 0}}, locals: k, code: a}.bytes()
	}},
	{"one loop around, branches to its head", func(n int) []byte {
		a := code()
		k := n / 16
		a.op(0x03, 0x40).times(k, func(i int) { a.get(1+i%200).op(0x67).set(1+i%200).get(0).op(0x0d, 0) }).op(0x0b)
		return shape{types: [][2]int{{1, 0}}, locals: 200, code: a}.bytes()
	}},
	{"straight line", func(n int) []byte {
		a := code().get(0)
		a.times(n, func(int) { a.op(0x67) }).op(0x1a)
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
	{"straight line of stores", func(n int) []byte {
		a := code()
		a.times(n/7, func(int) { a.get(0).get(0).op(0x36, 2, 4) })
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
	{"calls by a table", func(n int) []byte {
		a := code()
		a.times(n/5, func(int) { a.op(0x41, 0, 0x11, 0, 0) })
		return shape{table: true, code: a}.bytes()
	}},
	{"many small functions", func(n int) []byte {
		return shape{code: code(), count: n / 4}.bytes()
	}},
	{"many vectors", func(n int) []byte {
		a := code()
		k := n / 6
		a.times(k, func(int) { a.get(0).op(0xfd, 0x11) }).times(k-1, func(int) { a.op(0xfd, 0xae, 1) }).op(0x1a)
		return shape{types: [][2]int{{1, 0}}, code: a}.bytes()
	}},
}
