// Package control lets a process that runs a composition tell of itself, and call it,
// for the commands ps, top, graph and call: over a Unix socket of the process's own user.
//
// In: a Process, a directory. Out: a socket <pid>.sock in it, which speaks HTTP with
// JSON, and a client for it. Next: cli. Must not import: anything of ours.
//
// The socket is private: the directory is its owner's alone (Directory), and where the
// system tells who has connected, others than the owner and root are turned away. Who
// may connect may still not harm the process: requests, connections, calls at a time
// and answers are bounded in size, number and time.
//
//	GET /v1/status             Status
//	GET /v1/graph?format=text  the composition's links, as sidecall graph prints them
//	GET /v1/functions          []Function
//	POST /v1/call              CallRequest, answered by CallReply
package control
