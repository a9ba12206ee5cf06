//go:build !linux

package server

import "net"

// refuseNew has no way to do that here: a request that comes at the very end may be lost.
func refuseNew(*net.TCPListener) {}

// waiting is not known here.
func waiting(*net.TCPConn) bool { return false }
