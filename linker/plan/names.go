package plan

import "strconv"

// FlagName is the export name of a flag of component instance i in the flags module.
func FlagName(f Flag, i int) string { return string(rune(f)) + strconv.Itoa(i) }

// HTTPHandler is the interface by which a composition answers requests, without its
// version.
const HTTPHandler = "wasi:http/incoming-handler"
