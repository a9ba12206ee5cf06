// Package host runs plans: instances, calls, handles, limits.
//
// In: *plan.Plan and the plugins that implement its host functions. Out: running
// instances that can be called. Next: cmd, shim.
// Must not import: the linker (but linker/plan), plugins. Only host/engine
// imports wazero.
//
// # The way of a call
//
//	Callable.Call   Go → component     takes the instance, makes a task, runs a Program
//	call.invoke     component → Go     a trampoline: finds its task in the context, runs a Program
//	frame.run       the Program        one switch over canon.Op; exec_value.go and handle.go
//	                                   have the operations on values and handles
//	task.callCore   → component        the callee's function, its realloc, its post-return
//	frame.callHost  → plugin           a function of the host
//
// # What is where
//
// Composition is immutable and shared: compiled modules, trampolines, and the
// plan's references as numbers. Instance is one store: core instances, flags,
// handle tables, objects of the host, states of plugins. task is one activity in
// it: registers, scopes of borrows, depth, and why it must end. A frame is one
// activation of a Program within a task. What lives as long as a call is in the
// task, never in the Instance or in the goroutine: tasks that wait while others
// run will be more tasks, not another design.
//
// # Singletons
//
// A plan may have several stores. An Instance is the store 0 of one; the others are
// shared by all instances of the composition: shared.go makes, serialises and ends
// them. A call that leads there (border.go) takes the turn and runs its one Program
// with a task on each side, frame.t and frame.to, on the caller's goroutine. What goes
// wrong on the caller's side is settled on the callee's; anything else ends the shared
// store's life. foreign.go counts the handles that are in other stores, and drops them
// at the end of those. A shared store calls no other, so nobody who has a turn waits.
//
// # Invariants
//
//  1. Whoever changed Instance.state from idle owns everything in the Instance but
//     its atomics, until it changes the state back. Calls do not wait: ErrBusy.
//  2. Errors unwind guests as panics, and only of the types that task.failed knows.
//     What ends a call before its end makes the instance unusable (broken).
//  3. Memory is seen through views that a frame forgets when a guest has run.
//  4. No memory is given back before all core instances of the store are closed.
//  5. A core function that runs is never called again on the same call engine.
//  6. Handles to a shared store's resources mean something in one life of it only: an
//     instance that has some calls no other life.
package host
