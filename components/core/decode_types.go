package core

import "fmt"

func (d *decoder) typeSection() {
	n := d.count("types", d.m.limits.Types)
	for i := 0; i < n && d.err == nil; i++ {
		start := d.pos
		t := d.funcType()
		if d.err != nil {
			return
		}
		if _, ok := d.m.Types.Add(t); !ok {
			d.failAt(start, "%s", forwardFault(t, i))
		}
	}
}

// forwardFault is what is wrong with a type that refers to a type that is not before it.
func forwardFault(t FuncType, self int) string {
	for _, list := range [2][]ValType{t.Params, t.Results} {
		for _, v := range list {
			if i, defined := v.TypeIndex(); defined && int(i) > self {
				return fmt.Sprintf("unknown type: type %d refers to type %d, which is not before it", self, i)
			}
		}
	}
	return unsupported("garbage collection (a type that refers to itself)")
}

// funcType reads a function type; other composite types are refused by the name of their proposal.
func (d *decoder) funcType() FuncType {
	start := d.pos
	switch form := d.byte(); {
	case d.err != nil:
		return FuncType{}
	case form == 0x60:
	case form == 0x5f || form == 0x5e || form == 0x50 || form == 0x4f || form == 0x4e:
		d.failAt(start, "%s", unsupported("garbage collection (a struct, array, subtype or recursive type)"))
	case form == 0x5d:
		d.failAt(start, "%s", unsupported("stack switching (a continuation type)"))
	case form == 0x65:
		d.failAt(start, "%s", unsupported("sharing of everything (a shared type)"))
	default:
		d.failAt(start, "malformed type form %#x", form)
	}
	return FuncType{
		Params:  d.valTypes("parameters", d.m.limits.Params),
		Results: d.valTypes("results", d.m.limits.Results),
	}
}

func (d *decoder) valTypes(what string, limit int) []ValType {
	n := d.count(what, limit)
	if n == 0 {
		return nil
	}
	types := make([]ValType, n) // n is bounded by the bytes left and by limit
	for i := range types {
		types[i] = d.valType()
	}
	return types
}

// valType reads a value type. A defined type that it refers to is not looked up: it may be the type that
// is being read.
func (r *reader) valType() ValType {
	start := r.pos
	switch c := r.byte(); c {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b:
		return ValType(c)
	case 0x64:
		return r.heapType(false)
	case 0x63:
		return r.heapType(true)
	default:
		if r.err != nil {
			return 0
		}
		if t, ok := abstractHeapType(c); ok {
			return t
		}
		r.failAt(start, "%s", valTypeFault(c))
		return 0
	}
}

// heapType reads what a reference refers to.
func (r *reader) heapType(nullable bool) ValType {
	start := r.pos
	h := r.s33()
	switch {
	case r.err != nil:
		return 0
	case h > int64(indexMask):
		r.failAt(start, "unknown type %d", h)
		return 0
	case h >= 0:
		return RefTo(uint32(h), nullable)
	case h < -64:
		r.failAt(start, "malformed heap type %d", h)
		return 0
	}
	t, ok := abstractHeapType(byte(h & 0x7f))
	if !ok {
		r.failAt(start, "%s", valTypeFault(byte(h&0x7f)))
		return 0
	}
	if !nullable {
		t = t.NonNull()
	}
	return t
}

func abstractHeapType(c byte) (ValType, bool) {
	t := refBit | nullBit | abstractBit | ValType(c)
	return t, t == FuncRef || t == ExternRef || t == ExnRef
}

func valTypeFault(c byte) string {
	switch {
	case c >= 0x6a && c <= 0x6e || c >= 0x71 && c <= 0x74:
		return unsupported(fmt.Sprintf("garbage collection (reference type %#x)", c))
	case c == 0x68 || c == 0x75:
		return unsupported("stack switching (a continuation reference)")
	case c == 0x77 || c == 0x78:
		return unsupported("garbage collection (a packed type)")
	case c == 0x65:
		return unsupported("sharing of everything (a shared type)")
	}
	return fmt.Sprintf("malformed value type %#x", c)
}

// refType reads a reference type.
func (r *reader) refType() ValType {
	start := r.pos
	t := r.valType()
	if r.err == nil && !t.IsRef() {
		r.failAt(start, "malformed reference type %s", t)
	}
	return t
}

// defined fails if v refers to a type that does not exist.
func (d *decoder) defined(v ValType, pos int) {
	if i, ok := v.TypeIndex(); ok && d.err == nil && int64(i) >= int64(d.m.Types.Len()) {
		d.failAt(pos, "unknown type %d", i)
	}
}

func (d *decoder) tableType() TableType {
	start := d.pos
	t := TableType{Elem: d.refType()}
	d.defined(t.Elem, start)
	t.space = d.spaceOf(t.Elem)
	flags := d.limitFlags("table")
	if flags&2 != 0 {
		d.fail("tables cannot be shared")
	}
	t.Range = d.sizes(flags)
	if int64(t.Min) > int64(d.m.limits.TableElements) {
		d.failAt(start, "table of %d elements is above the limit of %d", t.Min, d.m.limits.TableElements)
	}
	return t
}

func (d *decoder) memoryType() MemoryType {
	flags := d.limitFlags("memory")
	return MemoryType{Shared: flags&2 != 0, Range: d.sizes(flags)}
}

func (d *decoder) limitFlags(what string) byte {
	start := d.pos
	flags := d.byte()
	switch {
	case d.err != nil:
	case flags >= 16:
		d.failAt(start, "malformed limits flags %#x", flags)
	case flags&4 != 0:
		d.failAt(start, "%s", unsupported("memory64 (a 64-bit "+what+")"))
	case flags&8 != 0:
		d.failAt(start, "%s", unsupported("custom page sizes (a memory with its own page size)"))
	}
	return flags
}

func (d *decoder) sizes(flags byte) Range {
	r := Range{Min: d.u32()}
	if flags&1 != 0 {
		r.Max, r.HasMax = d.u32(), true
	}
	return r
}

func (d *decoder) globalType() GlobalType {
	start := d.pos
	t := GlobalType{Val: d.valType()}
	d.defined(t.Val, start)
	t.space = d.spaceOf(t.Val)
	pos := d.pos
	switch flag := d.byte(); {
	case d.err != nil:
	case flag == 0 || flag == 1:
		t.Mutable = flag == 1
	case flag == 2 || flag == 3:
		d.failAt(pos, "%s", unsupported("sharing of everything (a shared global)"))
	default:
		d.failAt(pos, "malformed mutability %#x", flag)
	}
	return t
}

// tagType reads a tag's attribute and type index.
func (d *decoder) tagType() uint32 {
	start := d.pos
	if attribute := d.byte(); d.err == nil && attribute != 0 {
		d.failAt(start, "malformed tag attribute %#x", attribute)
	}
	return d.typeIndex("tag")
}
