package settings

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/posflag"
	"github.com/knadh/koanf/v2"
	"github.com/rs/zerolog"
	"github.com/spf13/pflag"

	"github.com/sidecall/sidecall/linker/diag"
)

const (
	envPrefix = "SIDECALL_"
	// ConfigEnv names a configuration file that is read instead of the user's.
	ConfigEnv = envPrefix + "CONFIG"
	// ConfigFlag does the same on the command line.
	ConfigFlag = "config"
)

// Settings are the values of all settings.
type Settings struct {
	CacheDir string // empty: the user's cache directory
	// CacheSize is how much may be kept there, in bytes; 0: any amount.
	CacheSize uint64
	NoCache   bool
	Color     string // auto, always, never
	Control   string // a directory, off, or empty: the user's runtime directory
	Engine    string // auto, compiler, interpreter
	// KeyValueDir is where buckets are kept, empty for in memory only.
	KeyValueDir string
	LogFormat   string // auto, text, json
	LogLevel    zerolog.Level
	MaxMemory   uint64 // bytes, 0: the host's default
	Output      string
	Quiet       bool
	Timeout     time.Duration // 0: none
	// LogAuto tells that nobody said how much to log; LogLevel is Disabled then.
	LogAuto bool

	// What serve does otherwise than the manifest says; zero for what nobody said.
	Listen, HealthListen string
	TLSCert, TLSKey      string
	Deadline             *time.Duration // 0: none
	MaxRequests          int
	LogRate              uint64 // bytes a second
	Instance             string // "manifest", or a policy
}

// Load merges flags over the environment over the configuration file over the
// initial values. The problems are those of all sources; Settings holds what was
// right, so that they can be printed as the user wants.
func Load(fs *pflag.FlagSet, environ []string) (*Settings, diag.List) {
	file, problems := readFile(configPath(fs, environ))
	k := koanf.New(".")
	initial := map[string]any{}
	for _, s := range table() {
		initial[s.name] = s.initial
	}
	// None of these providers can fail: they have read everything already.
	_ = k.Load(confmap.Provider(initial, ""), nil)
	_ = k.Load(confmap.Provider(file.values, ""), nil)
	_ = k.Load(env.Provider("", env.Opt{
		Prefix:        envPrefix,
		EnvironFunc:   func() []string { return environ },
		TransformFunc: fromEnv,
	}), nil)
	_ = k.Load(posflag.Provider(fs, "", k), nil)

	out := &Settings{}
	for _, s := range table() {
		text := k.String(s.name)
		err := error(nil)
		if s.choices != nil && !slices.Contains(s.choices, text) {
			err = fmt.Errorf("must be one of %s", strings.Join(s.choices, ", "))
		} else {
			err = s.set(out, text)
		}
		if err != nil {
			problems.Add(wrong(s, text, err, fs, environ, file))
			_ = s.set(out, s.initial)
		}
	}
	return out, problems
}

// fromEnv turns a variable's name into a setting's. A variable that is none of ours
// is left alone: SIDECALL_PORT may well be Kubernetes telling of a service. An empty
// one is as good as none.
func fromEnv(name, value string) (string, any) {
	if value == "" {
		return "", nil
	}
	for _, s := range table() {
		if EnvName(s.name) == name {
			return s.name, value
		}
	}
	return "", nil
}

// wrong says which source a value that cannot be used came from.
func wrong(s setting, text string, err error, fs *pflag.FlagSet, environ []string, file configFile) diag.Diagnostic {
	d := diag.Diagnostic{Stage: diag.Manifest}
	value := fmt.Sprintf("%q %v", text, err)
	if f := fs.Lookup(s.name); f != nil && f.Changed {
		d.Message = "--" + s.name + ": " + value
	} else if _, ok := lookup(environ, EnvName(s.name)); ok {
		d.Message = "environment variable " + EnvName(s.name) + ": " + value
	} else {
		d.Pos = file.positions[s.name]
		d.Message = s.name + ": " + value
	}
	if near, ok := diag.Similar(text, s.choices); ok {
		d.Hint = fmt.Sprintf("did you mean %q?", near)
	}
	return d
}

// configPath says which file to read, and whether somebody asked for it.
func configPath(fs *pflag.FlagSet, environ []string) (path string, asked bool) {
	if f := fs.Lookup(ConfigFlag); f != nil && f.Changed {
		return f.Value.String(), true
	}
	if path, ok := lookup(environ, ConfigEnv); ok && path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil || !filepath.IsAbs(dir) {
		return "", false // no home directory: nobody's settings
	}
	return filepath.Join(dir, "sidecall", "config.yaml"), false
}

func lookup(environ []string, name string) (string, bool) {
	for _, kv := range slices.Backward(environ) {
		if k, v, _ := strings.Cut(kv, "="); k == name {
			return v, true
		}
	}
	return "", false
}
