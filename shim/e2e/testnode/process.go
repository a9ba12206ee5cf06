//go:build linux

package testnode

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// Process is a program that is started again when it ends, as systemd would.
type Process struct {
	name  string
	args  []string
	log   *os.File
	began func(pid int) error

	mu      sync.Mutex
	current *exec.Cmd
	stopped bool
	done    chan struct{}
}

// Start starts a program that writes to a log file. began is called with each
// process's id; it may be nil.
func Start(logFile string, began func(pid int) error, name string, args ...string) (*Process, error) {
	log, err := os.OpenFile(logFile, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	p := &Process{name: name, args: args, log: log, began: began, done: make(chan struct{})}
	if err := p.start(); err != nil {
		return nil, err
	}
	go p.keep()
	return p, nil
}

func (p *Process) start() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stopped {
		return nil
	}
	cmd := exec.Command(p.name, p.args...)
	cmd.Stdout, cmd.Stderr = p.log, p.log
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.name, err)
	}
	p.current = cmd
	if p.began != nil {
		return p.began(cmd.Process.Pid)
	}
	return nil
}

func (p *Process) keep() {
	defer close(p.done)
	for {
		_ = p.current.Wait() // its log says why it ended
		p.mu.Lock()
		stopped := p.stopped
		p.mu.Unlock()
		if stopped {
			return
		}
		time.Sleep(200 * time.Millisecond) // between restarts, as systemd has it
		if err := p.start(); err != nil {
			fmt.Fprintln(p.log, err)
			return
		}
	}
}

// Stop ends the program for good.
func (p *Process) Stop() {
	p.mu.Lock()
	p.stopped = true
	_ = p.current.Process.Signal(syscall.SIGTERM)
	p.mu.Unlock()
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		_ = p.current.Process.Kill()
		<-p.done
	}
	_ = p.log.Close()
}

// Eventually calls f until it succeeds or the limit is over.
func Eventually(limit time.Duration, f func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := f()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
