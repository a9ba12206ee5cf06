// Package kubernetes tests Sidecall on a real Kubernetes of one node: what users do with
// kubectl, and what they see.
//
// In: run.sh, which builds and starts everything. Without it the tests are skipped and
// say so. Out: only test results. Must not import: anything of ours but shim/e2e/testnode.
package kubernetes
