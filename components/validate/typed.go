package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// Typed is a valid component with its types: what every index of every index
// space refers to. It is immutable and shared.
//
// Abstract resources. A *wit.Resource in these types is an identity, not yet a
// runtime resource type. Each one is introduced in exactly one place, and a walk
// of a type there meets it as a wit.TypeExport with Abstract set, or, for the
// resources that this component defines itself, in Defined:
//
//   - by an import of this component: walk the import's type in Type.Imports
//     (all of them are in Type.ImportedResources);
//   - by an instance definition that instantiates: walk the InstanceType in
//     Instances (all of them are in its Resources); every instantiation has its own;
//   - by an export with an ascribed type: walk that type, which the index space
//     entry that the export added and Type.Exports share. An export without one
//     introduces nothing here: that its type says Abstract is for the outside;
//   - by a resource type definition: Defined.
//
// So a stage that binds resources to runtime resource types walks, in the order
// of the definitions, the type at each of these places side by side with the
// actual item found there, and binds a Resource when it first meets it. No type
// in an index space mentions a Resource that was not introduced before it, in
// this component or, for outer aliases inside type definitions only, in the type.
type Typed struct {
	Component *components.Component
	// Type is the component's own type: its imports and exports.
	Type *wit.ComponentType

	// The index spaces, complete, in the order of the indices.
	CoreModules   []CoreModuleInfo
	CoreInstances []CoreInstanceInfo
	CoreFuncs     []core.FuncType
	CoreTables    []core.TableType
	CoreMemories  []core.MemoryType
	CoreGlobals   []core.GlobalType
	CoreTags      []core.TagType
	// CoreTypes holds core.FuncType, *ModuleType or *CoreType.
	CoreTypes []any
	// Types holds *wit.Type, *wit.FuncType, *wit.InstanceType, *wit.ComponentType
	// or *wit.Resource.
	Types      []any
	Funcs      []*wit.FuncType
	Instances  []*wit.InstanceType
	Components []*wit.ComponentType

	// Nested holds the components defined inside, by definition.
	Nested map[*components.Component]*Typed
	// Defined are the resource types defined here, in the order of their definitions.
	Defined []DefinedResource
}

// CoreModuleInfo is one entry of the core module index space.
type CoreModuleInfo struct {
	// Def and Module are set if the module is embedded in this component, and nil
	// if it was imported or aliased.
	Def    *components.CoreModule
	Module *core.Module
	Type   *ModuleType
}

// CoreInstanceInfo is one entry of the core instance index space: what it
// exports, by name. Instances of one module share the map, which is not to be changed.
type CoreInstanceInfo struct {
	Exports map[string]core.ExternType
}

// DefinedResource is a resource type definition of this component.
type DefinedResource struct {
	// TypeIndex is its index in Types.
	TypeIndex uint32
	Resource  *wit.Resource
	Def       components.ResourceType
}
