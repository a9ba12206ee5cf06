package server

import (
	"net"
	"os"
	"testing"
	"time"
)

// TestRefuseNew makes no connection for a listener any more, and keeps those that there are.
func TestRefuseNew(t *testing.T) {
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	first, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := refuseNew(l.(*net.TCPListener)); err != nil {
		t.Skip("the kernel lets nobody filter here:", err)
	}
	if c, err := net.DialTimeout("tcp", l.Addr().String(), 200*time.Millisecond); !os.IsTimeout(err) {
		t.Error("connected:", c, err)
	}
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if waiting(c.(*net.TCPConn)) {
		t.Error("there is something to read")
	}
	_, _ = first.Write([]byte("x"))
	for range 1000 {
		if waiting(c.(*net.TCPConn)) {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Error("nothing comes")
}
