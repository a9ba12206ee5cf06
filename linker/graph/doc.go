// Package graph is the data that says who provides what to whom in a composition.
//
// In: linker/resolve makes it. Out: linker/compile reads it; people read it as
// text, a picture (SVG), Graphviz, Mermaid or JSON.
// Next: linker/compile. Must not import: linker/resolve, linker/compile, host,
// plugins.
package graph
