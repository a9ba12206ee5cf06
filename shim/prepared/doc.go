// Package prepared is what preparing a composition for containers yields, on its way from
// the process that did it, which reads what strangers wrote, to the shim, which keeps it.
//
// In: a directory of compiled code, as the engine's cache lays it out. Out: a stream, and at
// its other end the same directory, or an error. Next: cmd/sidecall writes, shim reads. Must
// not import: anything of ours.
//
// Who reads takes nothing on trust but what the code does: names have one form, files are
// regular, none is there twice, each has the sum that stands beside it, and all of them
// together have a bounded size. The code itself only containers of the same artifact run.
package prepared
