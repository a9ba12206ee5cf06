// Package filesystem implements wasi:filesystem: the directories that a component
// is granted, and what is in them.
//
// Every path is resolved by os.Root, below the directory that the descriptor
// stands for: "..", absolute paths and symbolic links that lead out of it are not
// permitted, whatever changes on disk meanwhile. Where os.Root lacks an operation,
// it opens the parent directory, and the operation is done on the last component
// of the path, which is neither "." nor ".." and of which no link is followed.
//
// In: the grants of a component. Out: the WIT interfaces. Next: whoever composes a
// host. Must not import: other plugins but io and clocks.
package filesystem

import "github.com/sidecall/sidecall/host"

// Interfaces returns the interfaces of wasi:filesystem.
func Interfaces() []*host.Interface { return []*host.Interface{types(), preopens()} }
