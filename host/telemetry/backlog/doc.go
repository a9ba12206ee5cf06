// Package backlog carries the lines of a log to a writer that may be slow, or stop. Who
// logs never waits: lines wait in memory, up to a bound for each source of lines, and
// those beyond are dropped and counted. So a guest that floods the log takes no room from
// the host's own lines, and nobody's lines take more memory than that.
package backlog
