// Package config implements wasi:config, in its drafts: the values that a component
// is configured with.
//
// In: the grants of a component. Out: the WIT interfaces. Next: whoever composes a
// host. Must not import: other plugins.
package config
