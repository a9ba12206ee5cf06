package manifest

import (
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/plan"
)

const (
	// APIVersion and Kind are what a manifest must say it is.
	APIVersion = "sidecall.dev/v1alpha1"
	Kind       = "Composition"
	// Host is the provider's name that stands for the host; no component has it.
	Host = "host"
)

// Manifest is one composition as its author wrote it. It is immutable.
type Manifest struct {
	// File is the manifest's file, empty for a composition made by FromFiles.
	File string
	Name string
	// Main names the component whose exports are the composition's.
	Main string
	// MainPos is the place of Main.
	MainPos diag.Pos
	// Components are in the order of the file.
	Components []Component
	// HTTP says how the composition is served, nil if the manifest does not.
	HTTP *HTTP
}

// Component is one component of a composition.
type Component struct {
	Name string
	// Pos is the place of the name.
	Pos diag.Pos
	// File is the path of the component, joined to the manifest's directory, or Image
	// its name in a registry. FilePos is the place of the one that is given.
	File, Image string
	FilePos     diag.Pos
	Args        []string
	ArgsPos     diag.Pos
	// Cwd is where the program is told to start. It is for command lines: manifests
	// do not have it.
	Cwd    string
	Env    []plan.EnvVar
	EnvPos diag.Pos
	// Files are the directories granted, the host's joined to the manifest's directory.
	// FilesAt are the places of those that the manifest grants, which come first.
	Files    []plan.FileGrant
	FilesPos diag.Pos
	FilesAt  []diag.Pos
	// OutboundHosts are origins, Sockets addresses and Buckets those of wasi:keyvalue
	// that it may use.
	OutboundHosts []string
	OutboundPos   diag.Pos
	Sockets       []plan.SocketGrant
	SocketsPos    diag.Pos
	Buckets       []string
	BucketsPos    diag.Pos
	// Config are the values that wasi:config/store gives.
	Config    []plan.EnvVar
	ConfigPos diag.Pos
	Imports   []Import
	Instance  Instance
	Log       LogLimits
}

// LogLimits bound what a component prints and logs while it is served, in bytes a second
// and bytes at once. Zero values stand for the defaults.
type LogLimits struct{ Rate, Burst int64 }

// Import says who provides the imports that Selector selects.
type Import struct {
	// Selector is the name of an import, with or without version, or of a package,
	// which selects all its interfaces.
	Selector string
	Pos      diag.Pos
	// Chain is the way of a call: its last is the provider, those before it stand
	// between, the first one nearest to the caller. It is never empty.
	Chain []Provider
}

// Provider names a component, or the host.
type Provider struct {
	Name string
	Pos  diag.Pos
}

// Component returns the component of that name, nil if there is none.
func (m *Manifest) Component(name string) *Component {
	for i := range m.Components {
		if m.Components[i].Name == name {
			return &m.Components[i]
		}
	}
	return nil
}

// Options tell how to read a manifest.
type Options struct {
	// Lookup gives the variables for ${VAR}. If it is nil no variable is set.
	Lookup func(name string) (string, bool)
	// UnsetHint, if it is not nil, says what to do about a variable that is not set.
	UnsetHint func(name string) string
	// Artifact says that the manifest came in an image, and so who wrote it is a
	// stranger: each component's file is one beside the manifest, and it names no images.
	Artifact bool
	// Files is the directory of components' files, if it is not the manifest's.
	Files string
	// Dir is what other paths than components' are relative to, if it is not the
	// manifest's directory.
	Dir string
}

// Limits of a manifest: what a person writes stays far below them.
const (
	MaxSize  = 1 << 20 // bytes
	MaxDepth = 32      // nested maps and lists
	MaxNodes = 20_000  // maps, lists and values, each counted as often as an alias repeats it
)
