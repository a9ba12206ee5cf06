//go:build !linux

package control

import "net"

// mayConnect leaves it to the directory's permissions.
func mayConnect(net.Conn) bool { return true }
