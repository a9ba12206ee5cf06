package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/report"
	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/budget"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/shim/pod"
	"github.com/sidecall/sidecall/shim/prepared"
)

// containerCommand is process 1 of a container: it runs what the shim has written down.
func (a *app) containerCommand() *cobra.Command {
	return &cobra.Command{
		Use:    "container",
		Short:  "Be process 1 of a container that the shim has prepared",
		Hidden: true,
		Args:   noMore(0),
		RunE: func(*cobra.Command, []string) error {
			c, err := pod.Read(pod.ConfigFile)
			if err != nil {
				return fmt.Errorf("this is not a container that the shim has prepared: %w", err)
			}
			inner := newApp(a.stdin, a.stdout, a.stderr)
			inner.variables, inner.contained, inner.narrow = lookupIn(c.Env), true, c.Narrow
			root := inner.root()
			line := c.CommandLine()
			if c.Command == "serve" {
				listen, err := inner.addresses(c)
				if err != nil {
					a.terminationMessage(err, nil, c)
					return err
				}
				line = slices.Insert(line, 1, listen...)
			}
			root.SetArgs(line)
			defer inner.holdLittle()()
			var missing diag.List
			inner.linked = func(r *linker.Result) {
				r.Diagnostics, missing = podDiagnostics(r.Diagnostics)
				if c.Command == "serve" { // a request that fails is not its end
					for _, d := range missing {
						inner.log.Info().Stringer("at", d.Pos).Msg(d.Message)
					}
				}
			}
			err = root.Execute()
			if c.Command == "run" && failedByGuest(err) {
				_ = report.Diagnostics(inner.stderr, inner.style, missing)
			}
			a.terminationMessage(err, missing, c)
			return err
		},
	}
}

// addresses are the flags that say where a composition listens in a pod. The error says
// that the node's operator does not want that.
func (a *app) addresses(c *pod.Config) ([]string, error) {
	listen := listenInPod(c.Target, a.variables)
	flags := []string{"--listen", listen}
	health, ok := a.variables(settings.EnvName(settings.HealthListen))
	if ok && health != "" {
		flags = append(flags, "--health-listen", health)
	} else if m, _, err := (&target{path: c.Target}).manifest(a.variables); err == nil && m != nil && m.HTTP != nil {
		health = m.HTTP.Health.Listen
	}
	metrics := ""
	if exporters, _ := a.variables("OTEL_METRICS_EXPORTER"); strings.Contains(exporters, "prometheus") {
		port, _ := a.variables("OTEL_EXPORTER_PROMETHEUS_PORT")
		metrics = ":" + cmp.Or(port, "9464")
	}
	for _, address := range []string{listen, health, metrics} {
		if err := mayListen(address, c.Narrow); err != nil {
			return nil, err
		}
	}
	return flags, nil
}

// listenInPod is where a composition listens in a pod: where the pod's SIDECALL_LISTEN
// says, else where the manifest does. An address that only the machine itself could
// reach, the default on a laptop, becomes all of the pod's with the same port: a pod's
// boundary is its network, and probes and services come from outside of it.
func listenInPod(path string, variables func(string) (string, bool)) string {
	if said, ok := variables(settings.EnvName(settings.Listen)); ok && said != "" {
		return said
	}
	t := &target{path: path}
	m, _, err := t.manifest(variables)
	if err != nil || m == nil || m.HTTP == nil || m.HTTP.Listen == "" {
		return "0.0.0.0:8080" // what is wrong with the manifest is said when it is linked
	}
	host, port, err := net.SplitHostPort(m.HTTP.Listen)
	if ip := net.ParseIP(host); err == nil && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return net.JoinHostPort("0.0.0.0", port)
	}
	return m.HTTP.Listen
}

// podDiagnostics are what linking found, without warnings of what the manifest does not
// say: Kubernetes gives each container variables, whether they are asked for or not. And
// what the composition imports without having been granted it, which may be why it fails.
func podDiagnostics(list diag.List) (rest, missing diag.List) {
	for _, d := range list {
		if d.Severity == diag.Note {
			missing = append(missing, d)
		}
		if d.Severity != diag.Warning || d.Pos.File != "" {
			rest = append(rest, d)
		}
	}
	return rest, missing
}

// failedByGuest tells whether a guest ended by its own doing, and not well.
func failedByGuest(err error) bool {
	var status *statusError
	var trap *host.Trap
	return errors.As(err, &status) || errors.As(err, &trap)
}

// terminationMessage leaves what went wrong where Kubernetes looks for it. What a guest
// says that ends with an exit code is in its log. Kubernetes takes it from there, if the
// pod says so, as long as nobody writes a message; else what the guest was not granted is
// the message.
func (a *app) terminationMessage(err error, missing diag.List, c *pod.Config) {
	var status *statusError
	if err == nil || errors.As(err, &status) && (len(missing) == 0 || c.TerminationPolicy != pod.PolicyFile) {
		return
	}
	file := c.TerminationLog
	if file == "" {
		file = pod.TerminationLog
	}
	f, openErr := os.OpenFile(file, os.O_WRONLY|os.O_TRUNC, 0)
	if openErr != nil {
		return // a pod may have it elsewhere, or not at all
	}
	defer f.Close()
	var text bytes.Buffer
	plain := newApp(nil, io.Discard, &text)
	plain.style = report.StyleFor(&text, "never", os.Getenv)
	if status != nil {
		plain.complain(fmt.Sprintf("the guest ended with exit code %d", status.code), "")
	} else {
		plain.finish(err)
	}
	if failedByGuest(err) {
		_ = report.Diagnostics(&text, plain.style, missing)
	}
	_, _ = f.Write(text.Bytes()[:min(text.Len(), 4096)]) // all that Kubernetes keeps
}

// prepareCommand is what the shim runs outside of a container, confined: it links and
// compiles, and writes what containers need, as package prepared has it.
func (a *app) prepareCommand() *cobra.Command {
	t := &target{artifact: true}
	cmd := &cobra.Command{
		Use:    "container-prepare " + targetUse,
		Short:  "Compile a composition for containers; NAME=value on standard input, each ended by a NUL, are its variables",
		Hidden: true,
		Args:   noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			text, err := io.ReadAll(io.LimitReader(a.stdin, pod.MaxConfigSize))
			if err != nil {
				return err
			}
			a.variables = lookupIn(strings.Split(string(text), "\x00"))
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			r, err := a.link(t)
			if err != nil {
				return err
			}
			if err := r.Diagnostics.Err(); err != nil {
				return err
			}
			command := commandFor(r.Plan)
			if command == "run" {
				if _, err := findCommand(r.Plan); err != nil {
					return err
				}
			}
			if found, _, err := cmd.Root().Find([]string{command}); err != nil || found == cmd.Root() {
				return fmt.Errorf("the composition serves HTTP, which this sidecall cannot do")
			}
			// What runs in the container has the container's limits. Those of this process
			// are for compiling.
			a.budget = budget.NewProcess(budget.Limits{})
			trouble := &firstLine{}
			a.log = zerolog.New(trouble).Level(zerolog.WarnLevel)
			c, err := a.compile(context.Background(), r.Plan)
			if err != nil {
				return err
			}
			if err := c.Close(); err != nil {
				return err
			}
			// A host runs without a cache as well; but each container would have to compile
			// then, at its own cost.
			if trouble.line != "" {
				return fmt.Errorf("the compiled code cannot be kept: %s", trouble.line)
			}
			return prepared.Write(a.stdout, prepared.About{Command: command}, os.DirFS(a.settings.CacheDir))
		},
	}
	settings.Flags(cmd.Flags(), settings.Engine, settings.CacheDir)
	cmd.Flags().StringVar(&a.cacheSeed, "cache-seed", "", "take compiled code from this `DIR`, if it has what is needed")
	return cmd
}

// firstLine keeps the first event of a log, as text.
type firstLine struct{ line string }

func (l *firstLine) Write(p []byte) (int, error) {
	var event struct{ Message, Error string }
	if l.line == "" && json.Unmarshal(p, &event) == nil {
		l.line = strings.TrimSuffix(event.Message+": "+event.Error, ": ")
	}
	return len(p), nil
}

// lookupIn finds variables in a list of NAME=value, the last one of a name.
func lookupIn(env []string) func(string) (string, bool) {
	values := map[string]string{}
	for _, e := range env {
		if name, value, ok := strings.Cut(e, "="); ok {
			values[name] = value
		}
	}
	return func(name string) (string, bool) {
		value, ok := values[name]
		return value, ok
	}
}
