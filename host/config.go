package host

import (
	"context"
	"io"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/host/engine"
)

// Config says how compositions run. The zero Config is useful: no interfaces of
// the host, the fastest engine, no cache on disk, the default limits, no log.
// It is copied by Compile and may be used again.
type Config struct {
	// Interfaces are what the host offers to components, the plugins.
	Interfaces []*Interface
	// Engine is "compiler", "interpreter", or empty for the compiler where there is
	// one and the interpreter elsewhere.
	Engine string
	// CacheDir keeps compiled code between runs. It is made when missing, may be
	// shared by processes, and is never needed: when it cannot be read or written,
	// or what it holds is damaged, modules are compiled as without it.
	CacheDir string
	// CacheSeed is a CacheDir of before, which is only read: code that a module needs, and
	// that is there, is copied and not made again. Empty for none.
	CacheSeed string
	// CacheKept, if not nil, is told of each module whose code has been written to CacheDir,
	// and of the key that its entry has there. It must not wait, and may be called from any
	// goroutine.
	CacheKept func(key, module string)

	// MaxMemory limits what one component has in one instance of the composition, in
	// bytes: its linear memories, tables, stacks, instances and globals together. 0 means
	// 1 GiB. At the limit memory.grow and table.grow answer -1, and calls that need more
	// stack trap.
	MaxMemory uint64
	// MaxCallDepth limits how deep calls between components and into the host may
	// nest. 0 means 1,000, and the most is 20,000. Deeper calls trap. Calls that are
	// generated code throughout do not reach the host and are not counted: they lead
	// only to instances made before, and the engine's stack bounds them.
	MaxCallDepth int
	// MaxHandles limits the handles in the table of one component instance. 0 means
	// 1,000,000. More handles trap.
	MaxHandles int
	// MaxObjectBytes limits what the host's objects that an instance has handles to keep
	// together: headers of HTTP, say, and 256 bytes for each object. 0 means MaxMemory, but
	// 16 MiB at least and 256 MiB at most. It
	// is exceeded by no more than a quarter before the call traps.
	MaxObjectBytes uint64
	// MaxValueBytes limits the Go memory that the values of one call into the host,
	// or out of an export, take. 0 means as much as for MaxObjectBytes. Larger values trap.
	MaxValueBytes uint64

	// Budget is what the process may have, nil for budget.Default: all that guests and
	// their requests make it hold counts there.
	Budget *budget.Process
	// Descriptors are those that all guests may have open together, nil for half of the
	// budget's.
	Descriptors *budget.Quota

	// Tracer is told of calls between components, nil for none. It is told of those
	// only that go through Go: see the linker's option Fuse.
	Tracer Tracer

	// Refused, if it is not nil, is told once of each thing that a component asked for and
	// was not given, and of each limit that it has met; at most of 33 of one kind, of which
	// the last is marked. It may be called by many goroutines at once and should not wait.
	Refused func(Refusal)

	// Log receives what the host has to say about itself, such as a damaged cache.
	// The zero Logger is silent.
	Log zerolog.Logger
}

// Default limits, see Config.
const (
	DefaultMaxMemory      = 1 << 30
	DefaultMaxCallDepth   = 1000
	DefaultMaxHandles     = 1_000_000
	DefaultMaxObjectBytes = 256 << 20
	DefaultMaxValueBytes  = 256 << 20

	// leastInHost is what the defaults of MaxObjectBytes and MaxValueBytes are at least.
	leastInHost = 16 << 20
)

// highestCallDepth bounds Config.MaxCallDepth: a nested call takes 5 KiB of Go
// stack, 10 KiB with the interpreter, besides what engine.Stacks counts; Go ends
// the process at 1 GB.
const highestCallDepth = 20_000

func (c Config) withDefaults() Config {
	if c.Budget == nil {
		c.Budget = budget.Default()
	}
	if c.MaxMemory == 0 {
		c.MaxMemory = DefaultMaxMemory
	}
	if c.MaxCallDepth <= 0 {
		c.MaxCallDepth = DefaultMaxCallDepth
	}
	c.MaxCallDepth = min(c.MaxCallDepth, highestCallDepth)
	if c.MaxHandles <= 0 {
		c.MaxHandles = DefaultMaxHandles
	}
	// A component that may have little has no more of it in the host.
	most := max(c.MaxMemory, leastInHost)
	if c.MaxObjectBytes == 0 {
		c.MaxObjectBytes = min(DefaultMaxObjectBytes, most)
	}
	if c.MaxValueBytes == 0 {
		c.MaxValueBytes = min(DefaultMaxValueBytes, most)
	}
	switch {
	case c.Descriptors != nil:
	case c.Budget == budget.Default():
		c.Descriptors = defaultDescriptors()
	default:
		c.Descriptors = GuestDescriptors(c.Budget.Descriptors)
	}
	return c
}

func (c Config) engine(q *budget.Process) engine.Config {
	return engine.Config{Kind: c.Engine, CacheDir: c.CacheDir, CacheSeed: c.CacheSeed, Kept: c.CacheKept, Log: c.Log, Quotas: *q}
}

// Stdio are the standard streams of one instance of a composition. A nil stream
// is empty, or swallows everything.
type Stdio struct {
	In       io.Reader
	Out, Err io.Writer
	// Until, if it is not nil, is how long the end of the instance waits for Out and Err to
	// take what was written: until it is done. Otherwise that is a second.
	Until context.Context
}

// PromptWriter is implemented by outputs that never wait: a guest writes to them by
// itself, where others have a goroutine and a buffer between.
type PromptWriter interface {
	io.Writer
	// Prompt does nothing.
	Prompt()
}

// InstanceOptions are what differs between the instances of one composition.
type InstanceOptions struct {
	// Stdio are the standard streams of all components.
	Stdio Stdio
	// StdioOf, if it is not nil, gives each component its own instead. It is called
	// with the component's name when that first uses them, and outputs that are
	// io.Closers are closed with the instance. running gives the context of the call
	// that runs in the instance, or ran last, with the values that a Tracer gave it: the
	// one that what is written belongs to, but for what a guest keeps to itself until
	// another call.
	StdioOf func(component string, running func() context.Context) Stdio
	// Refused, if it is not nil, is told what Config.Refused is told of all instances, but of
	// this one alone, and of each thing again: for who sees this instance only.
	Refused func(Refusal)
	// KeepMemory has components that have much memory in the instance already leave a
	// quarter of the budget's to other instances: for instances of which there are many, so
	// that some which take what they can get do not end the others.
	KeepMemory bool
	// Took, if it is not nil, is told how many bytes of the composition's memory the
	// instance has taken, each time, from its start functions on; not what it gives back.
	Took func(bytes uint64)
}
