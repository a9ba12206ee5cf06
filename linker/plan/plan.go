package plan

import (
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/wit"
)

// Plan is one composition, ready to be instantiated any number of times. It is
// immutable, and the same input makes the same Plan, byte for byte.
type Plan struct {
	Name string
	// Components are the composition's components, as the manifest names them, in
	// the order in which they are instantiated.
	Components []Component
	// Instances are the component instances: one for each entry of Components and
	// one for each component nested in them that is instantiated. Instance 0 is the
	// composition itself, the parent of its components.
	Instances []Instance
	Modules   []Module
	Resources []Resource
	HostFuncs []HostFunc
	// HostModules are groups of trampolines: each becomes one host module, compiled
	// once for all instantiations.
	HostModules []HostModule
	Steps       []Step
	Exports     []Export
}

// Component is one component of the composition with what it is granted.
type Component struct {
	Name   string
	Source string // the file it came from, for messages
	Digest string // "sha256:…" of the file
	Grants Grants
	// Store says which components live and end together: 0 are those that every
	// instance of the composition has for itself, and each number above has those of
	// one store that all instances share, the manifest's singletons. Only calls lead
	// from one store to another, never from a shared one, and nothing but the values
	// of a call goes along: core instances refer to none of another store.
	Store int
}

// Grants are what the manifest allows one component. The zero Grants allow nothing.
type Grants struct {
	// Args are what the program finds as its arguments: its own name first, which is
	// the component's, as programs of all languages expect.
	Args []string
	// Cwd is the directory that the program is told to start in, empty for none. It
	// allows nothing: what is there is what Files say.
	Cwd   string
	Env   []EnvVar
	Files []FileGrant
	// Sockets are the addresses that it may connect to, exchange datagrams with and
	// listen at, by wasi:sockets.
	Sockets []SocketGrant
	// OutboundHosts are the origins that it may send HTTP requests to:
	// "https://api.example.com", "http://*.example.com:8080", "http://10.0.0.1".
	// Without a port the scheme's own is meant; the port "*" means any. ParseOrigin reads
	// them.
	OutboundHosts []string
	// Config are the values that wasi:config/store gives.
	Config []EnvVar
	// Buckets are the buckets that it may open by wasi:keyvalue/store.
	Buckets []string
}

// EnvVar is one environment variable.
type EnvVar struct{ Name, Value string }

// StoreOf is the store of component instance i: its component's. The composition
// itself, and the host (-1), are of every store, which is said as 0.
func (p *Plan) StoreOf(i int) int {
	if i < 0 || p.Instances[i].Component < 0 {
		return 0
	}
	return p.Components[p.Instances[i].Component].Store
}

// Stores is how many stores there are, that of number 0 included.
func (p *Plan) Stores() int {
	n := 1
	for i := range p.Components {
		n = max(n, p.Components[i].Store+1)
	}
	return n
}

// Crosses is the shared store that a call leads to from another one, 0 if it stays
// in its own.
func (p *Plan) Crosses(c *Call) int {
	callee := c.Side[canon.Callee].Instance
	if callee < 0 || p.StoreOf(callee) == p.StoreOf(c.Side[canon.Caller].Instance) {
		return 0
	}
	return p.StoreOf(callee)
}

// FileGrant makes the host directory Host visible to the guest as Guest.
type FileGrant struct {
	Host, Guest string
	ReadOnly    bool
}

// Instance is one component instance.
type Instance struct {
	// Path names it: "orders", or "orders/1" for a nested one.
	Path string
	// Component is the index in Components, -1 for the composition itself.
	Component int
	// Parent is the index of the instance whose component instantiated it, -1 for
	// the composition itself. Parents come before their children.
	Parent int
}

// Module is a core module, after the load-time pass, or a generated one.
type Module struct {
	// Name is for messages and stack traces: "orders/module 2", "adapter orders → logger".
	Name  string
	Bytes []byte
	// Generated is set for modules that the linker made.
	Generated bool
	// Image is what the memory that the module defines holds before anything else is
	// written to it, in order; the rest is zero. It lies within the memory's initial
	// size. What is here is not in Bytes.
	Image []ImagePart
	// State tells how an instance is put back to what it was after its
	// instantiation, nil if that cannot be done or is not known.
	State *State
	// Needs are what an instance takes.
	Needs Needs
	// Interpret says what in the module the engine's compiler gets wrong, for messages;
	// empty if nothing. All of the composition is interpreted then.
	Interpret string
	// CompileMemory is an estimate, from above, of the memory that the engine's compiler takes
	// for the module, in bytes; 0 if nothing is known, as of generated ones, which are small.
	CompileMemory uint64
	// Start is the exported function to call once an instance is made, empty without: the
	// start function, which instantiation itself does not call.
	Start string
}

// Needs are what an instance of a module takes of its host's memory. A module whose
// needs are not known has none; generated ones need little.
type Needs struct {
	// Memory is the linear memory that it defines, nil without.
	Memory *MemoryNeeds
	// Instance is the rest.
	Instance InstanceNeeds
}

// MemoryNeeds are the first and the largest size of a linear memory, in pages.
type MemoryNeeds struct{ Min, Max uint64 }

// InstanceNeeds count what a module defines: tables, with as many elements together
// when they are made, globals, imports, functions, segments of data and elements, and
// what those refer to.
type InstanceNeeds struct {
	Tables, Elements, Globals, Imports, Functions, Segments, References uint64
}

// ImagePart is a piece of a memory's content.
type ImagePart struct {
	Offset uint32
	Bytes  []byte
}

// State is all that code can change in an instance of a module besides its
// memory: a module with a State neither writes to tables nor drops segments.
type State struct {
	// Globals are the export names of the mutable globals that the module defines,
	// but for those that mean nothing, such as the counter of the interruption check.
	// They are of the types i32, i64, f32 and f64.
	Globals []string
}

// CoreRef is a definition at run time: export Name of the core instance made by
// the InstantiateModule step number Instance, or a trampoline.
type CoreRef struct {
	// Instance counts InstantiateModule steps from 0; it is -1 for a trampoline.
	Instance int
	Name     string
	// HostModule and Trampoline say which trampoline, if Instance is -1.
	HostModule, Trampoline int
}

// Resource is one resource type.
type Resource struct {
	Name string
	// Instance defined it, or -1 if the host did.
	Instance int
	// Dtor is the destructor, nil without.
	Dtor *CoreRef
	// Interface and HostName name it in the host's catalog if Instance is -1.
	Interface, HostName string
}

// HostFunc is a function of the host that the composition uses.
type HostFunc struct {
	// Interface is the name in the host's catalog, "wasi:io/poll@0.2.12", empty for
	// a function imported by itself.
	Interface, Name string
	Type            *wit.FuncType
}

// HostModule is one group of trampolines, those of component instance Instance.
type HostModule struct {
	Instance    int
	Trampolines []Trampoline
}

// Trampoline is a core function that the host provides: Program, called by core
// WebAssembly. Its core signature is that of the program's parameters and results.
type Trampoline struct {
	// Name is its export name in the host module.
	Name string
	Call
}

// Call is a Program and what it refers to. Unused references are nil or -1.
type Call struct {
	Program *canon.Program
	// Side tells each side's instance, memory and realloc.
	Side [2]Side
	// Target and PostReturn are the callee's core functions.
	Target, PostReturn *CoreRef
	// HostFunc is the index of OpCallHost's function.
	HostFunc int
	// Resources maps the program's resources to Plan.Resources.
	Resources []int
	// Entering are the instances that OpEnter marks: the callee's entering set
	// (CanonicalABI.md, "may_enter_from"), computed by the linker.
	Entering []int
}

// Side is one end of a Call.
type Side struct {
	// Instance is the component instance, -1 if this side is the host.
	Instance        int
	Memory, Realloc *CoreRef
}

// Step is one step of instantiation: Module is instantiated, which makes the next
// core instance, on behalf of component instance Instance.
type Step struct {
	Module   int
	Instance int
	// Imports tells for each import module name of the rewritten module ("0", "1",
	// …, its position) which core instance or host module it means.
	Imports []Source
}

// Source is what an import module name stands for: core instance Instance, or
// host module HostModule if Instance is -1, or the host's own functions (the
// interruption check) if both are -1.
type Source struct{ Instance, HostModule int }

// Names of what the host itself provides to core modules.
const (
	// CheckName is the function ( -> ) called when an interruption countdown ends.
	CheckName = "check"
	// GrowTableName is the function (i32 -> i32) asked before tables grow: see
	// core.Check.
	GrowTableName = "grow-table"
)

// Flag is one of the flags of a component instance. A generated module, always the
// first step's, keeps them as mutable i32 globals, exported as FlagName(MayLeave, i)
// and FlagName(MayEnter, i) for instance i; both are 1 at first.
type Flag byte

const (
	MayLeave Flag = 'l'
	MayEnter Flag = 'e'
)

// Export is something that the composition exports: its main component's exports,
// and the handler of the component that requests come to.
type Export struct {
	// Interface is the exported instance's name, empty for a function exported by
	// itself; Name is the function's, or resource's, or module's.
	Interface, Name string
	// Type is the type of a function, nil for other sorts.
	Type *wit.FuncType
	// Call calls the function from the host.
	Call Call
	// Resource is the index of an exported resource type, -1 for other sorts.
	Resource int
	// Module holds an exported core module's bytes, nil for other sorts.
	Module []byte
}
