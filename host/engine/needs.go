package engine

import (
	"sync"

	"github.com/sidecall/sidecall/host/budget"
)

// Needs are what an instance of a module takes besides its linear memory.
type Needs struct {
	// Tables, with Elements elements together when they are made, Globals, Imports,
	// Functions, Segments of data and elements, and References: functions that segments
	// and globals refer to.
	Tables, Elements, Globals, Imports, Functions, Segments, References uint64
}

// ElementBytes is what an element of a table takes.
const ElementBytes = 8

// Bytes is what wazero allocates for an instance, in bytes, more rather than less.
func (n *Needs) Bytes(interpreted bool) uint64 {
	sum := 2048 + 128*n.Tables + ElementBytes*n.Elements + 96*n.Globals + 64*n.Imports + 48*n.Segments + 128*n.References
	if interpreted {
		sum += 48 * n.Functions
	}
	return sum
}

// code counts what compiled modules take.
type code struct {
	quotas *budget.Process
	mu     sync.Mutex
	// bytes and modules are guarded by mu.
	bytes, modules uint64
}

const (
	// compiledBytes and interpretedBytes are what a byte of WebAssembly becomes.
	compiledBytes    = 6
	interpretedBytes = 24
	// compilerFree is what the compiler may take of the reserve for Go: real modules take a
	// quarter to a half of the estimate, and small containers have to compile them, too.
	compilerFree = 16 << 20
)

// CompilerMemory is how much of what guests may have is taken while a module is compiled for
// which the compiler is estimated to take n bytes.
func CompilerMemory(n uint64) uint64 { return n - min(n, compilerFree) }

// take counts a module of n bytes, which is there already: mappings can be refused, as
// Go could not do without; the memory cannot.
func (c *code) take(n uint64) error {
	if err := c.quotas.Mappings.Take(1); err != nil {
		return err
	}
	c.quotas.Memory.Force(n)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.bytes += n
	c.modules++
	return nil
}

func (c *code) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.quotas.Memory.Give(c.bytes)
	c.quotas.Mappings.Give(c.modules)
	c.bytes, c.modules = 0, 0
}
