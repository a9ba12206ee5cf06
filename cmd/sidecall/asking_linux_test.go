package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// terminal makes a pseudo-terminal: the side of a person, and that of a program.
func terminal(t *testing.T) (person, program *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("no pseudo-terminals here: %v", err)
	}
	t.Cleanup(func() { person.Close() })
	if err := unix.IoctlSetPointerInt(int(person.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(person.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	program, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, program
}

// TestAnswer asks at a terminal what an image may use. The answer is remembered for the
// image, and for what it was about.
func TestAnswer(t *testing.T) {
	dir, guest := t.TempDir(), absolute(t, "testdata/guest/guest.wasm")
	env := append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(dir, "cache"), "XDG_STATE_HOME="+filepath.Join(dir, "state"), "NO_COLOR=1")
	pack := func(name, files string) {
		t.Helper()
		text := "apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents:\n" +
			"  app: { file: " + guest + ", args: [cat, /in/key, save, /out/new, x, cat, '-'], allow: { files: [" + files + "] } }\n"
		if err := os.WriteFile(filepath.Join(dir, "sidecall.yaml"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sidecall", "pack", ".", "-o", name)
		cmd.Dir, cmd.Env = dir, env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	for _, d := range []string{"in", "out", "other/in", "other/out"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for path, text := range map[string]string{"in/key": "secret\n", "other/in/key": "other\n"} {
		if err := os.WriteFile(filepath.Join(dir, path), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	const in, out = "{ host: ./in, guest: /in, readOnly: true }", "{ host: ./out, guest: /out }"
	pack("one.tar", in)
	pack("two.tar", in+", "+out)

	run := func(where, image, typed string) (shown, printed string) {
		t.Helper()
		person, program := terminal(t)
		cmd := exec.Command("sidecall", "run", filepath.Join(dir, image))
		var stdout bytes.Buffer
		cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = filepath.Join(dir, where), env, program, &stdout, program
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(30*time.Second, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
		if _, err := person.WriteString(typed + "\x04"); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // its exit code is not what this is about
		program.Close()
		var text bytes.Buffer
		_, _ = text.ReadFrom(person) // ends with an error when the other side is closed
		return strings.ReplaceAll(text.String(), "\r\n", "\n"), stdout.String()
	}
	for _, step := range []struct {
		what, where, image, typed string
		asks                      bool
		printed                   string
	}{
		{"no", ".", "one.tar", "n\n", true, ""},
		{"nothing", ".", "one.tar", "\n", true, ""},
		{"the end", ".", "one.tar", "", true, ""},
		{"once, and the rest is the guest's", ".", "one.tar", "o\nrest\n", true, "secret\ncannot write /out/new: Capabilities insufficient\nrest\n"},
		{"it was for once", ".", "one.tar", "n\n", true, ""},
		{"always", ".", "one.tar", "y\n", true, "secret\ncannot write /out/new: Capabilities insufficient\n"},
		{"remembered", ".", "one.tar", "input\n", false, "secret\ncannot write /out/new: Capabilities insufficient\ninput\n"},
		{"elsewhere it is another directory", "other", "one.tar", "n\n", true, ""},
		{"another image that asks for more", ".", "two.tar", "n\n", true, ""},
	} {
		shown, printed := run(step.where, step.image, step.typed)
		if asked := strings.Contains(shown, "Grant this?"); asked != step.asks || printed != step.printed {
			t.Errorf("%s: printed %q, want %q; shown:\n%s", step.what, printed, step.printed, shown)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "out", "new")); err == nil {
		t.Error("it wrote what was not granted")
	}
	shown, _ := run(".", "two.tar", "n\n")
	for _, want := range []string{"app: read " + dir + "/in, as /in\n", "app: read and write " + dir + "/out, as /out\n",
		"error: the image asks for what only who runs it can grant"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q is not shown:\n%s", want, shown)
		}
	}
	// What others could have written is no answer.
	answers, err := filepath.Glob(filepath.Join(dir, "state", "sidecall", "grants", "*"))
	if err != nil || len(answers) != 1 {
		t.Fatalf("%q, %v", answers, err)
	}
	if info, err := os.Stat(answers[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if err := os.Chmod(answers[0], 0o666); err != nil {
		t.Fatal(err)
	}
	if shown, printed := run(".", "one.tar", "n\n"); !strings.Contains(shown, "Grant this?") || printed != "" {
		t.Errorf("an answer that everybody could have written: printed %q, shown:\n%s", printed, shown)
	}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}
