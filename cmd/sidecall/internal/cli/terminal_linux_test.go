package cli

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal makes a pseudo-terminal and returns the side that programs write to, and a
// function that closes it and returns what was written.
func terminal(t *testing.T) (*os.File, func() string) {
	t.Helper()
	ours, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	if err := unix.IoctlSetPointerInt(int(ours.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(ours.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = got.ReadFrom(ours) // ends with an error when the other side is closed
	}()
	return theirs, func() string {
		theirs.Close()
		<-done
		ours.Close()
		return strings.ReplaceAll(got.String(), "\r\n", "\n")
	}
}

func TestColors(t *testing.T) {
	const plain = "sidecall: error: unknown command \"rnu\"\n  hint: did you mean sidecall run?\n"
	const colored = "sidecall: \x1b[1;31merror:\x1b[0m unknown command \"rnu\"\n  \x1b[36mhint:\x1b[0m did you mean sidecall run?\n"
	for _, test := range []struct {
		name, variable, value string
		args                  []string
		want                  string
	}{
		{"terminal", "TERM", "xterm", []string{"rnu"}, colored},
		{"NO_COLOR", "NO_COLOR", "1", []string{"rnu"}, plain},
		{"dumb terminal", "TERM", "dumb", []string{"rnu"}, plain},
		{"never", "TERM", "xterm", []string{"--color", "never", "rnu"}, plain},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("TERM", "xterm")
			t.Setenv("NO_COLOR", "")
			t.Setenv(test.variable, test.value)
			stderr, text := terminal(t)
			if code := Main(test.args, nil, &bytes.Buffer{}, stderr); code != exitUsage {
				t.Errorf("exit code %d", code)
			}
			if got := text(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// Nothing is shown of short work; of long work, a line that goes away.
func TestProgress(t *testing.T) {
	for _, test := range []struct {
		after time.Duration
		want  string
	}{
		{0, ""},
		{progressAfter + progressAfter/5, "\r\x1b[Kcompiling… 1s\r\x1b[K"},
	} {
		stderr, text := terminal(t)
		a := newApp(nil, nil, stderr)
		stop := a.progress("compiling")
		time.Sleep(test.after)
		stop()
		if got := text(); got != test.want {
			t.Errorf("after %s: got %q, want %q", test.after, got, test.want)
		}
	}
}
