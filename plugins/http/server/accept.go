package server

import (
	"errors"
	"net"
	"os"
	"time"

	"github.com/rs/zerolog"
)

// acceptor tells the log that clients cannot be accepted, as when the process has no
// file descriptors left: net/http tries again, and clients wait.
type acceptor struct {
	net.Listener
	log  zerolog.Logger
	told time.Time // when it was told last; Accept is one goroutine's
}

// acceptInterval is the time between two lines of the log that say the same.
const acceptInterval = 10 * time.Second

// Accept is the listener's.
func (a *acceptor) Accept() (net.Conn, error) {
	c, err := a.Listener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) { // the server ends, see Server.stopListening
		_ = a.Close() // it is closed again, by whoever serves
		return nil, net.ErrClosed
	}
	if err != nil && !errors.Is(err, net.ErrClosed) && time.Since(a.told) >= acceptInterval {
		a.told = time.Now()
		a.log.Error().Err(err).Msg("clients cannot be accepted")
	}
	return c, err
}
