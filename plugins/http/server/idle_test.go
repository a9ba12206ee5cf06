//go:build unix

package server_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The variables that make a process of this test one of clients that ask nothing:
// where to, and how many.
const (
	idleAddress = "SIDECALL_TEST_IDLE_ADDRESS"
	idleCount   = "SIDECALL_TEST_IDLE_COUNT"
)

func TestMain(m *testing.M) {
	if address := os.Getenv(idleAddress); address != "" {
		if err := idle(address, os.Getenv(idleCount)); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// idle connects, says so, and stays connected until standard input ends.
func idle(address, count string) error {
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	for i := range n {
		c, err := net.Dial("tcp", address)
		if err != nil {
			return fmt.Errorf("connection %d: %w", i, err)
		}
		defer c.Close()
	}
	fmt.Println("connected")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

// startIdle starts a process of count clients and waits until they are connected.
// leave ends it.
func startIdle(t *testing.T, address string, count int) (leave func()) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), idleAddress+"="+address, fmt.Sprint(idleCount, "=", count))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "connected\n" {
		t.Fatalf("clients: %s%v", line, err)
	}
	return func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
}

// TestIdleConnections keeps many clients connected that ask nothing. They are in
// processes of their own, as files are counted by process.
func TestIdleConnections(t *testing.T) {
	count := 10_000
	if testing.Short() {
		count = 500
	}
	var files unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &files); err != nil {
		t.Fatal(err)
	}
	if need := uint64(count) + 500; files.Cur < need {
		t.Skipf("this system allows a process %d files, and %d connections need %d", files.Cur, count, need)
	}
	s := serve(t, setup{})
	s.want("/hello", 200, "hello")
	before := descriptors()
	var leave []func()
	for range 2 {
		leave = append(leave, startIdle(t, s.Addr().String(), count/2))
	}
	// Connected is what the system says; the server takes them in its time.
	if before > 0 { // there is /proc
		inTime(t, "connections", func() bool { return descriptors() >= before+count })
	}
	// The machine may be busy: the best counts.
	best := time.Hour
	for i := 0; i < 20 && best > 100*time.Millisecond; i++ {
		start := time.Now()
		s.want("/hello", 200, "hello")
		best = min(best, time.Since(start))
	}
	if best > 500*time.Millisecond {
		t.Errorf("the fastest of 20 requests beside %d idle connections took %v", count, best)
	}
	for _, l := range leave {
		l()
	}
	inTime(t, "end of the connections", func() bool { return descriptors() <= before+10 })
}

// inTime waits for what takes long on a busy machine.
func inTime(t *testing.T, what string, cond func() bool) {
	t.Helper()
	for range 3000 {
		if cond() {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("not within a minute: %s", what)
}
