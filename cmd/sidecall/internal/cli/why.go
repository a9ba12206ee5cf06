package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
)

func (a *app) whyCommand() *cobra.Command {
	t := &target{}
	cmd := &cobra.Command{
		Use:   "why " + targetUse + " COMPONENT [IMPORT]",
		Short: "Show why a component has an import from where it has it",
		Long: `why tells for each import of a component who provides it, which rule decided that, on which
line of the manifest, who else could have provided it and why they do not, which grants go
with it, and what to write for another provider. It tells so too of a composition that does
not link, and of what the component does not import.

IMPORT is a name as the manifest has it under imports: an interface with or without its
version, or a whole package. Without it, all imports are told.`,
		Example: `  sidecall why orders
  sidecall why orders wasi:keyvalue/store
  sidecall why examples/01-hello app wasi:cli
  sidecall why -o json orders | jq -r '.[] | "\(.import) \(.provider)"'`,
		Args:              noMore(3),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			t.path = "."
			if len(args) == 3 || len(args) > 0 && isManifestPath(args[0]) {
				t.path, args = args[0], args[1:]
			}
			if len(args) == 0 {
				args = []string{""} // the components there are will be named
			}
			return a.why(t, args[0], strings.Join(args[1:], ""), format)
		},
	}
	t.flags(cmd.Flags())
	outputFlag(cmd, "text", "json")
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}

// isManifestPath tells a target from a component's name, which is one word: a directory of
// that name is meant only where this one has no manifest.
func isManifestPath(arg string) bool {
	if info, err := os.Stat(arg); err == nil && info.IsDir() {
		return !manifest.In(".")
	}
	switch strings.ToLower(filepath.Ext(arg)) {
	case ".wasm", ".wat", ".yaml", ".yml", ".json", ".tar":
		return true
	}
	return arg == "." || arg == ".." || strings.ContainsAny(arg, `/\`)
}

func (a *app) why(t *target, component, selector, format string) error {
	m, problems, err := a.load(t)
	if err != nil {
		return err
	}
	if problems.HasErrors() {
		return problems.Err()
	}
	list, ok, problems := linker.Why(m, catalog(a.hostInterfaces()), linker.Options{Image: a.imageOfComponent}, component, selector)
	if !ok {
		var names []string
		for _, c := range m.Components {
			names = append(names, c.Name)
		}
		hint := "its components are " + strings.Join(names, ", ")
		if near, ok := diag.Similar(component, names); ok {
			hint = "did you mean " + near + "?"
		}
		if component == "" {
			return &usageError{message: "why: which component?", hint: hint}
		}
		return &usageError{message: fmt.Sprintf("why: the composition has no component %q", component), hint: hint}
	}
	if format == "json" {
		if list == nil {
			list = []resolve.Explanation{}
		}
		if err := a.printJSON(explained(list)); err != nil {
			return err
		}
		return problems.Err()
	}
	var b strings.Builder
	style := a.outStyle()
	for i := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		writeExplanation(&b, style, &list[i])
	}
	if len(list) == 0 {
		fmt.Fprintf(&b, "%s imports nothing\n", component)
	}
	if _, err := io.WriteString(a.stdout, b.String()); err != nil {
		return err
	}
	return problems.Err()
}

// explanation is the JSON form of an Explanation.
type explanation struct {
	resolve.Explanation
	File string `json:"file,omitempty"`
	Line int    `json:"line,omitempty"`
}

func explained(list []resolve.Explanation) []explanation {
	out := make([]explanation, len(list))
	for i, x := range list {
		out[i] = explanation{x, x.At.File, x.At.Line}
	}
	return out
}

func writeExplanation(b *strings.Builder, style report.Style, x *resolve.Explanation) {
	verb, other := "imports", "not"
	if x.Absent {
		verb, other = "does not import", "has it"
	}
	fmt.Fprintf(b, "%s %s %s\n", style.Head(printable.Text(x.Component)), verb, style.Head(printable.Text(x.Import)))
	line := func(key, text string) {
		fmt.Fprintf(b, "  %-9s %s\n", key+":", printable.Text(text))
	}
	switch {
	case x.Provider == "":
	case x.Export != x.Import:
		line("from", x.Provider+", as "+x.Export)
	default:
		line("from", x.Provider)
	}
	rule := x.Rule
	if at := x.At.String(); at != "" {
		rule += " (" + at + ")"
	}
	if !x.Absent {
		line("because", rule)
	}
	for _, g := range x.Grants {
		line("grant", g)
	}
	for _, o := range x.Others {
		text := o.Name + ", " + o.Export
		if !x.Absent {
			text += ": " + o.Why
		}
		line(other, text)
	}
	if x.Hint != "" {
		first, rest, _ := strings.Cut(printable.Lines(x.Hint, "    "), "\n")
		fmt.Fprintf(b, "  %s %s\n", style.Hint("hint:    "), first)
		if rest != "" {
			b.WriteString(rest + "\n")
		}
	}
}
