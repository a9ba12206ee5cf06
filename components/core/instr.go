package core

// inst is one instruction. Which fields are set follows from its immKind.
type inst struct {
	op         Opcode
	class      opClass
	info       *opInfo
	start, end int // where it is in the reader's bytes
	a, b       uint32
	v          uint64
	ref        ValType
	block      blockType
}

// blockType is the type of a block: of the function type at index, or without parameters and with the
// result val, or with none if val is unknown.
type blockType struct {
	index   uint32
	indexed bool
	val     ValType
}

// catchKind is the kind of a catch clause of try_table.
type catchKind byte

const (
	catchTag    catchKind = iota // catch
	catchTagRef                  // catch_ref
	catchAll                     // catch_all
	catchAllRef                  // catch_all_ref
)

func (k catchKind) hasTag() bool { return k <= catchTagRef }
func (k catchKind) hasRef() bool { return k == catchTagRef || k == catchAllRef }

type catchClause struct {
	kind  catchKind
	tag   uint32
	label uint32
}

// instReader reads instructions one after the other. It is reused from body to body.
type instReader struct {
	reader
	in          inst
	labels      []uint32      // of the last br_table; the default label is the last
	types       []ValType     // of the last select with types
	catches     []catchClause // of the last try_table
	brTableSize int
}

func (r *instReader) reset(b []byte, base int, limits Limits) {
	r.reader = reader{b: b, base: base}
	r.brTableSize = limits.BrTableSize
}

// next reads one instruction into r.in. It returns false at a fault (r.err), the end of the bytes
// included: callers stop at the end instruction that closes what they read.
func (r *instReader) next() bool {
	in := &r.in
	in.start, r.long = r.pos, false
	if r.pos >= len(r.b) {
		r.fail("unexpected end of section or function")
		return false
	}
	op := Opcode(r.b[r.pos])
	r.pos++
	info := &plainOps[op]
	if info.class <= classPrefix {
		if op, info = r.rareOpcode(op, info); info == nil {
			return false
		}
	}
	in.op, in.info, in.class = op, info, info.class
	switch info.imm {
	case immNone:
	case immIndex:
		in.a = r.u32()
	case immMemArg:
		r.memArg()
	case immI32:
		in.v = uint64(uint32(r.s32()))
	default:
		r.rareImmediate(info)
	}
	in.end = r.pos
	return r.err == nil
}

// rareOpcode reads the rest of an opcode after a prefix, and refuses the unknown and the unsupported.
func (r *instReader) rareOpcode(op Opcode, info *opInfo) (Opcode, *opInfo) {
	start := r.pos - 1
	if info.class == classPrefix {
		n := r.u32()
		if r.err != nil {
			return 0, nil
		}
		if op == 0xfd && n >= 0x100 && n <= 0x12f {
			r.failAt(start, "%s", unsupported("relaxed vectors (a relaxed-simd instruction)"))
			return 0, nil
		}
		info = &unknownOp
		if n <= 0xff {
			switch op {
			case 0xfc:
				op = opMisc + Opcode(n)
			case 0xfd:
				op = opVector + Opcode(n)
			default:
				op = opAtomic + Opcode(n)
			}
			info = infoOf(op)
		}
	}
	switch info.class {
	case classUnknown:
		r.failAt(start, "illegal opcode % x", r.b[start:r.pos])
		return 0, nil
	case classUnsupported:
		r.failAt(start, "%s", unsupported(info.feature))
		return 0, nil
	}
	return op, info
}

func (r *instReader) memArg() {
	start := r.pos
	in := &r.in
	in.a = r.u32()
	if in.a >= 32 && r.err == nil {
		if in.a < 128 && in.a&0x40 != 0 {
			r.failAt(start, "%s", unsupported("multi-memory (an access that names its memory)"))
			return
		}
		r.failAt(start, "malformed memop flags %#x", in.a)
		return
	}
	in.v = uint64(r.u32())
}

func (r *instReader) rareImmediate(info *opInfo) {
	in := &r.in
	switch info.imm {
	case immIndex2:
		in.a, in.b = r.u32(), r.u32()
	case immMemory:
		r.memoryIndex()
	case immMemory2:
		r.memoryIndex()
		r.memoryIndex()
	case immDataMemory:
		in.a = r.u32()
		r.memoryIndex()
	case immMemArgLane:
		r.memArg()
		r.lane(info)
	case immLane:
		r.lane(info)
	case immShuffle:
		r.shuffle()
	case immV128:
		r.bytes(16)
	case immI64:
		in.v = uint64(r.s64())
	case immF32:
		r.bytes(4)
	case immF64:
		r.bytes(8)
	case immHeapType:
		in.ref = r.heapType(true)
	case immTypes:
		r.valTypeList()
	case immFence:
		if pos := r.pos; r.byte() != 0 {
			r.failAt(pos, "zero byte expected")
		}
	case immBlock:
		in.block = r.blockType()
	case immBrTable:
		r.brTable()
	case immTryTable:
		in.block = r.blockType()
		r.catchClauses()
	}
}

func (r *instReader) memoryIndex() {
	start := r.pos
	if r.u32() != 0 {
		r.failAt(start, "%s", unsupported("multi-memory (an instruction on another memory)"))
	}
}

func (r *instReader) lane(info *opInfo) {
	start := r.pos
	r.in.b = uint32(r.byte())
	if r.in.b >= uint32(info.lanes) {
		r.failAt(start, "invalid lane index %d of %s", r.in.b, info.name)
	}
}

func (r *instReader) shuffle() {
	start := r.pos
	for i, lane := range r.bytes(16) {
		if lane >= 32 {
			r.failAt(start+i, "invalid lane index %d of i8x16.shuffle", lane)
			return
		}
	}
}

func (r *instReader) valTypeList() {
	n := r.count("types", 1_000)
	r.types = r.types[:0]
	for i := 0; i < n && r.err == nil; i++ {
		r.types = append(r.types, r.valType())
	}
}

// blockType reads the type of a block: a 33-bit signed number is a type index, or one byte is a value
// type or 0x40 for none.
func (r *instReader) blockType() blockType {
	start := r.pos
	if r.pos < len(r.b) {
		if c := r.b[r.pos]; c == 0x40 {
			r.pos++
			return blockType{}
		} else if c < 0x80 && c&0x40 != 0 {
			return blockType{val: r.valType()}
		}
	}
	i := r.s33()
	if r.err == nil && i < 0 {
		r.failAt(start, "malformed block type %d", i)
		return blockType{}
	}
	return blockType{index: uint32(i), indexed: true}
}

func (r *instReader) brTable() {
	n := r.count("labels of br_table", r.brTableSize)
	r.labels = r.labels[:0]
	for i := 0; i <= n && r.err == nil; i++ {
		r.labels = append(r.labels, r.u32())
	}
}

func (r *instReader) catchClauses() {
	n := r.count("catch clauses", r.brTableSize)
	r.catches = r.catches[:0]
	for i := 0; i < n && r.err == nil; i++ {
		start := r.pos
		c := catchClause{kind: catchKind(r.byte())}
		if c.kind > catchAllRef {
			r.failAt(start, "malformed catch clause %#x", byte(c.kind))
			return
		}
		if c.kind.hasTag() {
			c.tag = r.u32()
		}
		c.label = r.u32()
		r.catches = append(r.catches, c)
	}
}

// canonical appends the instruction that was read, with every integer as short as it can be.
func (r *instReader) canonical(b []byte) []byte {
	in := &r.in
	b = appendOpcode(b, in.op)
	switch in.info.imm {
	case immNone:
	case immIndex:
		b = appendU32(b, in.a)
	case immIndex2:
		b = appendU32(appendU32(b, in.a), in.b)
	case immMemory:
		b = append(b, 0)
	case immMemory2:
		b = append(b, 0, 0)
	case immDataMemory:
		b = append(appendU32(b, in.a), 0)
	case immMemArg:
		b = appendU32(appendU32(b, in.a), uint32(in.v))
	case immMemArgLane:
		b = append(appendU32(appendU32(b, in.a), uint32(in.v)), byte(in.b))
	case immI32:
		b = appendS64(b, int64(int32(in.v)))
	case immI64:
		b = appendS64(b, int64(in.v))
	case immHeapType:
		b = appendHeapType(b, in.ref)
	case immTypes:
		b = appendValTypes(b, r.types)
	case immBlock:
		b = appendBlockType(b, in.block)
	case immBrTable:
		b = appendLabels(b, r.labels)
	case immTryTable:
		b = appendCatches(appendBlockType(b, in.block), r.catches)
	default: // bytes of a number that is fixed: only the opcode can be long
		n := map[immKind]int{immLane: 1, immShuffle: 16, immV128: 16, immF32: 4, immF64: 8, immFence: 1}[in.info.imm]
		b = append(b, r.b[in.end-n:in.end]...)
	}
	return b
}

// appendLabels appends the labels of br_table, of which the last is the default.
func appendLabels(b []byte, labels []uint32) []byte {
	b = appendU32(b, uint32(len(labels)-1))
	for _, l := range labels {
		b = appendU32(b, l)
	}
	return b
}

func appendCatches(b []byte, catches []catchClause) []byte {
	b = appendU32(b, uint32(len(catches)))
	for _, c := range catches {
		b = append(b, byte(c.kind))
		if c.kind.hasTag() {
			b = appendU32(b, c.tag)
		}
		b = appendU32(b, c.label)
	}
	return b
}
