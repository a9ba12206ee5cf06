package server_test

import (
	"net"
	"testing"

	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestConnections has more clients than may be connected: the log tells it, and who waits
// is served when others leave.
func TestConnections(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{Connections: 2}})
	var idle []net.Conn
	for range 2 {
		c, err := net.Dial("tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		idle = append(idle, c)
	}
	line := s.log.one(t, "as many clients are connected as may be, others wait; see http.limits.connections")
	if line["clients"] != 2.0 {
		t.Errorf("logged is %v", line)
	}
	idle[0].Close()
	s.want("/hello", 200, "hello")
}
