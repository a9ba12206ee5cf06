// Package keyvalue implements wasi:keyvalue, in its drafts, on buckets in memory,
// whose changes may be kept in files. What a component may open is what it is
// granted; components that are granted the same bucket share it, in all instances of
// all compositions of a Plugin.
//
// In: the grants of a component. Out: the WIT interfaces. Next: whoever composes a
// host. Must not import: other plugins.
package keyvalue

import (
	"os"
	"slices"
	"sync"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
)

// Config configures a Plugin. The zero Config is useful.
type Config struct {
	// BucketBytes is how many bytes a bucket holds, in keys, values and 128 for each
	// entry. As many again may be in keys that guests have a cas of. 0 means 64 MiB.
	BucketBytes int
	// Dir is where buckets are kept, a file for each, by which they outlive the process.
	// Only one Plugin may have it. It is made if need be. If Dir is empty, buckets are
	// in memory only.
	Dir string
	// Log is told what cannot be read or written in Dir. Guests are told it too, but
	// whoever chose Dir may not hear what they make of it.
	Log zerolog.Logger
}

// Plugin is wasi:keyvalue with its buckets.
type Plugin struct {
	cfg Config

	mu      sync.Mutex
	buckets map[string]*bucket // guarded by mu
	lock    *os.File           // guarded by mu: of Dir, nil before it is used

	faults faults
}

// New makes a Plugin. Close it when no instance uses it any more.
func New(cfg Config) *Plugin {
	if cfg.BucketBytes <= 0 {
		cfg.BucketBytes = 64 << 20
	}
	return &Plugin{cfg: cfg, buckets: map[string]*bucket{}, faults: faults{log: cfg.Log, dir: cfg.Dir}}
}

// Interfaces returns the drafts of wasi:keyvalue.
func (p *Plugin) Interfaces() []*host.Interface {
	return slices.Concat(p.draft(), p.draft2())
}
