// Package install changes a node's containerd configuration so that it knows the
// runtime sidecall, and changes it back.
//
// In: the text of config.toml. Out: its text with a marked block at the end, or without.
// Next: cmd/sidecall, which copies programs and restarts containerd. Must not import:
// anything of ours.
//
// The text is never written anew: what somebody put there, comments included, stays as
// it is, byte for byte. The result is parsed before anybody gets it.
package install
