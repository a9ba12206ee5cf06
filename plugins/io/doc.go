// Package io implements wasi:io: errors, pollables and streams. What waits and
// what streams is given by other plugins as Go values: Event, Input, Output.
//
// In: events and byte streams of Go. Out: the resources of wasi:io. Next: the
// plugins with streams (cli, filesystem, sockets, http). Must not import: other
// plugins, but for their WIT.
package io
