//go:build linux

package confine

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// Box is what a program is to see, and how much it may take.
type Box struct {
	// Program is a static program's file on the node, which everybody may execute, and Args
	// are its arguments, with its name.
	Program string
	Args    []string
	// Env is its whole environment.
	Env []string
	// Mount is an empty directory of the node's. The box's root is mounted there, which
	// nobody outside of the box sees.
	Mount string
	// Dirs are what it may read.
	Dirs []Dir
	// Space is how much it may write below Work, in bytes, which is memory.
	Space int64
	// Memory bounds what it can write to of its address space, in bytes, CPU its processor
	// time, in seconds.
	Memory, CPU uint64
}

// Dir is a directory of the node's and its name in the box, one below "/".
type Dir struct{ Source, Target string }

// Work is where a program may write, in its box, and where it starts.
const Work = "/work"

// name is what the executable is called with to do the second step.
const name = "sidecall-confine"

// Command is the command that runs the program. Its standard streams are the caller's to
// set. If it ends with the code Failed, what it wrote to standard error is why the program
// could not be started.
func (b *Box) Command(ctx context.Context) (*exec.Cmd, error) {
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "/proc/self/exe")
	cmd.Args = []string{name, string(text)}
	cmd.Dir, cmd.Env = "/", []string{}
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET |
		syscall.CLONE_NEWPID | syscall.CLONE_NEWIPC | syscall.CLONE_NEWUTS}
	return cmd, nil
}

// Failed is the exit code if the program could not be started.
const Failed = 125

// Main does the second step, if that is what the process was started for; then it does not
// return.
func Main() {
	if len(os.Args) != 2 || os.Args[0] != name {
		return
	}
	b := &Box{}
	err := json.Unmarshal([]byte(os.Args[1]), b)
	if err == nil {
		err = b.enter()
	}
	fmt.Fprintf(os.Stderr, "confining %s: %v\n", b.Program, err)
	os.Exit(Failed)
}
