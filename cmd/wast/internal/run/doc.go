// Package run executes test scripts: it decodes, validates, links, instantiates
// and calls what the commands say, and compares what happens with what should.
//
// In: script.Script. Out: a report.Result for every command. Next: cmd/wast.
// Must not import: plugins.
package run
