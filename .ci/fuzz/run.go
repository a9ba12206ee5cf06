package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// minimizing bounds how long Go's fuzzer may make one input smaller: a minute by
	// default, in which it tries nothing new.
	minimizing = time.Second
	// mostFound is how many failing inputs of one target are worth looking for: the
	// next ones are likely to be of the same fault.
	mostFound = 3
	// patience is how long a target may take beyond its share before it is said to hang.
	patience = 3 * time.Minute
)

// result is what came of one target.
type result struct {
	Target     string   `json:"target"`
	Seconds    float64  `json:"seconds"`
	Executions int64    `json:"executions"`
	New        int64    `json:"newInputs"`
	Corpus     int      `json:"corpus"`
	Dropped    int      `json:"dropped,omitempty"` // by minimising
	Coverage   float64  `json:"coverage"`          // of its package's statements, in percent
	Found      []string `json:"found,omitempty"`   // files with failing inputs
	Failure    string   `json:"failure,omitempty"` // why it could not run, or what it said
}

func (r result) String() string {
	s := fmt.Sprintf("%-55s %12d executions (%.0f/s), %d new inputs of %d, covers %.1f %% of its package",
		r.Target, r.Executions, float64(r.Executions)/max(r.Seconds, 1), r.New, r.Corpus, r.Coverage)
	if r.Dropped > 0 {
		s += fmt.Sprintf(", %d inputs dropped", r.Dropped)
	}
	for _, f := range r.Found {
		s += "\n  FOUND " + f
	}
	if r.Failure != "" {
		s += "\n  " + strings.ReplaceAll(strings.TrimSpace(r.Failure), "\n", "\n  ")
	}
	return s
}

// fuzz runs one target for its share of the time.
func (t *tree) fuzz(ctx context.Context, x target, share time.Duration, o options) result {
	res := result{Target: x.String()}
	bin, err := t.build(ctx, x, "fuzz", "-fuzz=.")
	if err != nil {
		res.Failure = err.Error()
		return res
	}
	// What failed once is tried first.
	if err := moveAll(filepath.Join(o.store, "found", x.folder, x.name), t.seeds(x), false); err != nil {
		res.Failure = err.Error()
		return res
	}
	begin := time.Now()
	for left := share; left > time.Second && len(res.Found) < mostFound; left = share - time.Since(begin) {
		out, err := t.once(ctx, bin, x, left, o)
		res.count(out)
		if ctx.Err() != nil || err == nil {
			break
		}
		found, moved := t.keepFound(x, o)
		res.Found = append(res.Found, found...)
		if len(found) == 0 && moved == nil && outOfTime(out) {
			break
		}
		res.Failure += tail(out)
		if len(found) == 0 { // a seed or an old finding fails, or the target itself does
			res.Found = append(res.Found, "see what it says")
			break
		}
		if moved != nil {
			res.Failure += moved.Error()
			break
		}
	}
	res.Seconds = time.Since(begin).Seconds()
	return res
}

// outOfTime tells whether Go's fuzzer took the end of its time for a failure, as it does at
// times on a busy machine.
func outOfTime(out string) bool {
	return strings.Contains(out, "\n    context deadline exceeded\n") && !strings.Contains(out, "Failing input written")
}

// once runs Go's fuzzer until the time is over or something fails.
func (t *tree) once(ctx context.Context, bin string, x target, d time.Duration, o options) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, d+patience)
	defer cancel()
	args := []string{"-test.run=^$", "-test.fuzz=^" + x.name + "$", "-test.fuzztime=" + d.String(),
		"-test.fuzzminimizetime=" + minimizing.String(), "-test.timeout=0",
		"-test.fuzzcachedir=" + filepath.Join(o.store, "corpus", filepath.FromSlash(x.folder))}
	if o.parallel > 0 {
		args = append(args, "-test.parallel="+strconv.Itoa(o.parallel))
	}
	cmd := exec.CommandContext(ctx, bin, args...)
	cmd.Dir = t.path(x)
	cmd.SysProcAttr = group
	cmd.Cancel = func() error { return killGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 5 * time.Second
	out, err := cmd.CombinedOutput()
	if err != nil && ctx.Err() == context.DeadlineExceeded {
		out = append(out, "\nit hangs: it did not end with its time\n"...)
	}
	return string(out), err
}

var progress = regexp.MustCompile(`(?m)^fuzz: elapsed: .*execs: (\d+) .*new interesting: (\d+) `)

// count adds the last of the sums that the fuzzer printed.
func (r *result) count(out string) {
	lines := progress.FindAllStringSubmatch(out, -1)
	if len(lines) == 0 {
		return
	}
	last := lines[len(lines)-1]
	execs, _ := strconv.ParseInt(last[1], 10, 64)
	fresh, _ := strconv.ParseInt(last[2], 10, 64)
	r.Executions += execs
	r.New += fresh
}

// tail is the end of what a target said, without its progress.
func tail(out string) string {
	var kept []string
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "fuzz: elapsed") {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept[max(0, len(kept)-40):], "")
}

// keepFound moves the failing inputs out of the copy of the tree.
func (t *tree) keepFound(x target, o options) (found []string, err error) {
	to := filepath.Join(o.store, "found", filepath.FromSlash(x.folder), x.name)
	entries, _ := os.ReadDir(t.seeds(x))
	for _, e := range entries {
		if _, err := os.Stat(filepath.Join(to, e.Name())); err != nil {
			found = append(found, filepath.Join(to, e.Name()))
		}
	}
	return found, moveAll(t.seeds(x), to, true)
}

// moveAll copies the files of one directory, which need not exist, to another.
func moveAll(from, to string, remove bool) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name())); err != nil {
			return err
		}
		if remove {
			if err := os.Remove(filepath.Join(from, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// group makes a target the leader of a process group: its workers end with it.
var group = &syscall.SysProcAttr{Setpgid: true}

func killGroup(pid int) error { return syscall.Kill(-pid, syscall.SIGKILL) }
