//go:build linux

package confine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// enter becomes the program. It returns only what went wrong.
func (b *Box) enter() error {
	runtime.LockOSThread() // what prctl says holds for one thread, from which the program starts
	// Opened while it can be seen; executed where it cannot.
	program, err := unix.Open(b.Program, unix.O_PATH|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	pid, err := os.Readlink("/proc/self") // the node's /proc, still: os.Getpid is 1
	if err != nil {
		return err
	}
	user := stranger(pid)
	_ = os.WriteFile("/proc/self/oom_score_adj", []byte("1000"), 0) // rather this than what the node runs
	for _, step := range []struct {
		what string
		do   func() error
	}{
		{"making its root", func() error { return b.makeRoot(int(user)) }},
		{"leaving the node's root", b.leave},
		{"limiting what it may take", b.limit},
		{"giving up privileges", func() error { return giveUp(int(user)) }},
	} {
		if err := step.do(); err != nil {
			return fmt.Errorf("%s: %w", step.what, err)
		}
	}
	return execute(program, b.Args, b.Env)
}

// strangerBase begins a range of user ids that nobody gives to users, containers or
// services: systemd's list of ranges has it as unused.
const strangerBase = 0x7f5c0000

// stranger is a user id that owns nothing and that no other process has: two that run at
// the same time could otherwise send each other signals. pid is one of the node's.
func stranger(pid string) uint32 {
	var n uint32
	if _, err := fmt.Sscan(pid, &n); err != nil {
		n = 0
	}
	return strangerBase + n&0x3fffff // as many as Linux has processes, at most
}

// makeRoot mounts what the program will see.
func (b *Box) makeRoot(user int) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return err
	}
	const closed = unix.MS_NOSUID | unix.MS_NODEV | unix.MS_NOEXEC
	if err := unix.Mount("tmpfs", b.Mount, "tmpfs", closed, fmt.Sprintf("mode=755,size=%d,nr_inodes=65536", b.Space)); err != nil {
		return err
	}
	work := filepath.Join(b.Mount, Work)
	if err := errors.Join(os.Mkdir(work, 0o700), os.Chown(work, user, user)); err != nil {
		return err
	}
	for _, d := range b.Dirs {
		target := filepath.Join(b.Mount, d.Target)
		if err := os.Mkdir(target, 0o755); err != nil {
			return err
		}
		if err := unix.Mount(d.Source, target, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("%s: %w", d.Source, err)
		}
		if err := unix.Mount("", target, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY|closed, ""); err != nil {
			return fmt.Errorf("%s: %w", d.Source, err)
		}
	}
	return nil
}

// leave makes the new root the only one.
func (b *Box) leave() error {
	if err := unix.Chdir(b.Mount); err != nil {
		return err
	}
	switch err := unix.PivotRoot(".", "."); {
	case err == nil:
		if err := unix.Unmount(".", unix.MNT_DETACH); err != nil { // the old one lies on top
			return err
		}
	case errors.Is(err, unix.EINVAL): // a node that runs from its initial file system
		if err := unix.Mount(".", "/", "", unix.MS_MOVE, ""); err != nil {
			return err
		}
		if err := unix.Chroot("."); err != nil {
			return err
		}
	default:
		return err
	}
	return unix.Chdir(Work)
}

// niceness is how much the program gives way to what else the node runs.
const niceness = 10

// limit sets what the kernel counts for the process.
func (b *Box) limit() error {
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, niceness); err != nil {
		return err
	}
	for _, l := range []struct {
		resource int
		most     uint64
	}{
		{unix.RLIMIT_CORE, 0},
		{unix.RLIMIT_CPU, b.CPU},
		{unix.RLIMIT_DATA, b.Memory},
		{unix.RLIMIT_FSIZE, uint64(b.Space)},
		{unix.RLIMIT_MEMLOCK, 0},
		{unix.RLIMIT_MSGQUEUE, 0},
		{unix.RLIMIT_NOFILE, 256},
		{unix.RLIMIT_NPROC, 256}, // threads are counted
	} {
		if err := unix.Setrlimit(l.resource, &unix.Rlimit{Cur: l.most, Max: l.most}); err != nil {
			return err
		}
	}
	return nil
}

// giveUp makes the process nobody, for good.
func giveUp(user int) error {
	for c := 0; c <= unix.CAP_LAST_CAP; c++ {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, uintptr(c), 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
			return err // an older kernel has fewer
		}
	}
	// Without any of its ids being root's, the kernel takes all capabilities as well.
	if err := errors.Join(unix.Setgroups(nil), unix.Setresgid(user, user, user), unix.Setresuid(user, user, user)); err != nil {
		return err
	}
	return unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
}

// execute replaces the process by the program of a descriptor. Whatever else is open is
// closed by that.
func execute(program int, args, env []string) error {
	if err := unix.CloseRange(3, ^uint(0), unix.CLOSE_RANGE_CLOEXEC); err != nil && !errors.Is(err, unix.ENOSYS) {
		return err // Go opens everything so that it closes, whatever the kernel
	}
	argv, err := pointers(args)
	if err != nil {
		return err
	}
	envv, err := pointers(env)
	if err != nil {
		return err
	}
	empty, err := unix.BytePtrFromString("")
	if err != nil {
		return err
	}
	_, _, errno := unix.RawSyscall6(unix.SYS_EXECVEAT, uintptr(program), uintptr(unsafe.Pointer(empty)),
		uintptr(unsafe.Pointer(&argv[0])), uintptr(unsafe.Pointer(&envv[0])), unix.AT_EMPTY_PATH, 0)
	switch errno {
	case unix.EACCES:
		return errors.New("not everybody may execute it")
	case unix.ENOENT:
		return errors.New("it is not static: it asks for an interpreter")
	}
	return fmt.Errorf("executing it: %w", errno)
}

// pointers is what the kernel takes for a list of strings.
func pointers(list []string) ([]*byte, error) {
	out := make([]*byte, 0, len(list)+1)
	for _, s := range list {
		p, err := unix.BytePtrFromString(s)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return append(out, nil), nil
}
