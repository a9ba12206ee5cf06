package host

import "github.com/sidecall/sidecall/components/canon"

// table is the specification's Table of one component instance. Its elements are
// resource handles (ResourceHandle); what async adds will be other kinds of them.
type table struct {
	// array[0] is not used.
	array []handle
	// free are the indices to use again, the last one first.
	free []uint32
	// max is the quota of handles.
	max int
}

// handle is a ResourceHandle, or free.
type handle struct {
	used bool
	own  bool
	rep  uint32
	// lends is num_lends.
	lends uint32
	// rt is the index of the resource type.
	rt int32
	// scope is the borrow_scope of a borrowed handle.
	scope *scope
}

// add is Table.add. The error is a TrapCode.
func (t *table) add(h handle) (uint32, error) {
	h.used = true
	if n := len(t.free); n > 0 {
		i := t.free[n-1]
		t.free = t.free[:n-1]
		t.array[i] = h
		return i, nil
	}
	if len(t.array) == 0 {
		t.array = append(t.array, handle{})
	}
	i := len(t.array)
	if i > canon.MaxTableLength || i > t.max {
		return 0, canon.TrapTooManyHandles
	}
	t.array = append(t.array, h)
	return uint32(i), nil
}

// get is Table.get of a handle to a resource of type rt. The pointer is valid
// until the next add. The error is a TrapCode.
func (t *table) get(i uint32, rt int) (*handle, error) {
	if uint64(i) >= uint64(len(t.array)) || !t.array[i].used {
		return nil, canon.TrapUnknownHandle
	}
	h := &t.array[i]
	if int(h.rt) != rt {
		return nil, canon.TrapHandleType
	}
	return h, nil
}

// remove is Table.remove of a handle to a resource of type rt that is not lent.
// The error is a TrapCode.
func (t *table) remove(i uint32, rt int) (handle, error) {
	h, err := t.get(i, rt)
	if err != nil {
		return handle{}, err
	}
	if h.lends != 0 {
		return handle{}, canon.TrapHandleLent
	}
	was := *h
	*h = handle{}
	t.free = append(t.free, i)
	return was, nil
}

// scope is one call that lends handles: the callee's Task, which counts what it
// borrows, and the caller's Subtask, which lists what it lends.
type scope struct {
	// borrows is num_borrows.
	borrows int
	lenders []lender
}

// lender is a handle that is lent: one in a table, which stays where it is as long
// as it is lent, or one that Go code holds.
type lender struct {
	table *table
	index uint32
	owned *ownership
	// object is one of the host's that has a number only during the call.
	object   uint32
	isObject bool
}

// openScope opens the scope of a call.
func (t *task) openScope() {
	n := len(t.scopes)
	if n == cap(t.scopes) {
		t.scopes = append(t.scopes, &scope{})
		return
	}
	t.scopes = t.scopes[:n+1]
	if t.scopes[n] == nil {
		t.scopes[n] = &scope{}
	}
	// A scope that a trap left open may have been in use.
	t.scopes[n].borrows, t.scopes[n].lenders = 0, t.scopes[n].lenders[:0]
}

// scope is that of the innermost call that has one.
func (t *task) scope() *scope { return t.scopes[len(t.scopes)-1] }

// closeScope gives back what the caller lent (deliver_resolve).
func (t *task) closeScope() {
	s := t.scope()
	for _, l := range s.lenders {
		switch {
		case l.table != nil:
			l.table.array[l.index].lends--
		case l.owned != nil:
			l.owned.lends.Add(-1)
		case l.isObject:
			t.inst.objects.remove(l.object)
		}
	}
	s.lenders = s.lenders[:0]
	t.scopes = t.scopes[:len(t.scopes)-1]
}
