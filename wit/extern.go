package wit

// Sort says which index space a definition lives in (Binary.md, "sort").
type Sort uint8

const (
	SortCoreFunc Sort = iota
	SortCoreTable
	SortCoreMemory
	SortCoreGlobal
	SortCoreTag
	SortCoreType
	SortCoreModule
	SortCoreInstance
	SortFunc
	SortValue
	SortType
	SortComponent
	SortInstance
)

var sortNames = [...]string{"core func", "core table", "core memory", "core global", "core tag", "core type",
	"core module", "core instance", "func", "value", "type", "component", "instance"}

// String returns the sort as the text format writes it.
func (s Sort) String() string { return sortNames[s] }

// ExternType is the type of an import or export: *FuncType, *InstanceType,
// *ComponentType, *TypeExport, or a CoreModuleType.
type ExternType interface{ ExternSort() Sort }

// Decl is one named import or export of a component, component type or instance type.
type Decl struct {
	// Name is the extern name as written, without attributes.
	Name string
	// Implements and ExternalID are the attributes of WASI 0.3.1, empty when absent.
	Implements, ExternalID string
	Type                   ExternType
}

// InstanceType is the type of a component instance: what it exports, in order.
// Resources are the abstract resource types that it introduces itself (its
// exports of the form "(type (sub resource))", nested instances included): they
// stand for whatever resources the instance turns out to have.
type InstanceType struct {
	Exports   []Decl
	Resources []*Resource

	// index and metrics are filled in by NewInstanceType; a literal works without.
	index   map[string]int
	metrics Metrics
}

// ComponentType is the type of a component. ImportedResources are the abstract
// resource types introduced by its imports: they are given by whoever
// instantiates it. Resources are those that each instantiation makes anew.
type ComponentType struct {
	Imports, Exports             []Decl
	ImportedResources, Resources []*Resource

	// These are filled in by NewComponentType; a literal works without.
	importIndex, exportIndex map[string]int
	metrics                  Metrics
}

// TypeExport is the type of an import or export of sort type: Def is the type
// that the name stands for, one of *Type, *FuncType, *InstanceType,
// *ComponentType, *Resource or a CoreModuleType.
type TypeExport struct {
	Def any
	// Abstract is set for the bound "(sub resource)": Def is a *Resource that this
	// declaration introduces. Otherwise the bound is "(eq …)".
	Abstract bool
}

// CoreModuleType is the type of a core module; components/validate implements it.
// If it has a method TypeSize() int, that is what it counts for in Metrics.Size.
type CoreModuleType interface {
	ExternType
	// SubtypeOf reports nil if a module of this type may be used where super is
	// expected, and otherwise what differs.
	SubtypeOf(super CoreModuleType) error
}

func (*FuncType) ExternSort() Sort      { return SortFunc }
func (*InstanceType) ExternSort() Sort  { return SortInstance }
func (*ComponentType) ExternSort() Sort { return SortComponent }
func (*TypeExport) ExternSort() Sort    { return SortType }

// Export returns the type of the export of that exact name.
func (t *InstanceType) Export(name string) (ExternType, bool) { return find(t.Exports, t.index, name) }

// Import returns the type of the import of that exact name.
func (t *ComponentType) Import(name string) (ExternType, bool) {
	return find(t.Imports, t.importIndex, name)
}

// Export returns the type of the export of that exact name.
func (t *ComponentType) Export(name string) (ExternType, bool) {
	return find(t.Exports, t.exportIndex, name)
}

// indexOf returns where each name is, or nil where looking through is as fast.
func indexOf(ds []Decl) map[string]int {
	if len(ds) <= 8 {
		return nil
	}
	index := make(map[string]int, len(ds))
	for i := range ds {
		index[ds[i].Name] = i
	}
	return index
}

func find(ds []Decl, index map[string]int, name string) (ExternType, bool) {
	if index != nil {
		i, ok := index[name]
		if !ok {
			return nil, false
		}
		return ds[i].Type, true
	}
	for i := range ds {
		if ds[i].Name == name {
			return ds[i].Type, true
		}
	}
	return nil, false
}
