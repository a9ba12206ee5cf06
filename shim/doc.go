// Package shim is the containerd shim io.containerd.sidecall.v1: containerd's own runc
// shim, with a look at each container before runc creates it.
//
// In: calls of containerd (the shim API v2, over ttrpc), bundles on disk.
// Out: containers. A Linux container is runc's, untouched. For WebAssembly the same
// runc gets the bundle rewritten: process 1 is the program sidecall, mounted read-only,
// in the container's own cgroup, namespaces, user, seccomp and root.
// Next: runc, and in the container shim/pod. Must not import: linker, host, plugins:
// what links and compiles is the program sidecall, run as a process of its own, so that
// the shim stays small and what compiling takes is given back.
//
//	Main            which of the shim's calls this is      main.go
//	start           the two bootstrap protocols            bootstrap.go, options.go
//	service.Create  Linux or WebAssembly                   service.go, shim/decide
//	                where the components are               image.go, entrypoint.go
//	                what its operator says                 shim/operator
//	                compiled code, once per node           node.go, prepare.go
//	                made where it can do no harm           shim/confine, shim/prepared
//	                process 1                              bundle.go, volumes.go, shim/pod
//	service.Exec    sidecall's own commands                exec.go
//	service.Delete  what the node need not keep            prune.go
//	prewarm, prune  asked for by sidecall node             house.go
//	service.Pids    what has ended and is not deleted      pids.go
//	while it waits  memory is given back                   shim/settle
//
// It runs on Linux only.
package shim
