package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
)

// anyProcess stands for the only process there is.
const anyProcess = "any"

// inContainer tells that the composition that runs is the one that is meant, and not
// one in the current directory: the shim says where to look for it.
func (a *app) inContainer() bool {
	return filepath.IsAbs(os.Getenv(settings.EnvName(settings.Control)))
}

// processes asks all processes what they do; only keeps those that it names by number
// or composition, all if it is empty. Those that end meanwhile are left out. If some do
// not answer, the others are returned with the error.
func (a *app) processes(ctx context.Context, only string) ([]*control.Client, []control.Status, error) {
	dir := a.controlDir()
	if dir == "" {
		return nil, nil, &usageError{message: "--control is off: nothing can be seen", hint: "leave it out, or say where the processes have it"}
	}
	found, err := control.Find(dir, a.settings.Control != "")
	if err != nil {
		return nil, nil, fmt.Errorf("looking for processes: %w", err)
	}
	stats := make([]control.Status, len(found))
	errs := make([]error, len(found))
	var wg sync.WaitGroup
	for i, c := range found {
		wg.Go(func() { stats[i], errs[i] = c.Status(ctx) })
	}
	wg.Wait()
	var (
		clients []*control.Client
		out     []control.Status
		failed  []error
	)
	for i, c := range found {
		switch {
		case errors.Is(errs[i], control.ErrGone):
		case errs[i] != nil:
			failed = append(failed, errs[i])
		case only == "" || only == strconv.Itoa(c.PID) || only == stats[i].Composition:
			stats[i].PID = c.PID // as it is seen from here
			clients, out = append(clients, c), append(out, stats[i])
		}
	}
	return clients, out, errors.Join(failed...)
}

// process finds the one process that is meant.
func (a *app) process(ctx context.Context, name string) (*control.Client, error) {
	only := name
	if name == anyProcess {
		only = ""
	}
	clients, stats, err := a.processes(ctx, only)
	if len(clients) == 1 {
		return clients[0], nil
	}
	if err != nil {
		return nil, err
	}
	if len(clients) == 0 {
		message := "no composition runs here"
		if only != "" {
			message = fmt.Sprintf("no process here has the number or runs the composition %s", only)
		}
		return nil, &usageError{message: message, hint: "sidecall ps shows what runs"}
	}
	var list []string
	for _, s := range stats {
		list = append(list, fmt.Sprintf("%d (%s)", s.PID, s.Composition))
	}
	return nil, &usageError{message: "several processes run compositions: " + strings.Join(list, ", "), hint: "say which one is meant by its number"}
}
