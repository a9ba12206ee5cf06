// Package e2e tests the shim against a real containerd and runc, through CRI, as a
// Kubernetes node uses them.
//
// In: SIDECALL_E2E, a directory whose bin holds containerd and ctr, as build.sh fills
// it; root; runc; for pods with a network of their own, CNI's plugins. Without them the
// tests are skipped and say what is missing.
// Out: only test results. Must not import: anything of ours but components/store.
package e2e
