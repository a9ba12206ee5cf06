package cli

import (
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/host"
)

// callTargetSettings are those of call that are about a composition of its own.
var callTargetSettings = []string{settings.Engine, settings.MaxMemory, settings.KeyValue, settings.CacheDir, settings.CacheSize, settings.NoCache}

// isCallTarget tells a file, a directory or an image from a function's name, which has a
// "(" or "#" in it, or is one word.
func isCallTarget(arg string) bool {
	if strings.ContainsAny(arg, "(#") {
		return false
	}
	if _, err := os.Stat(arg); err == nil {
		return true
	}
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".wasm", ".wat", ".yaml", ".yml", ".json", ".tar":
		return true
	}
	return strings.ContainsAny(arg, "/\\")
}

// noFlags refuses flags that have no meaning for a composition which runs already.
func (t *target) noFlags(cmd *cobra.Command) error {
	for _, name := range append([]string{"with", "manifest", "set", "env", "dir", "cwd", "allow"}, callTargetSettings...) {
		if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
			return &usageError{message: "call: --" + name + " is for a composition that is named, not for one that runs",
				hint: "name a file, a directory or an image before the function"}
		}
	}
	return nil
}

// callTarget calls a function of a composition that nobody runs, or lists its functions.
func (a *app) callTarget(t *target, args []string, format string) (err error) {
	t.runs, t.lists = len(args) > 0, len(args) == 0
	r, err := a.linkToRun(t)
	if err != nil {
		return err
	}
	ctx, stop := a.untilTimeout("the call")
	defer stop()
	c, err := a.compile(ctx, r.Plan)
	if err != nil {
		return interrupted(ctx, err)
	}
	defer func() { err = errors.Join(err, c.Close()) }()
	defer limitHeap(c)()
	w := &running{comp: c}
	if len(args) == 0 {
		return a.printFunctions(w.Functions(), format)
	}
	result, err := w.call(ctx, callRequest(args, format == "json", 0), host.Stdio{In: a.stdin, Out: a.stdout, Err: a.stderr, Until: ctx})
	if a.drainLog != nil {
		_ = a.drainLog(ctx) // who cannot be told more needs no error
	}
	if err != nil || result == "" {
		return err
	}
	_, err = report.CleanJSON(a.stdout).Write([]byte(result + "\n"))
	return err
}
