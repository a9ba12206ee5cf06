// Package grants decides what a composition that came in an image may use. Its manifest
// only asks: for files, origins, sockets, buckets, addresses to listen at. Who runs it
// grants, by flags or by an answer that is remembered.
//
// In: a manifest, and what the command line allows. Out: the manifest without what was
// not granted, or a list of what it asks for. Next: linking. Must not import: anything of
// ours but linker/manifest, linker/plan, components/printable.
package grants
