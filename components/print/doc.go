// Package print shows what a component imports and exports, as text in the style
// of WIT and as data.
//
// In: the type of a valid component. Out: World, text or JSON.
// Next: cmd/sidecall inspect. Must not import: anything of ours but wit.
package print
