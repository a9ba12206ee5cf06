package cli

import (
	"github.com/spf13/pflag"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/plan"
)

// grantFlags defines the flags of every command that runs a composition: what the
// main component is given besides.
func (t *target) grantFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&t.env, "env", nil, "give the main component this `NAME=VALUE`, or sidecall's own NAME; may be repeated")
	fs.StringArrayVar(&t.dirs, "dir", nil, "let the main component use a directory, `HOST::GUEST[::ro]`; may be repeated")
	fs.StringArrayVar(&t.allow, "allow", nil, "grant an image `KIND=VALUE` of what it asks for, or all, or none; may be repeated")
	t.runs = true
	fs.StringVar(&t.cwd, "cwd", "", "tell the main component to start in this `DIRECTORY`, of those that it may use")
}

// notExported is the error of a composition that lacks what a command needs.
func notExported(p *plan.Plan, message, hint string) error {
	d := diag.Diagnostic{Stage: diag.Link, Message: message, Hint: hint}
	last := ""
	for _, e := range p.Exports {
		name := e.Interface
		if name == "" {
			name = e.Name
		}
		if name != last {
			d.Details = append(d.Details, "it exports "+name)
		}
		last = name
	}
	if len(p.Components) > 0 {
		d.Pos.File = p.Components[len(p.Components)-1].Source
	}
	return diag.List{d}.Err()
}
