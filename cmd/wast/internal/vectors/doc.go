// Package vectors runs canonical ABI vectors through the code that guests use:
// each becomes a small plan whose core module calls the host, or is called.
//
// In: vectors (FORMAT.md, section 6). Out: an Outcome for each. Next:
// cmd/wast/internal/run. Must not import: the linker's other packages, plugins.
package vectors
