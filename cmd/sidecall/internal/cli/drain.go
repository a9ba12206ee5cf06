package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
)

func (a *app) drainCommand() *cobra.Command {
	var wait time.Duration
	cmd := &cobra.Command{
		Use:   "drain [PROCESS]",
		Short: "Have a server send its clients away before it is ended",
		Long: `drain has a process that serves a composition withdraw its readiness, and tell its clients
that their connections end: with the next answer by HTTP/1.1 (Connection: close), at once
by HTTP/2 (GOAWAY). It goes on to answer all that comes, also by new connections, until it
is ended by a signal. There is no way back. PROCESS is a process's number, or a
composition's name; without it the only one there is.

A pod's preStop hook is where it belongs, as sidecall kube has it: Kubernetes ends a pod
and takes it out of its Service at the same time, and --wait is for the time that the
latter takes. It waits also if there is no process to be told.`,
		Example: `  sidecall drain
  sidecall drain shop && sleep 5 && kill 4711
  sidecall drain --wait 5s        # in a pod: preStop: {exec: {command: [sidecall, drain, --wait, 5s]}}`,
		Args: noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if wait < 0 {
				return &usageError{message: "--wait: must not be negative", hint: "leave it out not to wait"}
			}
			until := time.Now().Add(wait)
			err := a.drain(cmd.Context(), first(args))
			select {
			case <-time.After(time.Until(until)):
			case <-cmd.Context().Done():
			}
			return err
		},
	}
	cmd.Flags().DurationVar(&wait, "wait", 0, "return after a `TIME`")
	settings.Flags(cmd.Flags(), settings.Control)
	return cmd
}

// drain tells the one process that is meant.
func (a *app) drain(ctx context.Context, name string) error {
	if name == "" {
		name = anyProcess
	}
	c, err := a.process(ctx, name)
	if err != nil {
		return err
	}
	if err := c.Drain(ctx); err != nil {
		return fmt.Errorf("clients were not told: %w", err)
	}
	return nil
}
