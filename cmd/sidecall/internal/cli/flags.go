package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sidecall/sidecall/linker/diag"
)

// flagError says what was probably meant by a flag that cannot be taken.
func (a *app) flagError(cmd *cobra.Command, err error) error {
	if !cmd.HasParent() && cmd.Flags().NArg() > 0 {
		return unknownCommand(cmd, cmd.Flags().Arg(0))
	}
	out := &usageError{message: err.Error(), hint: "see " + cmd.CommandPath() + " --help"}
	var missing *pflag.NotExistError
	var empty *pflag.ValueRequiredError
	switch {
	case errors.As(err, &empty):
		out.hint = flagForm(empty.GetFlag())
	case errors.As(err, &missing) && missing.GetSpecifiedShortnames() != "":
		letter := missing.GetSpecifiedName()
		if owners := commandsWith(cmd, func(fs *pflag.FlagSet) bool { return fs.ShorthandLookup(letter) != nil }); owners != "" {
			out.hint = "-" + letter + " is a flag of " + owners
		}
	case errors.As(err, &missing):
		if hint := flagHint(cmd, missing.GetSpecifiedName()); hint != "" {
			out.hint = hint
		}
	}
	return out
}

// flagForm shows how a flag with a value is written.
func flagForm(f *pflag.Flag) string {
	value, usage := pflag.UnquoteUsage(f)
	return fmt.Sprintf("write --%s %s: %s", f.Name, value, usage)
}

// otherFlags are what other programs call something that is a flag here.
var otherFlags = map[string]string{
	"addr": "listen", "address": "listen", "bind": "listen", "port": "listen",
	"format": "output", "out": "output",
	"debug": "log-level", "verbose": "log-level",
	"cert": "tls-cert", "key": "tls-key",
	"mapdir": "dir", "mount": "dir", "volume": "dir",
	"config-file": "config", "cwd": "directory",
	"memory": "max-memory", "fuel": "timeout",
}

// flagHint is a hint for a flag that a command does not have: one of its own that is
// meant, a flag of another command, or nothing.
func flagHint(cmd *cobra.Command, name string) string {
	if name == "json" && cmd.Flags().Lookup("output") != nil {
		return "write -o json"
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	if near, ok := diag.Similar(name, names); ok {
		return fmt.Sprintf("did you mean --%s?", near)
	}
	if f := cmd.Flags().Lookup(otherFlags[name]); f != nil {
		return flagForm(f)
	}
	for _, name := range []string{name, otherFlags[name]} {
		if owners := commandsWith(cmd, func(fs *pflag.FlagSet) bool { return name != "" && fs.Lookup(name) != nil }); owners != "" {
			return "--" + name + " is a flag of " + owners
		}
	}
	return ""
}

// commandsWith lists the commands whose flags have something.
func commandsWith(cmd *cobra.Command, has func(*pflag.FlagSet) bool) string {
	var found []string
	var visit func(c *cobra.Command)
	visit = func(c *cobra.Command) {
		if !c.Hidden && has(c.Flags()) {
			found = append(found, c.CommandPath())
		}
		for _, sub := range c.Commands() {
			visit(sub)
		}
	}
	visit(cmd.Root())
	if last := len(found) - 1; last > 0 {
		return strings.Join(found[:last], ", ") + " and " + found[last]
	}
	return strings.Join(found, "")
}
