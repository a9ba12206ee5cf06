//go:build !unix

package control

// UsageNow knows nothing here.
func UsageNow() Usage { return Usage{} }
