// Package logging implements wasi:logging, in its drafts: what components have to
// say, as entries of the host's log or as lines on their standard error.
//
// In: the host's log. Out: the WIT interfaces. Next: whoever composes a host. Must
// not import: other plugins but io.
package logging
