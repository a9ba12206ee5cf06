package cli

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/grants"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
)

// load reads the target's manifest. One of the user's own grants what it says; of an
// image's, what nobody granted is taken out if the target is to run.
func (a *app) load(t *target) (*manifest.Manifest, diag.List, error) {
	if t.loaded == nil {
		m, problems, err := a.read(t)
		t.loaded = &loaded{m, problems, err}
	}
	return t.loaded.manifest, t.loaded.problems, t.loaded.err
}

// loaded is what load yields, which asks only once.
type loaded struct {
	manifest *manifest.Manifest
	problems diag.List
	err      error
}

func (a *app) read(t *target) (*manifest.Manifest, diag.List, error) {
	if err := a.localize(t); err != nil {
		return nil, nil, err
	}
	if err := t.variables(); err != nil {
		return nil, nil, err
	}
	m, problems, err := t.manifest(a.variables)
	if err != nil || m == nil {
		return m, problems, err
	}
	switch asks := t.ref != "" && t.own == ""; {
	case asks && t.runs:
		a.asking = t.ref
		m, err = a.granted(t, m)
	case asks && t.lists:
		m, _, err = (&grants.Allowed{None: true}).Decide(m, nil, func(grants.Request) bool { return false })
	case asks:
		problems = append(problems, asked(t, m)...)
	case len(t.allow) > 0:
		return nil, nil, &usageError{message: "--allow is for images, which only ask; " + cmp.Or(t.own, t.path) + " is yours, and grants what it says",
			hint: "write what is to be granted under allow: in the manifest, or give --dir and --env"}
	case t.runs:
		a.tellOutside(m)
	}
	return m, problems, err
}

// variables reads what --set gives.
func (t *target) variables() error {
	t.set = map[string]string{}
	for _, text := range t.setting {
		name, value, ok := strings.Cut(text, "=")
		if name == "" {
			return &usageError{message: fmt.Sprintf("--set %q: the name is missing", text), hint: "write --set NAME=VALUE"}
		}
		if !ok {
			if value, ok = os.LookupEnv(name); !ok {
				return &usageError{message: fmt.Sprintf("--set %s: there is no such variable to hand over", name), hint: "write --set " + name + "=VALUE"}
			}
		}
		t.set[name] = value
	}
	return nil
}

// lookup finds variables: those of --set, and for what is no image that somebody runs
// here also those of the environment.
func (t *target) lookup(environment func(string) (string, bool)) func(string) (string, bool) {
	return func(name string) (string, bool) {
		if value, ok := t.set[name]; ok || t.ref != "" && t.own == "" {
			return value, ok
		}
		return environment(name)
	}
}

// asked lists what an image asks for, as notes.
func asked(t *target, m *manifest.Manifest) diag.List {
	var list diag.List
	for _, r := range grants.Of(m) {
		list.Add(diag.Diagnostic{Severity: diag.Note, Stage: diag.Manifest, Pos: diag.Pos{File: t.ref},
			Message: who(r) + " asks to " + r.Means, Hint: "who runs it grants it by --allow " + grants.ShellWord(r.Flag())})
	}
	return list
}

func who(r grants.Request) string {
	if r.Component == "" {
		return "the composition"
	}
	return r.Component
}

// granted takes out of an image's manifest what is neither allowed by a flag, nor was
// granted to it before, nor is granted by an answer now.
func (a *app) granted(t *target, m *manifest.Manifest) (*manifest.Manifest, error) {
	allowed, err := grants.Parse(t.allow)
	if err != nil {
		return nil, grantsError(err)
	}
	m = a.replaced(t, m)
	memory := grants.OpenMemory()
	before := memory.Granted(t.digest)
	out, open, err := allowed.Decide(m, t.guests(), before)
	if err != nil || len(open) == 0 {
		return out, grantsError(err)
	}
	remember, err := a.ask(t, open)
	if err != nil {
		return nil, err
	}
	isOpen := func(r grants.Request) bool { return slices.Contains(open, r) }
	if remember {
		all := slices.DeleteFunc(grants.Of(m), func(r grants.Request) bool { return !before(r) && !isOpen(r) })
		if err := memory.Grant(t.digest, t.ref, all); err != nil {
			a.log.Warn().Err(err).Msg("what was granted is not remembered")
		}
	}
	out, _, err = allowed.Decide(m, t.guests(), func(r grants.Request) bool { return before(r) || isOpen(r) })
	return out, grantsError(err)
}

func grantsError(err error) error {
	var e *grants.Error
	if errors.As(err, &e) {
		return &usageError{message: e.Message, hint: e.Hint}
	}
	return err
}

// replaced is a manifest without what the command line, or the settings, say in its
// place, or what the command has no use for.
func (a *app) replaced(t *target, m *manifest.Manifest) *manifest.Manifest {
	if m.HTTP == nil {
		return m
	}
	out, h := *m, *m.HTTP
	out.HTTP = &h
	if !t.serves || a.settings.Listen != "" {
		h.Listen = ""
	}
	if !t.serves || a.settings.HealthListen != "" {
		h.Health.Listen = ""
	}
	if !t.serves || a.settings.TLSCert != "" || a.settings.TLSKey != "" {
		h.Cert, h.Key = "", ""
	}
	return &out
}

// guests are the names of directories that --dir gives the main component.
func (t *target) guests() []string {
	var out []string
	for _, text := range t.dirs {
		if g, err := parseDir(text); err == nil { // else override complains
			out = append(out, g.Guest)
		}
	}
	return out
}

// ask asks at the terminal. Without one, or without a yes, the error lists what there is
// to grant, and how to write it.
func (a *app) ask(t *target, open []grants.Request) (remember bool, err error) {
	refused := refusal(t, open)
	in, ok := a.stdin.(*os.File)
	if !ok || !report.IsTerminal(in) || !report.IsTerminal(a.stderr) {
		return false, refused
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s (%s) asks for:\n", printable.Text(t.ref), t.digest)
	for _, r := range open {
		fmt.Fprintf(&b, "  %s: %s\n", who(r), r.Means)
	}
	b.WriteString("Grant this? y: always to this image, o: once, N: no [y/o/N] ")
	if _, err := io.WriteString(a.stderr, b.String()); err != nil {
		return false, refused
	}
	switch strings.ToLower(strings.TrimSpace(readLine(in))) {
	case "y", "yes":
		return true, nil
	case "o", "once":
		return false, nil
	}
	return false, refused
}

// readLine reads one line and nothing after it: that is the guest's.
func readLine(r io.Reader) string {
	var line []byte
	for one := make([]byte, 1); len(line) < 100; {
		if n, err := r.Read(one); n == 0 || err != nil || one[0] == '\n' {
			break
		}
		line = append(line, one[0])
	}
	return string(line)
}

// refusedError says what has to be granted before a composition runs.
type refusedError struct{ diag.Diagnostic }

func (e *refusedError) Error() string { return e.Pos.File + ": " + e.Message }

func refusal(t *target, open []grants.Request) error {
	e := &refusedError{diag.Diagnostic{Stage: diag.Manifest, Pos: diag.Pos{File: t.ref}, Message: "the image asks for what only who runs it can grant"}}
	var flags []string
	for _, r := range open {
		e.Details = append(e.Details, who(r)+": "+r.Means)
		flags = append(flags, "--allow "+grants.ShellWord(r.Flag()))
	}
	e.Hint = "grant it by these flags, or all of it by --allow all; with --allow none it runs without\n" + strings.Join(slices.Compact(flags), " \\\n")
	return e
}

// tellOutside shows what a manifest of the user's own grants outside of its directory.
func (a *app) tellOutside(m *manifest.Manifest) {
	if a.settings.Quiet || a.contained {
		return
	}
	var list diag.List
	for _, r := range grants.Outside(m) {
		list.Add(diag.Diagnostic{Severity: diag.Note, Pos: diag.Pos{File: m.File}, Message: r.Component + " may " + r.Means + ", which is outside of the manifest's directory"})
	}
	_ = report.Diagnostics(a.stderr, a.style, list)
}
