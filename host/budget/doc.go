// Package budget counts what is limited: bytes, address space, mappings of memory,
// file descriptors. A Quota is one limit, with what is used of it; quotas form
// chains, component → composition → process, and whoever takes takes from all. An
// Error says whose quota is used up, of what, how much there is, and what to change.
//
// In: limits, and what the system lets this process have (Detect). Out: quotas.
// Next: host/engine, host, and whoever admits requests or opens files.
// Must not import: anything of ours.
package budget
