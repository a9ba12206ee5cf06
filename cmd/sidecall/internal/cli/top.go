package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/control"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
)

// leastInterval is how often top asks at most.
const leastInterval = 100 * time.Millisecond

func (a *app) topCommand() *cobra.Command {
	var interval time.Duration
	var count int
	var once bool
	cmd := &cobra.Command{
		Use:   "top [PROCESS]",
		Short: "Show what compositions are doing, again and again",
		Long: `top shows what ps shows, with what happened since it showed it last: requests and traps
per second, and the processor time of each process. It is not known what part of that a
component took. The first view comes after one interval.

On a terminal the views replace each other; otherwise they follow each other, and -o json
prints one line for each.`,
		Example: `  sidecall top
  sidecall top --once -o json | jq '.processes[].rates'
  kubectl exec -it POD -- sidecall top`,
		Args: noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			if interval < leastInterval {
				return &usageError{message: fmt.Sprintf("--interval: %s is too short", interval), hint: "the least is " + leastInterval.String()}
			}
			if count < 0 {
				return &usageError{message: "--count: must not be negative", hint: "0 is for ever"}
			}
			if once {
				count = 1
			}
			return a.top(cmd.Context(), first(args), format, interval, count)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.DurationVarP(&interval, "interval", "d", 2*time.Second, "the `TIME` between views")
	flags.IntVarP(&count, "count", "n", 0, "end after `N` views (0: never)")
	flags.BoolVar(&once, "once", false, "end after the first view, as -n 1")
	settings.Flags(flags, settings.Control)
	outputFlag(cmd, "text", "json")
	return cmd
}

// view is what top shows at one time.
type view struct {
	Time      time.Time     `json:"time"`
	Processes []processView `json:"processes"`
}

type processView struct {
	control.Status
	Rates rates `json:"rates"`
}

// rates are those since the last view; nil is not known.
type rates struct {
	CPUPercent        *float64 `json:"cpuPercent,omitempty"`
	RequestsPerSecond *float64 `json:"requestsPerSecond,omitempty"`
	TrapsPerSecond    *float64 `json:"trapsPerSecond,omitempty"`
}

func (a *app) top(ctx context.Context, only, format string, interval time.Duration, count int) error {
	if only != "" {
		if _, err := a.process(ctx, only); err != nil {
			return err
		}
	}
	_, before, err := a.processes(ctx, only)
	if err != nil && len(before) == 0 {
		return err
	}
	last := time.Now()
	for n := 1; ; n++ {
		select {
		case <-time.After(interval):
		case <-ctx.Done():
			return context.Cause(ctx)
		}
		_, now, err := a.processes(ctx, only)
		at := time.Now()
		v := view{at.Round(0), []processView{}}
		for _, s := range now {
			v.Processes = append(v.Processes, processView{s, since(before, s, at.Sub(last))})
		}
		before, last = now, at
		if printErr := a.printView(v, format, n > 1); printErr != nil {
			return printErr
		}
		if count > 0 && n >= count {
			return err
		}
	}
}

// since computes a process's rates.
func since(before []control.Status, now control.Status, took time.Duration) rates {
	for _, b := range before {
		if b.PID != now.PID || !b.Started.Equal(now.Started) {
			continue
		}
		per := func(n float64) *float64 {
			n /= took.Seconds()
			return &n
		}
		r := rates{TrapsPerSecond: per(float64(now.Traps - b.Traps))}
		if now.Requests != nil && b.Requests != nil {
			r.RequestsPerSecond = per(float64(now.Requests.Total - b.Requests.Total))
		}
		if now.Usage.CPU != nil && b.Usage.CPU != nil {
			r.CPUPercent = per(100 * (*now.Usage.CPU - *b.Usage.CPU))
		}
		return r
	}
	return rates{}
}

func (a *app) printView(v view, format string, more bool) error {
	if format == "json" {
		return json.NewEncoder(report.CleanJSON(a.stdout)).Encode(v)
	}
	var err error
	switch {
	case report.IsTerminal(a.stdout):
		_, err = io.WriteString(a.stdout, "\x1b[H\x1b[2J")
	case more:
		_, err = io.WriteString(a.stdout, "\n")
	}
	style := a.outStyle()
	t := &report.Table{Left: 2}
	t.Row("PID", "COMPOSITION", "CPU", "REQ/S", "FLIGHT", "TRAPS/S", "TRAPS", "BUSY", "IDLE", "MEMORY", "UP")
	for _, p := range v.Processes {
		flight := ""
		if p.Requests != nil {
			flight = strconv.FormatInt(p.Requests.InFlight, 10)
		}
		t.Cells(report.Cell{Text: strconv.Itoa(p.PID)}, report.Cell{Text: p.Composition}, report.Cell{Text: rateText(p.Rates.CPUPercent, "%")},
			report.Cell{Text: rateText(p.Rates.RequestsPerSecond, "")}, report.Cell{Text: flight}, report.Cell{Text: rateText(p.Rates.TrapsPerSecond, "")},
			trouble(style, p.Traps), report.Cell{Text: strconv.Itoa(p.Instances.Busy)}, report.Cell{Text: strconv.Itoa(p.Instances.Idle)},
			report.Cell{Text: bytesText(p.Usage.Memory())}, report.Cell{Text: durationText(v.Time.Sub(p.Started))})
		for _, c := range p.Components {
			t.Cells(report.Cell{}, report.Cell{Text: "  " + c.Name}, report.Cell{}, report.Cell{}, report.Cell{}, report.Cell{},
				trouble(style, c.Traps), report.Cell{Text: strconv.Itoa(c.Busy)}, report.Cell{Text: strconv.Itoa(c.Idle)},
				report.Cell{Text: bytesText(c.Memory)}, report.Cell{})
		}
	}
	return errors.Join(err, t.Write(a.stdout, style))
}

func rateText(n *float64, unit string) string {
	if n == nil {
		return ""
	}
	return strconv.FormatFloat(*n, 'f', 1, 64) + unit
}
