package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/opencontainers/go-digest"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/compile"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
)

// target is what a command works on: a manifest, or component files.
type target struct {
	path string
	with []string
	// artifact says that the path is that of an image's files, see manifest.Options. ref
	// and digest are the image's, empty for what is no image that somebody runs here.
	artifact bool
	ref      string
	digest   digest.Digest
	// set are the variables for ${VAR} that the command line gives.
	set map[string]string

	// What the command line adds to the main component's own grants.
	args    []string
	setArgs bool
	env     []string
	dirs    []string
	cwd     string

	// What an image may use of what it asks for. runs says that the command lets it,
	// serves that it listens for it.
	runs, serves bool
	lists        bool // its functions, which needs no grant, and gets none
	allow        []string
	own          string // a manifest of the user's own, instead of the image's
	loaded       *loaded
	setting      []string // NAME or NAME=VALUE, see set
}

const targetUse = "[MANIFEST | DIRECTORY | APP.wasm | IMAGE]"

// flags defines the flags of every command that links.
func (t *target) flags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&t.with, "with", nil, "link APP.wasm with this `SIDECAR.wasm`; may be repeated")
	fs.StringVar(&t.own, "manifest", "", "link an image's components by this `FILE` of your own, which grants what it says")
	t.setFlag(fs)
}

// setFlag defines the flag for variables of manifests.
func (t *target) setFlag(fs *pflag.FlagSet) {
	fs.StringArrayVar(&t.setting, "set", nil, "what ${NAME} in the manifest stands for, `NAME=VALUE`, or NAME for sidecall's own variable; may be repeated")
}

// fromArgs takes the path, and the guest's arguments behind a "--".
func (t *target) fromArgs(cmd *cobra.Command, args []string) error {
	if at := cmd.ArgsLenAtDash(); at >= 0 {
		t.args, t.setArgs = args[at:], true
		args = args[:at]
	}
	t.path = "."
	if len(args) > 0 {
		t.path = args[0]
	}
	if len(args) > 1 {
		return &usageError{message: fmt.Sprintf("%s: unexpected argument %q", cmd.Name(), args[1]),
			hint: fmt.Sprintf("what is for the guest comes after --: %s %s -- %s", cmd.CommandPath(), args[0], strings.Join(args[1:], " "))}
	}
	return nil
}

// link reads, links and checks the target. What was found wrong is in the result.
func (a *app) link(t *target) (*linker.Result, error) {
	defer limitHeapAlone()()
	start := time.Now()
	m, problems, err := a.load(t)
	if err != nil {
		return nil, err
	}
	if problems.HasErrors() {
		return &linker.Result{Diagnostics: problems}, nil
	}
	if m, err = t.override(m); err != nil {
		return nil, err
	}
	m, took, err := narrow(m, a.narrow)
	if err != nil {
		return nil, err
	}
	for _, text := range took {
		a.log.Warn().Msg(text)
	}
	r := linker.Link(m, catalog(a.hostInterfaces()), linker.Options{MaxFileSize: mostFileSize(), Image: a.imageOfComponent, Compile: compile.Options{Fuse: a.observed.fuse()}})
	r.Diagnostics = append(problems, r.Diagnostics...)
	if a.linked != nil {
		a.linked(r)
	}
	a.log.Debug().Str("composition", m.Name).Int("components", len(m.Components)).
		Int("problems", len(r.Diagnostics)).TimeDiff("took", time.Now(), start).Msg("linked")
	return r, nil
}

// linkToRun links a target that is to run now: it warns of what is doubtful, and what is
// wrong is an error.
func (a *app) linkToRun(t *target) (*linker.Result, error) {
	r, err := a.link(t)
	if err != nil {
		return nil, err
	}
	if r.Manifest != nil {
		r.Diagnostics = append(r.Diagnostics, missingDirectories(r.Manifest, diag.Error)...)
	}
	a.warn(r.Diagnostics)
	return r, r.Diagnostics.Err()
}

func (t *target) manifest(variables func(string) (string, bool)) (*manifest.Manifest, diag.List, error) {
	if t.own != "" {
		return t.ownManifest(variables)
	}
	if t.isComponent() {
		return manifest.FromFiles(t.path, t.with, t.args), nil, nil
	}
	if len(t.with) > 0 {
		return nil, nil, &usageError{message: fmt.Sprintf("--with needs a component to link with, and %s is a manifest", t.path),
			hint: "name " + t.with[0] + " under components: in the manifest"}
	}
	opt := manifest.Options{Lookup: t.lookup(variables), Artifact: t.artifact}
	if t.ref != "" {
		opt.Dir, _ = filepath.Abs(".") // where it is laid out means nothing to anybody
		opt.UnsetHint = func(name string) string {
			return "an image is given no variable but by who runs it; write --set " + name + "=VALUE, or --set " + name + " for sidecall's own"
		}
	}
	m, problems := manifest.Load(t.path, opt)
	return m, problems, nil
}

// ownManifest reads a manifest that who runs an image has written for its components.
func (t *target) ownManifest(variables func(string) (string, bool)) (*manifest.Manifest, diag.List, error) {
	if t.ref == "" {
		return nil, nil, &usageError{message: "--manifest is for the components of an image, and " + t.path + " is none", hint: "name the manifest itself: " + t.own}
	}
	files := t.path
	if info, err := os.Stat(files); err == nil && !info.IsDir() {
		files = filepath.Dir(files)
	}
	m, problems := manifest.Load(t.own, manifest.Options{Lookup: t.lookup(variables), Artifact: true, Files: files})
	return m, problems, nil
}

// isComponent tells a component file from a manifest. What is neither is taken for
// what its name says, so that the message about it fits.
func (t *target) isComponent() bool {
	info, err := os.Stat(t.path)
	if err == nil && info.IsDir() {
		return false
	}
	switch strings.ToLower(filepath.Ext(t.path)) {
	case ".yaml", ".yml", ".json":
		return false
	case ".wasm", ".wat":
		return true
	}
	if err != nil {
		return !os.IsPermission(err)
	}
	if !info.Mode().IsRegular() {
		return true // not opened: a pipe would wait for its other end
	}
	f, err := os.Open(t.path)
	if err != nil {
		return true
	}
	defer f.Close()
	head := make([]byte, 8) // the preamble
	n, _ := io.ReadFull(f, head)
	switch binary.Sniff(head[:n]) {
	case binary.FormatComponent, binary.FormatOldComponent, binary.FormatCoreModule, binary.FormatPreview1, binary.FormatWAT:
		return true
	}
	return false
}

// override applies what the command line says about the main component.
func (t *target) override(m *manifest.Manifest) (*manifest.Manifest, error) {
	out := *m
	out.Components = slices.Clone(m.Components)
	main := out.Component(out.Main)
	if main == nil {
		return m, nil
	}
	if t.setArgs {
		main.Args = t.args
	}
	main.Env = slices.Clone(main.Env)
	for _, text := range t.env {
		v, err := parseEnv(text)
		if err != nil {
			return nil, err
		}
		main.Env = slices.DeleteFunc(main.Env, func(e plan.EnvVar) bool { return e.Name == v.Name })
		main.Env = append(main.Env, v)
	}
	if t.cwd != "" {
		main.Cwd = t.cwd
	}
	main.Files = slices.Clone(main.Files)
	for _, text := range t.dirs {
		g, err := parseDir(text)
		if err != nil {
			return nil, err
		}
		main.Files = append(main.Files, g)
	}
	return &out, nil
}

// parseEnv reads K=V, or K, which passes on sidecall's own variable.
func parseEnv(text string) (plan.EnvVar, error) {
	name, value, ok := strings.Cut(text, "=")
	if name == "" {
		return plan.EnvVar{}, &usageError{message: fmt.Sprintf("--env %q: the name is missing", text), hint: "write --env NAME=VALUE"}
	}
	if !ok {
		if value, ok = os.LookupEnv(name); !ok {
			return plan.EnvVar{}, &usageError{message: fmt.Sprintf("--env %s: there is no such variable to pass on", name),
				hint: "write --env " + name + "=VALUE"}
		}
	}
	return plan.EnvVar{Name: name, Value: value}, nil
}

// parseDir reads HOST::GUEST[::ro]; with HOST alone the guest sees it by the same name.
func parseDir(text string) (plan.FileGrant, error) {
	const form = "write --dir HOST::GUEST, with ::ro behind it to forbid writing"
	host, rest, _ := strings.Cut(text, "::")
	guest, mode, hasMode := strings.Cut(rest, "::")
	if host == "" || hasMode && mode != "ro" && mode != "rw" {
		return plan.FileGrant{}, &usageError{message: fmt.Sprintf("--dir %q cannot be understood", text), hint: form}
	}
	if guest == "" {
		guest = host
	}
	info, err := os.Stat(host)
	if err != nil {
		return plan.FileGrant{}, &usageError{message: "--dir: " + plainError(err), hint: form}
	}
	if !info.IsDir() {
		return plan.FileGrant{}, &usageError{message: "--dir: " + host + " is not a directory", hint: form}
	}
	return plan.FileGrant{Host: host, Guest: guest, ReadOnly: mode == "ro"}, nil
}

// missingDirectories finds grants of directories that are not there (yet).
func missingDirectories(m *manifest.Manifest, severity diag.Severity) diag.List {
	var list diag.List
	for _, c := range m.Components {
		for i, g := range c.Files {
			d := diag.Diagnostic{Severity: severity, Stage: diag.Manifest, Pos: c.FilesPos}
			if i < len(c.FilesAt) {
				d.Pos = c.FilesAt[i]
			}
			if info, err := os.Stat(g.Host); err != nil {
				d.Message = fmt.Sprintf("%s is granted a directory that cannot be used: %s", c.Name, plainError(err))
			} else if !info.IsDir() {
				d.Message = fmt.Sprintf("%s is granted %s, which is not a directory", c.Name, g.Host)
			} else {
				continue
			}
			list = append(list, d)
		}
	}
	return list
}

// warn prints what does not keep the composition from running.
func (a *app) warn(list diag.List) {
	if !a.settings.Quiet {
		_ = report.Diagnostics(a.stderr, a.style, list.Warnings())
	}
}

// completeTarget offers manifests, components and directories.
func completeTarget(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return []cobra.Completion{"wasm", "yaml", "yml"}, cobra.ShellCompDirectiveFilterFileExt
}

func completeWasm(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return []cobra.Completion{"wasm"}, cobra.ShellCompDirectiveFilterFileExt
}
