package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/cache"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components/evict"
	"github.com/sidecall/sidecall/components/printable"
)

func (a *app) cacheCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cache",
		Short: "List, prune and verify compiled code and images on this machine",
		Long: `cache lists what sidecall keeps between runs, the longest unused first: compiled code of
modules, images, and blobs that belong to no image.

  SIZE    of its files; a blob of several images counts with one of them
  UNUSED  since when nobody has used it, exact to an hour
  OF      the composition and module that code was made for first, or an image's names

All of it can be made or fetched again. What has been unused the longest goes when the
cache grows beyond --cache-size, which is looked at after something was compiled or
pulled, every ten minutes at most.`,
		Example: `  sidecall cache
  sidecall cache -o json | jq '.entries[] | select(.kind == "image")'
  sidecall cache prune --older 168h --to 500MiB
  sidecall cache verify --remove`,
		Args: noMore(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			dir, err := a.cacheRoot()
			if err != nil {
				return err
			}
			entries, err := cache.Open(dir).List()
			return errors.Join(a.showEntries(format, dir, entries), err)
		},
	}
	a.cacheFlags(cmd, settings.CacheSize)
	cmd.AddCommand(a.cachePruneCommand(), a.cacheVerifyCommand())
	return cmd
}

func (a *app) cacheFlags(cmd *cobra.Command, more ...string) {
	settings.Flags(cmd.Flags(), append(more, settings.CacheDir)...)
	outputFlag(cmd, "text", "json")
	_ = cmd.MarkFlagDirname(settings.CacheDir)
}

// listing is what cache and cache prune print as JSON.
type listing struct {
	Dir     string        `json:"dir"`
	Limit   uint64        `json:"limit"` // bytes, 0: none
	Total   int64         `json:"total"`
	DryRun  bool          `json:"dryRun,omitempty"`
	Entries []cache.Entry `json:"entries"`
}

func (a *app) showEntries(format, dir string, entries []cache.Entry) error {
	total := cache.Total(entries)
	if format == "json" {
		return a.printJSON(listing{Dir: dir, Limit: a.settings.CacheSize, Total: total, Entries: orEmpty(entries)})
	}
	if len(entries) > 0 {
		if err := a.entryTable(entries); err != nil {
			return err
		}
	}
	limit := "no limit"
	if a.settings.CacheSize > 0 {
		limit = "at most " + bytesText(a.settings.CacheSize)
	}
	_, err := fmt.Fprintf(a.stdout, "%s: %s, %s (%s)\n", printable.Text(dir), counted(len(entries)), sizeText(total), limit)
	return err
}

func (a *app) entryTable(entries []cache.Entry) error {
	t := &report.Table{Left: 2, Last: true}
	t.Row("KIND", "ID", "SIZE", "UNUSED", "OF")
	for _, e := range entries {
		t.Row(e.Kind, shortID(e.ID), sizeText(e.Size), durationText(time.Since(e.LastUsed)), strings.Join(e.Of, ", "))
	}
	return t.Write(a.stdout, a.outStyle())
}

// shortID is as much of a key or digest as tells it from others.
func shortID(id string) string {
	_, encoded, ok := strings.Cut(id, ":")
	if !ok {
		encoded = id
	}
	return encoded[:min(12, len(encoded))]
}

func sizeText(n int64) string { return cmp.Or(bytesText(uint64(max(0, n))), "0 B") }

func counted(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

func (a *app) cachePruneCommand() *cobra.Command {
	var older, to string
	var all, dry bool
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove what has not been used for long from the cache",
		Long: `prune removes what has been unused for longer than --older, and then the longest unused
until the rest is as small as --to; without both, until it is as small as --cache-size.
Images that were used in the last two hours stay. --all removes everything.

Processes that run are not disturbed: they have read what they need. One that is just
pulling or starting an image while --all removes it may have to be started again.`,
		Example: `  sidecall cache prune                 # to --cache-size
  sidecall cache prune --older 72h
  sidecall cache prune --to 500MiB --dry-run
  sidecall cache prune --all`,
		Args: noMore(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			rule, err := a.pruneRule(cmd, older, to, all)
			if err != nil {
				return err
			}
			dir, err := a.cacheRoot()
			if err != nil {
				return err
			}
			ctx, stop := a.untilSignal(context.Background())
			defer stop()
			gone, err := cache.Open(dir).Prune(ctx, rule, all, dry)
			return errors.Join(a.showGone(format, dir, gone, dry), err)
		},
	}
	flags := cmd.Flags()
	flags.SortFlags = false
	flags.StringVar(&older, "older", "", "remove what has been unused for this `DURATION`, as in 72h")
	flags.StringVar(&to, "to", "", "remove the longest unused until the rest has this `SIZE`, as in 500MiB")
	flags.BoolVar(&all, "all", false, "remove everything")
	flags.BoolVar(&dry, "dry-run", false, "only say what would be removed")
	a.cacheFlags(cmd, settings.CacheSize)
	return cmd
}

// pruneRule is what the flags of prune say.
func (a *app) pruneRule(cmd *cobra.Command, older, to string, all bool) (rule evict.Rule, err error) {
	byAge, bySize := cmd.Flags().Changed("older"), cmd.Flags().Changed("to")
	switch {
	case all && (byAge || bySize):
		return rule, &usageError{message: "--all removes everything", hint: "leave --older and --to away, or --all"}
	case !byAge && !bySize:
		rule.MaxSize = int64(a.settings.CacheSize)
		return rule, nil
	}
	if byAge {
		if rule.KeepFor, err = settings.Duration(older); err == nil && rule.KeepFor == 0 {
			err = errors.New("must be more than 0; --all removes everything")
		}
		if err != nil {
			return rule, &usageError{message: fmt.Sprintf("--older: %q %v", older, err)}
		}
	}
	if bySize {
		size, err := settings.Size(to)
		if err == nil && size == 0 {
			err = errors.New("must be more than 0; --all removes everything")
		}
		if err != nil {
			return rule, &usageError{message: fmt.Sprintf("--to: %q %v", to, err)}
		}
		rule.MaxSize = int64(size)
	}
	return rule, nil
}

func (a *app) showGone(format, dir string, gone []cache.Entry, dry bool) error {
	if format == "json" {
		return a.printJSON(listing{Dir: dir, Limit: a.settings.CacheSize, Total: cache.Total(gone), DryRun: dry, Entries: orEmpty(gone)})
	}
	if len(gone) > 0 {
		if err := a.entryTable(gone); err != nil {
			return err
		}
	}
	verb := "removed"
	if dry {
		verb = "would remove"
	}
	_, err := fmt.Fprintf(a.stdout, "%s %s, %s\n", verb, counted(len(gone)), sizeText(cache.Total(gone)))
	return err
}

func (a *app) cacheVerifyCommand() *cobra.Command {
	var remove bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Compare what the cache has with its sums and digests",
		Long: `verify reads all that the cache has, and names what is not what it was when it was
written. Damaged entries are never used: they are made or fetched again when they are
needed. --remove removes them now. The exit code is 1 if damaged entries stay.`,
		Example: `  sidecall cache verify
  sidecall cache verify --remove`,
		Args: noMore(0),
		RunE: func(cmd *cobra.Command, _ []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			dir, err := a.cacheRoot()
			if err != nil {
				return err
			}
			checked, found, err := cache.Open(dir).Verify(remove)
			if err := a.showFindings(format, dir, checked, found); err != nil {
				return err
			}
			if err == nil && len(found) > 0 && !remove {
				return &statusError{exitFailure}
			}
			return err
		},
	}
	cmd.Flags().BoolVar(&remove, "remove", false, "remove what is damaged")
	a.cacheFlags(cmd)
	return cmd
}

func (a *app) showFindings(format, dir string, checked int, found []cache.Finding) error {
	if format == "json" {
		return a.printJSON(struct {
			Dir     string          `json:"dir"`
			Checked int             `json:"checked"`
			Damaged []cache.Finding `json:"damaged"`
		}{dir, checked, orEmpty(found)})
	}
	for _, f := range found {
		text := f.File + " is damaged"
		if len(f.Of) > 0 {
			text += " (" + strings.Join(f.Of, ", ") + ")"
		}
		if f.Removed {
			text += ": removed"
		}
		if _, err := fmt.Fprintln(a.stdout, printable.Text(text)); err != nil {
			return err
		}
	}
	_, err := fmt.Fprintf(a.stdout, "checked %s, %d damaged\n", counted(checked), len(found))
	return err
}
