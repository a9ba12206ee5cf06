// Package host runs plans: instances, calls, handles, limits.
//
// In: *plan.Plan and the plugins that implement its host functions. Out: running
// instances that can be called. Next: cmd, shim.
// Must not import: the linker (but linker/plan), plugins. Only host/engine
// imports wazero.
package host
