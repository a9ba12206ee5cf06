package pod

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path"
	"slices"
	"strings"
)

// Where things are in the container.
const (
	Dir     = "/.sidecall"
	Program = Dir + "/bin"
	App     = Dir + "/app"
	Code    = Dir + "/code"
	Tmp     = Dir + "/tmp"
	// Files has a directory for each directory of the guest's that single files are
	// mounted in: "0", "1", …
	Files      = Dir + "/files"
	ConfigFile = Dir + "/container.json"
	// Control is where process 1 can be seen by sidecall ps, top, graph and call. It is
	// made by process 1, for its own user alone.
	Control = Tmp + "/control"
	// TerminationLog is where Kubernetes reads why a container ended, if the pod does not
	// say otherwise.
	TerminationLog = "/dev/termination-log"
	// PolicyFile is what a pod says if nothing but that is to be read.
	PolicyFile = "File"
)

// ControlEnv says where sidecall looks for what runs, and "off" in a container's
// environment that process 1 is not to be seen.
const ControlEnv = "SIDECALL_CONTROL"

// Config is what process 1 is to run.
type Config struct {
	// Command is run or serve.
	Command string `json:"command"`
	// Target is the manifest's directory or the component's file.
	Target string `json:"target"`
	// Args are the guest's arguments; nil leaves the manifest's.
	Args []string `json:"args,omitempty"`
	// Cwd is the container's working directory, empty for "/".
	Cwd string `json:"cwd,omitempty"`
	// Env are NAME=value.
	Env    []string `json:"env,omitempty"`
	Mounts []Mount  `json:"mounts,omitempty"`
	// TerminationLog is where the pod wants to be told why the container ended; empty
	// stands for TerminationLog.
	TerminationLog string `json:"terminationLog,omitempty"`
	// TerminationPolicy is what the pod says of that; empty if it is not known.
	TerminationPolicy string `json:"terminationPolicy,omitempty"`
	// MaxMemory is the container's memory limit in bytes, 0 without one.
	MaxMemory int64 `json:"maxMemory,omitempty"`
	// Narrow is what the node's operator says.
	Narrow Narrow `json:"narrow,omitzero"`
}

// Mount is a directory that the guest gets.
type Mount struct {
	// Path is the directory's name for the guest.
	Path string `json:"path"`
	// Host is the directory in the container, empty if it is Path: one that the shim has
	// made for single files, as a guest is given directories only.
	Host     string `json:"host,omitempty"`
	ReadOnly bool   `json:"readOnly,omitempty"`
}

// MaxConfigSize bounds the file: Linux bounds what an environment and arguments can be.
const MaxConfigSize = 16 << 20

// Read reads the file that the shim wrote.
func Read(file string) (*Config, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var c Config
	if err := json.NewDecoder(io.LimitReader(f, MaxConfigSize)).Decode(&c); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return &c, nil
}

// CommandLine is the command line of sidecall that does it. It is for a call in the
// same process, as it holds the guest's variables.
func (c *Config) CommandLine() []string {
	line := []string{c.Command, "--cache-dir", Code, "--control", c.control()}
	for _, e := range c.Env {
		line = append(line, "--env", e)
	}
	for _, m := range c.Mounts {
		host := m.Host
		if host == "" {
			host = m.Path
		}
		if info, err := os.Stat(host); err != nil || !info.IsDir() {
			continue // not what it was when the shim looked
		}
		dir := host + "::" + m.Path
		if m.ReadOnly {
			dir += "::ro"
		}
		line = append(line, "--dir", dir)
	}
	if c.Cwd != "" {
		line = append(line, "--cwd", c.Cwd)
	}
	if c.MaxMemory > 0 {
		line = append(line, "--max-memory", fmt.Sprint(c.MaxMemory))
	}
	line = append(line, c.Target)
	if c.Args != nil {
		line = append(append(line, "--"), c.Args...)
	}
	return line
}

// control is where the container can be seen.
func (c *Config) control() string {
	if slices.Contains(c.Env, ControlEnv+"=off") {
		return "off"
	}
	return Control
}

// GuestEnv are the variables of a container that are meant for the guest: not what the
// runtime adds for Linux programs. Of a name that comes twice the last counts.
func GuestEnv(env []string) []string {
	var out []string
	for i, e := range env {
		name, _, ok := strings.Cut(e, "=")
		later := slices.ContainsFunc(env[i+1:], func(o string) bool { return strings.HasPrefix(o, name+"=") })
		if !ok || name == "" || name == "PATH" || name == "HOSTNAME" || later {
			continue
		}
		out = append(out, e)
	}
	return out
}

// telemetry are the variables of OpenTelemetry that the host takes from a pod: those that its
// specification has for what the host makes. A name that ends with _ stands for all that
// begin with it. Nothing else of a pod's is in the environment of process 1: what switches
// on experiments of libraries, and all that Go or Sidecall read, is not a tenant's to say.
var telemetry = []string{
	"OTEL_SDK_DISABLED", "OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES", "OTEL_PROPAGATORS",
	"OTEL_TRACES_EXPORTER", "OTEL_METRICS_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_EXPORTER_OTLP_", "OTEL_EXPORTER_PROMETHEUS_",
	"OTEL_TRACES_SAMPLER", "OTEL_TRACES_SAMPLER_ARG", "OTEL_BSP_", "OTEL_BLRP_", "OTEL_METRIC_EXPORT_", "OTEL_METRICS_EXEMPLAR_FILTER",
	"OTEL_ATTRIBUTE_", "OTEL_SPAN_", "OTEL_EVENT_", "OTEL_LINK_", "OTEL_LOGRECORD_",
}

// ForHost tells whether a variable of a pod's, as NAME=value, is for the host as well.
func ForHost(variable string) bool {
	name, _, ok := strings.Cut(variable, "=")
	return ok && slices.ContainsFunc(telemetry, func(t string) bool {
		return name == t || strings.HasSuffix(t, "_") && strings.HasPrefix(name, t)
	})
}

// ours are mounts that a container runtime makes for Linux programs, and what is below.
var ours = []string{"/proc", "/sys", "/dev", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf",
	"/var/run/secrets/kubernetes.io", "/run/secrets/kubernetes.io", Dir}

// IsVolume tells whether a mount is one that the pod asked for.
func IsVolume(mountType, destination string) bool {
	if mountType != "bind" && mountType != "" {
		return false
	}
	destination = path.Clean(destination)
	return destination != "/" && !slices.ContainsFunc(ours, func(dir string) bool {
		return destination == dir || strings.HasPrefix(destination, dir+"/")
	})
}
