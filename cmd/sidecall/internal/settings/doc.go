// Package settings reads what a user can set for every command: flags, the
// environment (SIDECALL_…) and a configuration file, in this order of precedence.
//
// In: parsed flags, the environment. Out: Settings, checked. Next: cli. Must not
// import: anything of ours but linker/diag.
package settings
