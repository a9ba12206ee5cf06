package canontest

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Try calls f and returns what it panicked with as an error: a trap, or what a
// realloc or a core function returned.
func Try(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if _, isTrap := e.(canon.TrapCode); !ok || !isTrap && !isGuest(e) {
				panic(r)
			}
			err = e
		}
	}()
	f()
	return nil
}

// GuestError is an error of a guest's own.
type GuestError struct{ Text string }

func (e *GuestError) Error() string { return e.Text }

func isGuest(e error) bool { _, ok := e.(*GuestError); return ok }

// CallSpec is canon lower of canon lift, called with flat arguments.
func CallSpec(w *World, ft *wit.FuncType, args []uint64) (flatResults []uint64, err error) {
	err = Try(func() {
		caller, callee := &Context{w.Sides[canon.Caller], w}, &Context{w.Sides[canon.Callee], w}
		vi := Values(args)
		trapIf(!caller.MayLeave, canon.TrapCannotLeave)
		flatResults = callLift(w, ft, callee, func() []*V {
			return caller.LiftFlatValues(canon.MaxFlatParams, vi, paramTypes(ft))
		}, func(result []*V) []uint64 {
			var outParam *uint32
			if len(flattenTypes(resultTypes(ft))) > canon.MaxFlatResults {
				ptr := uint32(vi(canon.I32))
				outParam = &ptr
			}
			return caller.LowerFlatValues(canon.MaxFlatResults, result, resultTypes(ft), outParam)
		})
	})
	return flatResults, err
}

// ExportSpec is canon lift, called by the host with values.
func ExportSpec(w *World, ft *wit.FuncType, args []*V) (result *V, err error) {
	err = Try(func() {
		callee := &Context{w.Sides[canon.Callee], w}
		callLift(w, ft, callee, func() []*V { return args }, func(vs []*V) []uint64 {
			if len(vs) > 0 {
				result = vs[0]
			}
			return nil
		})
	})
	return result, err
}

// ImportSpec is canon lower of a function of the host.
func ImportSpec(w *World, ft *wit.FuncType, args []uint64) (flatResults []uint64, err error) {
	err = Try(func() {
		caller := &Context{w.Sides[canon.Caller], w}
		vi := Values(args)
		trapIf(!caller.MayLeave, canon.TrapCannotLeave)
		scope := &Scope{}
		w.Scopes = append(w.Scopes, scope)
		result, err := w.Host(caller.LiftFlatValues(canon.MaxFlatParams, vi, paramTypes(ft)))
		if err != nil {
			panic(err)
		}
		if ft.Result != nil {
			var outParam *uint32
			if len(flattenType(ft.Result)) > canon.MaxFlatResults {
				ptr := uint32(vi(canon.I32))
				outParam = &ptr
			}
			flatResults = caller.LowerFlatValues(canon.MaxFlatResults, []*V{result}, resultTypes(ft), outParam)
		}
		deliverResolve(w, scope)
	})
	return flatResults, err
}

// callLift is Store.lift's func_inst and canon_lift, in a scope of borrows.
func callLift(w *World, ft *wit.FuncType, cx *Context, onStart func() []*V, onResolve func([]*V) []uint64) (flat []uint64) {
	for _, in := range w.Entering {
		trapIf(!in.MayEnter, canon.TrapCannotEnter)
	}
	for _, in := range w.Entering {
		in.MayEnter = false
	}
	scope := &Scope{}
	w.Scopes = append(w.Scopes, scope)
	flatArgs := cx.LowerFlatValues(canon.MaxFlatParams, onStart(), paramTypes(ft), nil)
	flatResults, err := w.Target(flatArgs)
	if err != nil {
		panic(err)
	}
	result := cx.LiftFlatValues(canon.MaxFlatResults, Values(flatResults), resultTypes(ft))
	trapIf(scope.Borrows > 0, canon.TrapBorrowsLeft)
	flat = onResolve(result)
	if w.PostReturn != nil {
		cx.MayLeave = false
		if err := w.PostReturn(flatResults); err != nil {
			panic(err)
		}
		cx.MayLeave = true
	}
	for _, in := range w.Entering {
		in.MayEnter = true
	}
	deliverResolve(w, scope)
	return flat
}

func deliverResolve(w *World, scope *Scope) {
	for _, h := range scope.Lenders {
		h.Lends--
	}
	w.Scopes = w.Scopes[:len(w.Scopes)-1]
}

func paramTypes(ft *wit.FuncType) []*wit.Type { return fieldsOf(&wit.Type{Fields: ft.Params}) }

func resultTypes(ft *wit.FuncType) []*wit.Type {
	if ft.Result == nil {
		return nil
	}
	return []*wit.Type{ft.Result}
}
