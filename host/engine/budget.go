package engine

import (
	"fmt"
	"math"
	"sync/atomic"

	"github.com/sidecall/sidecall/host/budget"
)

// Budget is what one component may make its host hold in one instance of a
// composition, in bytes: its linear memories, and beyond what is free its tables,
// stacks, and instances with their globals, all together. It is used by one goroutine
// at a time.
type Budget struct {
	// Owner is the component in messages, Max its limit, Change what sets that.
	Owner  string
	Max    uint64
	Change string
	// Parent is what the budgets of many instances are a part of.
	Parent *budget.Quota
	// Keep is how much of the parent a budget that has more than Much leaves to those that
	// have less.
	Keep, Much uint64
	// Took, if it is not nil, is told what was taken of the parent.
	Took func(bytes uint64)
	// Memory, if it is not nil, counts the linear memories of all budgets that share it.
	Memory *atomic.Int64

	// Refused, if it is not nil, is told why a linear memory or a table may not grow, and
	// Full is set then.
	Refused func(error)
	Full    bool

	// linear is taken by linear memories, other by the rest, and fixed is the part of
	// other that is given back only when the store is closed: tables, instances.
	linear, other, fixed uint64
}

// Free is how much besides linear memories does not count to a component's limit, so
// that memories can be as large as that says. It counts to the process's.
const Free = 1 << 20

// Used is how many bytes are taken now.
func (b *Budget) Used() uint64 { return b.linear + b.other }

// Linear is how many of them are linear memories.
func (b *Budget) Linear() uint64 { return b.linear }

// Take takes n bytes for something else than a linear memory; the error is a
// *budget.Error. Give gives them back.
func (b *Budget) Take(n uint64) error {
	if n > math.MaxInt64 || b.over(b.linear, n+b.other-min(n+b.other, Free)) {
		return b.refuse(n)
	}
	if err := b.takeShared(n); err != nil {
		return err
	}
	b.other += n
	return nil
}

// takeShared takes n bytes of the parent.
func (b *Budget) takeShared(n uint64) error {
	if b.Keep > 0 && b.Used()+n > b.Much && n <= math.MaxInt64 && b.Parent.Room(n+b.Keep) != nil {
		limit := b.Parent.Limit()
		return &budget.Error{Spec: budget.Spec{Owner: b.Owner, What: "memory while others need some", Limit: limit - min(limit, b.Keep)},
			Used: limit - b.Parent.Left(), Asked: n}
	}
	err := b.Parent.Take(n)
	if err == nil && b.Took != nil {
		b.Took(n)
	}
	return err
}

func (b *Budget) over(used, more uint64) bool { return more > b.Max-min(b.Max, used) && more > 0 }

// Give gives n bytes back.
func (b *Budget) Give(n uint64) {
	b.other -= n
	b.Parent.Give(n)
}

func (b *Budget) refuse(n uint64) error {
	return &budget.Error{Spec: budget.Spec{Owner: b.Owner, What: "memory in one instance", Limit: b.Max, Change: b.Change},
		Used: b.Used(), Asked: n, Alone: true}
}

// tell tells why something may not grow that the guest asked for.
func (b *Budget) tell(err error) {
	if b.Refused != nil {
		b.Full = true
		b.Refused(err)
	}
}

// takeFixed takes what is given back with the store.
func (b *Budget) takeFixed(n uint64) error {
	err := b.Take(n)
	if err == nil {
		b.fixed += n
	}
	return err
}

func (b *Budget) giveFixed() {
	b.Give(b.fixed)
	b.fixed = 0
}

// takeLinear and giveLinear are for linear memories.
func (b *Budget) takeLinear(n uint64) error {
	if b.over(b.linear+b.other-min(b.other, Free), n) {
		return b.refuse(n)
	}
	if err := b.takeShared(n); err != nil {
		return err
	}
	b.countLinear(int64(n))
	return nil
}

func (b *Budget) giveLinear(n uint64) {
	b.Parent.Give(n)
	b.countLinear(-int64(n))
}

func (b *Budget) countLinear(n int64) {
	b.linear += uint64(n)
	if b.Memory != nil {
		b.Memory.Add(n)
	}
}

// MemoryError tells that there is no memory for something that an instance cannot be
// without.
type MemoryError struct {
	// What there is none for.
	What string
	// Err is a *budget.Error, or the system's.
	Err error
}

func (e *MemoryError) Error() string { return fmt.Sprintf("no memory for %s: %v", e.What, e.Err) }

// Unwrap returns Err.
func (e *MemoryError) Unwrap() error { return e.Err }

// SystemError tells that the system refuses what the budgets allow.
type SystemError struct {
	// Bytes is the address space asked for.
	Bytes uint64
	Err   error
}

func (e *SystemError) Error() string {
	return fmt.Sprintf("the system refuses %d bytes of address space (%v): see ulimit -v, sysctl vm.max_map_count and vm.overcommit_memory", e.Bytes, e.Err)
}

// Unwrap returns the system's error.
func (e *SystemError) Unwrap() error { return e.Err }
