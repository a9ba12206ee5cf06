package server

import (
	"bytes"
	"net"
	"syscall"
	"testing"

	"github.com/rs/zerolog"
)

// refusing is a listener that only fails.
type refusing struct {
	net.Listener
	errs []error
}

func (r *refusing) Accept() (net.Conn, error) {
	err := r.errs[0]
	r.errs = r.errs[1:]
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: err}
}

// TestAcceptFails: that no client can be accepted is told once, and that the server
// ends is no failure.
func TestAcceptFails(t *testing.T) {
	var log bytes.Buffer
	a := &acceptor{Listener: &refusing{errs: []error{net.ErrClosed, syscall.EMFILE, syscall.EMFILE, net.ErrClosed}}, log: zerolog.New(&log)}
	for range 4 {
		if _, err := a.Accept(); err == nil {
			t.Fatal("no error")
		}
	}
	want := `{"level":"error","error":"accept tcp: too many open files","message":"clients cannot be accepted"}` + "\n"
	if log.String() != want {
		t.Errorf("logged %s, want %s", &log, want)
	}
}
