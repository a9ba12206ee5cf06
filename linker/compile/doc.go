// Package compile turns a graph into a plan: it instantiates the components
// symbolically, definition by definition, until only core modules, core
// instances and calls are left.
//
// In: *graph.Graph. Out: *plan.Plan, or an *Error.
// Next: host executes the plan. Must not import: linker/manifest, linker/resolve,
// host, plugins.
//
// One frame (frame.go) stands for one component instance and holds its index
// spaces, filled with entities (entity.go): what a function, instance, module or
// resource type turns out to be once everything is linked. Definitions are
// interpreted in the order of the binary, so that every reference leads to an
// entity that exists, and every step comes after those it depends on.
//
// What is imported is an entity of somebody else, so linking costs nothing at run
// time: an alias, a re-export, an instance made of others leave no trace in the
// plan. Only canon lower of canon lift leaves a call, and only core modules leave
// instances.
//
// Resource types. A type mentions resources by identities that are local to the
// component (validate.Typed tells where each is introduced). Each frame binds
// them to plan resources (bind.go) when it meets them, by walking a type side by
// side with the entity that has this type.
//
// Names. What a core module imports is renamed to positions (module.go), which
// depend on the component alone and not on what it is linked to, so that the code
// compiled from the result can be cached and shared.
package compile
