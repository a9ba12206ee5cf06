// Package script reads test scripts: the commands of one .wast file converted to
// JSON with its binaries beside it, and files of canonical ABI vectors.
//
// In: directories. Out: Script. Next: cmd/wast/internal/run.
// Must not import: anything of ours.
package script
