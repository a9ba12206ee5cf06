package cli_test

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// pseudoTerminal opens a new terminal.
func pseudoTerminal(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("this machine has no pseudo terminals: %v", err)
	}
	t.Cleanup(func() { master.Close() })
	if err := unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Skipf("pseudo terminals cannot be unlocked: %v", err)
	}
	n, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("the pseudo terminal cannot be opened: %v", err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty
}

func TestTerminals(t *testing.T) {
	tty := pseudoTerminal(t)
	file, err := os.Create(t.TempDir() + "/f")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, tt := range []struct {
		name  string
		stdio host.Stdio
		want  [3]bool
	}{
		{"none", host.Stdio{}, [3]bool{}},
		{"files", host.Stdio{In: file, Out: file, Err: file}, [3]bool{}},
		{"terminals", host.Stdio{In: tty, Out: tty, Err: tty}, [3]bool{true, true, true}},
		{"mixed", host.Stdio{In: tty, Out: file, Err: tty}, [3]bool{true, false, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := env(t, plan.Grants{}, tt.stdio)
			for i, s := range []string{"stdin", "stdout", "stderr"} {
				v := e.Must("wasi:cli/terminal-"+s+"@0.2.12", "get-terminal-"+s)
				own, is := v.Payload()
				if is != tt.want[i] {
					t.Errorf("%s: %v", s, is)
				}
				if is {
					plugintest.Drop(own)
				}
			}
		})
	}
}
