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
// # Invariants
//
//  1. Whoever changed Instance.state from idle owns everything in the Instance but
//     its atomics, until it changes the state back. Calls do not wait: ErrBusy.
//  2. Errors unwind guests as panics, and only of the types that task.failed knows.
//     What ends a call before its end makes the instance unusable (broken).
//  3. Memory is seen through views that a frame forgets when a guest has run.
//  4. No memory is given back before all core instances of the store are closed.
//  5. A core function that runs is never called again on the same call engine.
package host
