//go:build !linux

package server

import (
	"errors"
	"net"
)

// refuseNew has no way to do that here: a request that comes at the very end may be lost.
func refuseNew(*net.TCPListener) error { return errors.ErrUnsupported }

// waiting is not known here.
func waiting(*net.TCPConn) bool { return false }
