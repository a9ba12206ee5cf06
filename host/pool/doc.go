// Package pool hands out instances of a composition: a fresh one each time, one of
// some that are used again, or the same one to everybody in turn.
//
// In: *host.Composition, a Policy. Out: a Lease on an instance, for one call at a
// time. Next: servers. Must not import: anything of ours but host.
package pool
