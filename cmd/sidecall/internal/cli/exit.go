package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
)

// Exit codes of sidecall itself. A guest that ends with a code of its own passes it on.
const (
	exitOK         = 0
	exitFailure    = 1   // running failed
	exitUsage      = 2   // the command line or the configuration is wrong
	exitManifest   = 3   // the manifest is wrong
	exitLink       = 4   // a component is wrong, or they do not fit together
	exitTimeout    = 124 // the guest was ended by --timeout, as timeout(1) says it
	exitSignalBase = 128 // a signal ended sidecall: 130 for Ctrl-C
	exitTrap       = 134 // the guest trapped: 128 + SIGABRT
)

// usageError is a wrong command line.
type usageError struct{ message, hint string }

func (e *usageError) Error() string { return e.message }

// advisedError is an error of running that the user can do something about.
type advisedError struct {
	err  error
	hint string
}

func (e *advisedError) Error() string { return e.err.Error() }
func (e *advisedError) Unwrap() error { return e.err }

// configError is a wrong configuration: exit code 2 with positions.
type configError struct{ list diag.List }

func (e *configError) Error() string { return (&diag.Failure{List: e.list}).Error() }

// statusError ends the process with a code and says nothing more.
type statusError struct{ code int }

func (e *statusError) Error() string { return fmt.Sprintf("exit status %d", e.code) }

// signalError says that a signal ended the run; as the cause of a context it is also
// how the run learns of it.
type signalError struct{ signal os.Signal }

func (e *signalError) Error() string { return e.signal.String() }

// errTimeout is the cause of a context whose --timeout has passed.
var errTimeout = errors.New("time is up")

// finish reports err and returns the exit code for it.
func (a *app) finish(err error) int {
	var (
		usage     *usageError
		config    *configError
		refused   *refusedError
		status    *statusError
		advised   *advisedError
		signalled *signalError
		trap      *host.Trap
		failure   *diag.Failure
		file      *linker.FileError
		malformed *binary.Error
		invalid   *validate.Error
	)
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &status):
		return status.code
	case errors.As(err, &usage):
		a.complain(usage.message, usage.hint)
		return exitUsage
	case errors.As(err, &config):
		for _, d := range config.list {
			if d.Pos.File == "" {
				a.complain(d.Message, d.Hint)
				continue
			}
			_ = report.Diagnostics(a.stderr, a.style, diag.List{d})
		}
		return exitUsage
	case errors.As(err, &refused):
		_ = report.Diagnostics(a.stderr, a.style, diag.List{refused.Diagnostic})
		return exitUsage
	case errors.As(err, &failure):
		_ = report.Diagnostics(a.stderr, a.style, failure.List)
		if failure.List.Stage() == diag.Manifest {
			return exitManifest
		}
		return exitLink
	case errors.As(err, &file):
		a.complain(file.Error(), file.Hint)
		return exitLink
	case errors.As(err, &malformed), errors.As(err, &invalid):
		if what, hint, ok := linker.BuiltFor(err); ok {
			a.complain("the component "+what+"\n"+err.Error(), hint)
			return exitLink
		}
		a.complain(err.Error(), "")
		return exitLink
	case errors.As(err, &signalled):
		if s, ok := signalled.signal.(syscall.Signal); ok {
			return exitSignalBase + int(s)
		}
		return exitFailure
	case errors.Is(err, errTimeout), errors.Is(err, context.DeadlineExceeded):
		a.complain(err.Error(), "")
		return exitTimeout
	case errors.As(err, &trap):
		a.reportTrap(trap)
		return exitTrap
	case errors.As(err, &advised):
		a.complain(err.Error(), advised.hint)
		return exitFailure
	}
	a.complain(err.Error(), "")
	return exitFailure
}

// complain writes one error, and what to do about it.
func (a *app) complain(message, hint string) {
	fmt.Fprintf(a.stderr, "sidecall: %s %s\n", a.style.Error("error:"), printable.Lines(message, "  "))
	if hint != "" {
		fmt.Fprintf(a.stderr, "  %s %s\n", a.style.Hint("hint:"), printable.Lines(hint, "    "))
	}
}

func (a *app) reportTrap(trap *host.Trap) {
	fmt.Fprintf(a.stderr, "sidecall: %s the guest trapped\n%s", a.style.Error("error:"), trap.Report())
}
