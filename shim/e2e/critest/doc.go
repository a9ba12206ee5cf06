// Package critest runs the Kubernetes project's tests of container runtimes twice, once
// with containerd's own runc handler and once with ours: what passes with runc must pass
// with the shim, as Linux containers are runc's there too.
//
// In: run.sh, which builds and starts everything. Without it the test is skipped and says
// so. Out: only test results, one for each of critest's cases. Must not import: anything
// of ours but shim/e2e/testnode.
package critest
