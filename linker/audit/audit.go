package audit

import (
	_ "embed"
	"errors"
	"strings"

	"github.com/sidecall/sidecall/linker/graph"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema of what Report and Diff are as JSON.
func Schema() []byte { return schema }

// The kinds of what can be reached. Those that the manifest grants have the names of its
// keys; the rest is there for whoever imports its interface from the host.
const (
	Files         = "files"
	OutboundHosts = "outboundHosts"
	Sockets       = "sockets"
	Names         = "names" // looked up in the DNS
	KeyValue      = "keyvalue"
	Config        = "config"
	Env           = "env"
	Args          = "args"
	Stdio         = "stdio"
	Clocks        = "clocks"
	Random        = "random"
	Log           = "log"
	Telemetry     = "telemetry"
	Interface     = "interface" // of the host, of no kind above
	Components    = "components"
)

// Report is what a composition can reach. Its JSON form is part of the command line's
// interface.
type Report struct {
	Composition string      `json:"composition"`
	Components  []Component `json:"components"`
	// Shared are the ways by which components, or requests, can pass data to each other
	// besides calls.
	Shared []Shared `json:"shared"`
	// Asks is what an image asks for, nil for what is no image.
	Asks []Ask `json:"asks,omitempty"`
}

// Component is what one component can reach.
type Component struct {
	Name string `json:"name"`
	// File is where it came from, a path or an image.
	File   string `json:"file"`
	Digest string `json:"digest"`
	Main   bool   `json:"main,omitempty"`
	// Used is false of what is never instantiated. It reaches nothing.
	Used bool `json:"used"`
	// Reach is what it reaches itself, and behind that what others reach for it.
	Reach []Reach `json:"reach"`
	// Idle is granted, and has no effect.
	Idle []Item `json:"idle,omitempty"`
}

// Item is one thing outside of a component.
type Item struct {
	Kind string `json:"kind"`
	// Value names it: a directory of the host, an origin, a bucket, the name of a variable
	// or of a configuration key (never its value), the number of arguments.
	Value string `json:"value"`
	// Guest is the guest's name for a directory.
	Guest    string `json:"guest,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
	// Interface is by what another component is called, without its version.
	Interface string `json:"interface,omitempty"`
}

// Reach is an Item and how a component reaches it.
type Reach struct {
	Item
	// Through are the calls that lead to who reaches it. It is empty for what the component
	// reaches itself. Else only what those interfaces let through is reached.
	Through []Step `json:"through,omitempty"`
	// Passes are the components that see its requests on their way.
	Passes []string `json:"passes,omitempty"`
}

// Step is a call to a component.
type Step struct {
	Component string `json:"component"`
	Interface string `json:"interface"`
}

// Shared is one way to pass data.
type Shared struct {
	// Kind is KeyValue, Files, or Components: one that several call, or a singleton, which
	// all requests share.
	Kind  string `json:"kind"`
	Value string `json:"value"`
	// Between are the components that can pass data by it.
	Between []string `json:"between"`
	// Requests is set if one request can pass data to another.
	Requests bool `json:"requests"`
}

// Ask is something that an image asks for.
type Ask struct {
	// Component is who would use it, empty for the whole composition.
	Component string `json:"component,omitempty"`
	// Allow is what --allow takes to grant it.
	Allow string `json:"allow"`
	// Means says it in words.
	Means   string `json:"means"`
	Granted bool   `json:"granted"`
}

// maxSteps bounds a report: one of that size is 20 MB of JSON. The steps of a chain grow with
// the third power of its length.
const maxSteps = 200_000

var errTooLarge = errors.New("the composition is too large to audit: the ways by which its components reach what others reach have more than 200000 steps")

// Of audits a composition. The error is that of one too large.
func Of(g *graph.Graph) (*Report, error) {
	r := &Report{Composition: g.Name, Components: []Component{}}
	used := make([]bool, len(g.Components))
	for _, i := range g.Order {
		used[i] = true
	}
	own := make([][]Reach, len(g.Components))
	for i, c := range g.Components {
		out := Component{Name: c.Name, File: c.File, Digest: c.Digest, Main: i == g.Main, Used: used[i], Reach: []Reach{}}
		if used[i] {
			own[i], out.Idle = itself(g, c)
		}
		r.Components = append(r.Components, out)
	}
	steps := 0
	for i := range g.Components {
		if !used[i] {
			continue
		}
		others := throughOthers(g, i, own)
		for k := range others {
			steps += len(others[k].Through)
		}
		if steps > maxSteps {
			return nil, errTooLarge
		}
		r.Components[i].Reach = append(append(r.Components[i].Reach, own[i]...), others...)
	}
	r.Shared = shared(g, used, own)
	return r, nil
}

// base is a name without its version.
func base(name string) string {
	name, _, _ = strings.Cut(name, "@")
	return name
}
