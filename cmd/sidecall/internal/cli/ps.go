package cli

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
)

func (a *app) psCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "ps [PROCESS]",
		Short: "Show the compositions that run, and their components",
		Long: `ps shows the processes of this user that run or serve a composition, with a line for
each component. PROCESS is a process's number, or a composition's name.

  POLICY            which requests share an instance
  BUSY, IDLE        instances in use, and those that wait for their next use
  FLIGHT, REQUESTS  requests under way, and all since the start
  AFTER             requests that are answered, but whose guest goes on
  TRAPS             calls that ended in a trap, by the component whose fault it was
  LOST              lines of the log that were dropped: of a component, that it wrote too
                    fast; or whose reader is too slow
  MEMORY            of a process: what it has in memory, where what is shared with
                    others is counted once (PSS); of a component: the size of its linear
                    memories, in all instances

In a container of a pod it shows that container: kubectl exec POD -- sidecall ps`,
		Example: `  sidecall ps
  sidecall ps shop
  sidecall ps -o json | jq '.[].components[] | {name, memory}'`,
		Args: noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			_, stats, err := a.processes(cmd.Context(), first(args))
			if len(args) > 0 && len(stats) == 0 && err == nil {
				_, err = a.process(cmd.Context(), args[0])
				return err
			}
			if format == "json" {
				if stats == nil {
					stats = []control.Status{}
				}
				return errors.Join(a.printJSON(stats), err)
			}
			return errors.Join(a.psTable(stats), err)
		},
	}
	settings.Flags(cmd.Flags(), settings.Control)
	outputFlag(cmd, "text", "json")
	return cmd
}

func first(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

func (a *app) psTable(stats []control.Status) error {
	style := a.outStyle()
	t := &report.Table{Left: 3, Last: true}
	t.Row("PID", "COMPOSITION", "POLICY", "BUSY", "IDLE", "FLIGHT", "AFTER", "REQUESTS", "TRAPS", "LOST", "MEMORY", "UP", "ADDRESS")
	for _, s := range stats {
		flight, after, total := "", "", ""
		if s.Requests != nil {
			flight, after, total = fmt.Sprint(s.Requests.InFlight), fmt.Sprint(s.Requests.AfterAnswer), fmt.Sprint(s.Requests.Total)
		}
		where := s.Address
		if s.Draining {
			where = "draining"
		}
		t.Cells(report.Cell{Text: strconv.Itoa(s.PID)}, report.Cell{Text: s.Composition}, report.Cell{Text: s.Instances.Policy},
			report.Cell{Text: strconv.Itoa(s.Instances.Busy)}, report.Cell{Text: strconv.Itoa(s.Instances.Idle)},
			report.Cell{Text: flight}, report.Cell{Text: after}, report.Cell{Text: total}, trouble(style, s.Traps), trouble(style, s.LostLines), report.Cell{Text: bytesText(s.Usage.Memory())},
			report.Cell{Text: durationText(time.Since(s.Started))}, report.Cell{Text: where})
		for _, c := range s.Components {
			t.Cells(report.Cell{}, report.Cell{Text: "  " + c.Name}, report.Cell{Text: c.Policy},
				report.Cell{Text: strconv.Itoa(c.Busy)}, report.Cell{Text: strconv.Itoa(c.Idle)}, report.Cell{}, report.Cell{}, report.Cell{},
				trouble(style, c.Traps), trouble(style, c.LostLines), report.Cell{Text: bytesText(c.Memory)}, report.Cell{}, report.Cell{})
		}
	}
	return t.Write(a.stdout, style)
}

// outStyle is the style of standard output.
func (a *app) outStyle() report.Style { return report.StyleFor(a.stdout, a.settings.Color, os.Getenv) }

// trouble shows a number that should be 0.
func trouble(style report.Style, n uint64) report.Cell {
	c := report.Cell{Text: strconv.FormatUint(n, 10)}
	if n > 0 {
		c.Paint = style.Trouble
	}
	return c
}

// bytesText is a size with three digits, empty if it is 0.
func bytesText(n uint64) string {
	if n == 0 {
		return ""
	}
	f, units := float64(n), []string{"B", "KiB", "MiB", "GiB", "TiB"}
	i := 0
	for ; f >= 1000 && i < len(units)-1; i++ {
		f /= 1024
	}
	if f < 10 && i > 0 {
		return fmt.Sprintf("%.2f %s", f, units[i])
	}
	return fmt.Sprintf("%.4g %s", f, units[i])
}

// durationText is a time with two units.
func durationText(d time.Duration) string {
	d = max(0, d)
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm%ds", int(d.Minutes()), int(d.Seconds())%60)
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh%dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d.Hours())/24, int(d.Hours())%24)
}
