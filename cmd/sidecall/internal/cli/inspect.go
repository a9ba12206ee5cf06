package cli

import (
	"cmp"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/preview1"
	"github.com/sidecall/sidecall/components/print"
	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker"
)

func (a *app) inspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect FILE | IMAGE",
		Short: "Show what a component imports, exports and consists of",
		Long: `inspect decodes and validates one component, and prints its world in the syntax of WIT,
and the core modules and components inside it with their sizes and places in the file. Of
a core module that is a WASI preview1 program it prints the world that it runs in. Of an
image it prints each component; what is not here yet is pulled, and nothing of it is run.

In JSON an image has reference, image (the reference without tag and digest) and digest;
that of a composition has composition and main, and one such object for each component
under components.`,
		Example: `  sidecall inspect app.wasm
  sidecall inspect -o json app.wasm | jq -r '.world.imports[].name'
  sidecall inspect -o json ghcr.io/acme/orders:1.2 | jq -r .digest`,
		Args:              noMore(1),
		ValidArgsFunction: completeWasm,
		RunE: func(cmd *cobra.Command, args []string) error {
			format, err := a.outputFormat(cmd, "text", "json")
			if err != nil {
				return err
			}
			if len(args) == 0 {
				return &usageError{message: "inspect: which file or image?", hint: "usage: " + cmd.UseLine()}
			}
			found, err := a.inspect(args[0])
			if err != nil {
				return err
			}
			if format == "json" {
				return a.printJSON(found)
			}
			_, err = fmt.Fprint(a.stdout, printable.Lines(found.text(), ""))
			return err
		},
	}
	settings.Flags(cmd.Flags(), settings.CacheDir)
	_ = cmd.MarkFlagDirname(settings.CacheDir)
	outputFlag(cmd, "text", "json")
	return cmd
}

// inspection is what inspect tells of a component.
type inspection struct {
	inspectedImage              // of an image's only component
	File           string       `json:"file,omitempty"`      // of a file
	Component      string       `json:"component,omitempty"` // of a composition's image
	World          *print.World `json:"world"`
	part
}

// part is a component or core module, and what is inside it.
type part struct {
	Kind   string `json:"kind"` // "component", "core module" or "custom section"
	Name   string `json:"name,omitempty"`
	Offset int    `json:"offset"`
	Size   int    `json:"size"`
	// Imports and Exports count those of a core module.
	Imports *int   `json:"imports,omitempty"`
	Exports *int   `json:"exports,omitempty"`
	Parts   []part `json:"parts,omitempty"`
}

// inspectFile tells of a component's file.
func inspectFile(path string) (*inspection, error) {
	data, err := linker.ReadComponent(path, 0)
	if err != nil {
		return nil, err
	}
	typed, err := linker.Open(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	world := print.Of(typed.Type)
	if world.Imports == nil {
		world.Imports = []print.Item{} // a list in JSON too
	}
	if world.Exports == nil {
		world.Exports = []print.Item{}
	}
	found := &inspection{File: path, World: world, part: partsOf(typed)}
	if preview1.IsModule(data) {
		found.part = found.Parts[0] // what was put around it is not in the file
	}
	return found, nil
}

// partsOf lists what a component contains, in the order of the file.
func partsOf(t *validate.Typed) part {
	c := t.Component
	out := part{Kind: "component", Name: c.Name, Offset: c.Offset, Size: c.Size}
	modules := map[int]validate.CoreModuleInfo{} // by their place in the file
	for _, m := range t.CoreModules {
		if m.Def != nil {
			modules[m.Def.Offset] = m
		}
	}
	for _, def := range c.Defs {
		switch item := def.Item.(type) {
		case components.CoreModule:
			p := part{Kind: "core module", Offset: item.Offset, Size: len(item.Bytes)}
			if info, ok := modules[item.Offset]; ok {
				imports, exports := len(info.Module.Imports), len(info.Module.Exports)
				p.Imports, p.Exports = &imports, &exports
			}
			out.Parts = append(out.Parts, p)
		case *components.Component:
			out.Parts = append(out.Parts, partsOf(t.Nested[item]))
		}
	}
	for _, s := range c.Customs {
		out.Parts = append(out.Parts, part{Kind: "custom section", Name: s.Name, Offset: s.Offset, Size: len(s.Data)})
	}
	return out
}

func (i *inspection) text() string {
	var b strings.Builder
	title := i.title()
	if i.Imports != nil { // it is a core module
		title += " (WASI preview1), run as the component below"
	}
	if i.Digest != "" {
		title += ", " + string(i.Digest)
	}
	name := cmp.Or(i.File, i.Component, i.Reference)
	fmt.Fprintf(&b, "%s: %s, %s\n\n", name, title, byteCount(i.Size))
	b.WriteString(i.World.Text(worldName(name)))
	if len(i.Parts) > 0 {
		b.WriteString("\ninside:\n")
		i.write(&b, "  ")
	}
	return b.String()
}

// worldName makes a name for a world of that of a file or an image.
func worldName(name string) string {
	name = filepath.Base(name)
	if i := strings.IndexAny(name, ":@"); i > 0 {
		return name[:i]
	}
	return strings.TrimSuffix(name, filepath.Ext(name))
}

func (p *part) title() string {
	if p.Name == "" {
		return p.Kind
	}
	return fmt.Sprintf("%s %q", p.Kind, p.Name)
}

// write lists the parts. Modules and components are numbered, as traces name them.
func (p *part) write(b *strings.Builder, indent string) {
	numbers := map[string]int{}
	for _, inner := range p.Parts {
		title := inner.title()
		if inner.Kind != "custom section" {
			title = fmt.Sprintf("%s %d", inner.Kind, numbers[inner.Kind])
			numbers[inner.Kind]++
			if inner.Name != "" {
				title += fmt.Sprintf(" %q", inner.Name)
			}
		}
		fmt.Fprintf(b, "%s%-*s %15s at %#x", indent, 36-len(indent), title, byteCount(inner.Size), inner.Offset)
		if inner.Imports != nil {
			fmt.Fprintf(b, ", %s, %s", count(*inner.Imports, "import"), count(*inner.Exports, "export"))
		}
		b.WriteString("\n")
		inner.write(b, indent+"  ")
	}
}

// byteCount writes a size with its thousands apart.
func byteCount(n int) string {
	digits := fmt.Sprint(n)
	for at := len(digits) - 3; at > 0; at -= 3 {
		digits = digits[:at] + "," + digits[at:]
	}
	if n == 1 {
		return digits + " byte"
	}
	return digits + " bytes"
}
