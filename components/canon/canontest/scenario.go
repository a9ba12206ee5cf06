package canontest

import (
	"fmt"
	"slices"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Scenario is one call, ready to be made: two instances with memories that hold
// the arguments and the result, and core functions which pass them on. Arguments
// or result may be damaged.
type Scenario struct {
	World   *World
	Type    *wit.FuncType
	Options [2]canon.Options
	// Args are the caller's flat arguments, and ArgValues what they mean if nothing
	// is damaged. Result likewise is the callee's.
	Args      []uint64
	ArgValues []*V
	Result    []uint64
	// Seen are the flat arguments that the callee got, lifted when it got them.
	Seen      []uint64
	SeenMem   []byte
	Posted    []uint64
	Undamaged bool
	// HostSeen are the values that the host's function got, where the callee is the
	// host; it returns HostResult.
	HostSeen   []*V
	HostResult *V
}

// MemorySize is the size in bytes of a scenario's memories.
const MemorySize = 1 << 17

// NewScenario makes the scenario of a seed. The memories are those of caller and
// callee, of MemorySize bytes.
func NewScenario(seed uint64, memories [2]func() []byte) *Scenario {
	g := NewGen(seed)
	s := &Scenario{Type: g.FuncType(), Undamaged: g.IntN(3) != 0}
	w := &World{Defines: map[*wit.Resource]*Instance{}}
	s.World = w
	for i, side := range []canon.Side{canon.Caller, canon.Callee} {
		mem := memories[i]()
		for j := range mem { // padding that crosses from one to the other shall show
			mem[j] = byte(0xc1 + 0x21*i)
		}
		enc := canon.UTF8
		if g.IntN(2) == 0 {
			enc = canon.Encoding(g.IntN(3))
		}
		w.Sides[i] = NewInstance(side.String(), enc, memories[i])
		s.Options[i] = canon.Options{Encoding: enc, Memory: true, Realloc: true}
	}
	caller, callee := &Context{w.Sides[0], w}, &Context{w.Sides[1], w}
	w.Entering = []*Instance{callee.Instance}
	w.Defines[g.Resources[0]] = callee.Instance

	var owned []*wit.Type
	for _, p := range s.Type.Params {
		s.ArgValues = append(s.ArgValues, g.Value(p.Type))
		owned = append(owned, owning(p.Type))
	}
	s.Args = prepare(caller, canon.MaxFlatParams, s.ArgValues, owned)
	if t := s.Type.Result; t != nil {
		s.Result = prepare(callee, canon.MaxFlatResults, []*V{g.Value(t)}, []*wit.Type{t})
		if len(flattenType(t)) > canon.MaxFlatResults {
			ptr := caller.reallocate(0, 0, alignment(t), elemSize(t))
			s.Args = append(s.Args, uint64(ptr))
		}
	}
	if !s.Undamaged {
		for range 1 + g.IntN(2) {
			s.damage(g)
		}
	}
	keepBorrow := g.IntN(30) == 0
	w.Target = func(args []uint64) ([]uint64, error) {
		if !callee.MayLeave || callee.MayEnter {
			return nil, &GuestError{"the callee was called in a wrong state"}
		}
		s.Seen, s.SeenMem = slices.Clone(args), slices.Clone(callee.Memory())
		for i, h := range callee.Handles {
			if h != nil && !h.Own && !keepBorrow {
				if err := w.Drop(callee.Instance, uint32(i), h.Resource); err != nil {
					return nil, err
				}
			}
		}
		return s.Result, nil
	}
	if g.IntN(2) == 0 {
		s.Options[canon.Callee].PostReturn = true
		w.PostReturn = func(results []uint64) error {
			if callee.MayLeave || callee.MayEnter {
				return &GuestError{"post-return was called in a wrong state"}
			}
			s.Posted = slices.Clone(results)
			return nil
		}
	}
	if s.Type.Result != nil {
		s.HostResult = g.Value(s.Type.Result)
	}
	w.Host = func(args []*V) (*V, error) {
		s.HostSeen = args
		return s.HostResult, nil
	}
	caller.Log, callee.Log = nil, nil
	return s
}

// prepare lowers values into an instance before the call.
func prepare(cx *Context, maxFlat int, vs []*V, ts []*wit.Type) []uint64 {
	cx.MayLeave = false
	defer func() { cx.MayLeave = true }()
	cx.reallocate(0, 0, 1, 8)
	return cx.LowerFlatValues(maxFlat, vs, ts, nil)
}

// Prepare lowers values into an instance, as they are before a call. wide asks for
// strings of latin1+utf16 to be UTF-16 even if they need not be.
func (cx *Context) Prepare(vs []*V, ts []*wit.Type, wide bool) []uint64 {
	for _, v := range vs {
		if wide && v.Kind == wit.String {
			return cx.wideString(v)
		}
	}
	return prepare(cx, canon.MaxFlatParams, vs, ts)
}

func (cx *Context) wideString(v *V) []uint64 {
	cx.MayLeave = false
	defer func() { cx.MayLeave = true }()
	b := encode(v.Text, "utf16")
	ptr := cx.reallocate(0, 0, 2, uint32(len(b)))
	cx.put(ptr, b)
	return []uint64{uint64(ptr), uint64(len(b)/2) | 1<<31}
}

// owning is t with own in place of borrow: who lends something has it.
func owning(t *wit.Type) *wit.Type {
	if t == nil || !t.Metrics().HasBorrow {
		return t
	}
	switch t.Kind {
	case wit.Borrow:
		return wit.NewOwn(t.Resource)
	case wit.Record:
		fields := slices.Clone(t.Fields)
		for i := range fields {
			fields[i].Type = owning(fields[i].Type)
		}
		return wit.NewRecord(fields...)
	case wit.Tuple:
		ts := fieldsOf(t)
		for i := range ts {
			ts[i] = owning(ts[i])
		}
		return wit.NewTuple(ts...)
	case wit.List:
		return wit.NewList(owning(t.Elem))
	case wit.FixedList:
		return wit.NewFixedList(owning(t.Elem), t.Len)
	case wit.Map:
		return wit.NewMap(t.Key, owning(t.Elem))
	}
	cases := slices.Clone(t.Cases)
	for i := range cases {
		cases[i].Type = owning(cases[i].Type)
	}
	return wit.NewVariant(cases...)
}

// damage changes something that a careless or hostile component could.
func (s *Scenario) damage(g *Gen) {
	side := canon.Side(g.IntN(2))
	flat := s.Args
	if side == canon.Callee {
		flat = s.Result
	}
	in := s.World.Sides[side]
	switch g.IntN(8) {
	case 0:
		in.MayLeave = side != canon.Caller
	case 1:
		s.World.Sides[canon.Callee].MayEnter = false
	case 2, 3, 4:
		if len(flat) > 0 {
			i := g.IntN(len(flat))
			flat[i] = g.damaged(flat[i])
		}
	default:
		used := uint32(8)
		for _, l := range in.Log {
			used = max(used, l[4]+l[3])
		}
		mem := in.Memory()[:used]
		i := g.IntN(len(mem))
		mem[i] = byte(g.damaged(uint64(mem[i])))
	}
}

func (g *Gen) damaged(x uint64) uint64 {
	switch g.IntN(4) {
	case 0:
		return x ^ 1<<g.IntN(32)
	case 1:
		return uint64(uint32(x) + 1)
	case 2:
		return uint64(g.Uint32())
	}
	return []uint64{0, MemorySize - 1, MemorySize, 0x7fffffff, 0x80000000, 0xffffffff}[g.IntN(6)]
}

// Outcome is what a call did, as far as anybody can tell.
type Outcome struct {
	Err     error
	Results []uint64
	Value   *V
	// Args are the values that the callee got, lifted from Seen.
	Args []*V
	// Garbled is set if the caller cannot read the result, because it gave a
	// damaged place for it.
	Garbled error
}

// Finish makes the Outcome of a call between the two components.
func (s *Scenario) Finish(results []uint64, err error) (*Outcome, error) {
	o := &Outcome{Err: err, Results: results}
	if err == nil {
		err = s.lifted(o, s.seen, s.returned)
	}
	return o, ignoreTrap(o, err)
}

// FinishExport makes the Outcome of a call of the callee by the host.
func (s *Scenario) FinishExport(v *V, err error) (*Outcome, error) {
	o := &Outcome{Err: err, Value: v}
	if err == nil {
		err = s.lifted(o, s.seen)
	}
	return o, ignoreTrap(o, err)
}

// FinishImport makes the Outcome of a call of the host by the caller.
func (s *Scenario) FinishImport(results []uint64, err error) (*Outcome, error) {
	o := &Outcome{Err: err, Results: results, Args: s.HostSeen}
	if err == nil {
		err = s.lifted(o, s.returned)
	}
	return o, ignoreTrap(o, err)
}

func ignoreTrap(o *Outcome, err error) error {
	if o.Err != nil {
		return nil
	}
	return err
}

func (s *Scenario) lifted(o *Outcome, lifts ...func(*Outcome) error) error {
	for _, lift := range lifts {
		if err := lift(o); err != nil {
			return err
		}
	}
	return nil
}

// seen lifts what the callee got. Handles were checked when they were lowered;
// their indices are compared as part of the tables, so here they count as numbers.
func (s *Scenario) seen(o *Outcome) error {
	in := *s.World.Sides[canon.Callee]
	in.Memory = func() []byte { return s.SeenMem }
	err := Try(func() {
		o.Args = (&Context{&in, s.World}).LiftFlatValues(canon.MaxFlatParams, Values(s.Seen), paramTypes(numbered(s.Type)))
	})
	if err != nil {
		return fmt.Errorf("the callee's arguments: %w", err)
	}
	return nil
}

// returned lifts what the caller got.
func (s *Scenario) returned(o *Outcome) error {
	t := number(s.Type.Result)
	if t == nil {
		return nil
	}
	results := o.Results
	if len(flattenType(t)) > canon.MaxFlatResults {
		results = []uint64{uint64(uint32(s.Args[len(s.Args)-1]))}
	}
	o.Garbled = Try(func() {
		o.Value = (&Context{s.World.Sides[canon.Caller], s.World}).LiftFlatValues(canon.MaxFlatResults, Values(results), []*wit.Type{t})[0]
	})
	if o.Garbled != nil && s.Undamaged {
		return fmt.Errorf("the caller's result: %w", o.Garbled)
	}
	return nil
}

// numbered is a function type with u32 in place of handles.
func numbered(ft *wit.FuncType) *wit.FuncType {
	n := &wit.FuncType{Result: number(ft.Result)}
	for _, p := range ft.Params {
		n.Params = append(n.Params, wit.Field{Name: p.Name, Type: number(p.Type)})
	}
	return n
}

func number(t *wit.Type) *wit.Type {
	if t == nil || !t.Metrics().HasResource {
		return t
	}
	u := *t
	switch {
	case t.Kind == wit.Own || t.Kind == wit.Borrow:
		return wit.Primitive(wit.U32)
	case t.Kind == wit.Map:
		u.Key = number(t.Key)
	}
	u.Elem = number(t.Elem)
	u.Fields = slices.Clone(t.Fields)
	for i := range u.Fields {
		u.Fields[i].Type = number(u.Fields[i].Type)
	}
	u.Cases = slices.Clone(t.Cases)
	for i := range u.Cases {
		u.Cases[i].Type = number(u.Cases[i].Type)
	}
	return &u
}
