package settings

import (
	"errors"
	"fmt"
	"math"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"
)

// setting is one thing that can be set. Its name is the flag's and the file's key;
// in the environment it is SIDECALL_ and the name in capitals.
type setting struct {
	name, short string
	value       string // what stands for the value in the help
	initial     string
	usage       string
	choices     []string
	set         func(s *Settings, text string) error
}

// Names of the settings that commands choose flags from with Flags.
const (
	CacheDir  = "cache-dir"
	CacheSize = "cache-size"
	NoCache   = "no-cache"
	Color     = "color"
	Control   = "control"
	Engine    = "engine"
	KeyValue  = "keyvalue-dir"
	LogFormat = "log-format"
	LogLevel  = "log-level"
	MaxMemory = "max-memory"
	Output    = "output"
	Quiet     = "quiet"
	Timeout   = "timeout"

	Listen       = "listen"
	HealthListen = "health-listen"
	TLSCert      = "tls-cert"
	TLSKey       = "tls-key"
	Deadline     = "deadline"
	MaxRequests  = "max-requests"
	Instance     = "instance"
	LogRate      = "log-rate"
)

// table is made once: each flag of each command looks into it, at every start.
var table = sync.OnceValue(func() []setting {
	return []setting{
		{name: CacheDir, value: "DIR", usage: "where compiled code is kept between runs (default the user's cache directory)",
			set: func(s *Settings, text string) error { s.CacheDir = text; return nil }},
		{name: CacheSize, value: "SIZE", initial: "2GiB", usage: "how much is kept between runs, compiled code and images, as in 500MiB (0: no limit; default 2GiB)",
			set: func(s *Settings, text string) (err error) { s.CacheSize, err = Size(text); return err }},
		{name: NoCache, initial: "false", usage: "neither read nor write compiled code on disk",
			set: func(s *Settings, text string) (err error) { s.NoCache, err = parseBool(text); return err }},
		{name: Color, value: "WHEN", initial: "auto", choices: []string{"auto", "always", "never"}, usage: "colours in messages",
			set: func(s *Settings, text string) error { s.Color = text; return nil }},
		{name: Control, value: "DIR", usage: "where sidecall ps, top and call find what runs; off: nowhere (default the user's runtime directory)",
			set: func(s *Settings, text string) error { s.Control = text; return nil }},
		{name: Engine, value: "ENGINE", initial: "auto", choices: []string{"auto", "compiler", "interpreter"}, usage: "how guest code runs",
			set: func(s *Settings, text string) error { s.Engine = text; return nil }},
		{name: KeyValue, value: "DIR", usage: "where buckets of wasi:keyvalue are kept, for one sidecall at a time (default in memory only)",
			set: func(s *Settings, text string) error { s.KeyValueDir = text; return nil }},
		{name: LogFormat, value: "FORMAT", initial: "auto", choices: []string{"auto", "text", "json"}, usage: "format of the host's own log; auto is text on a terminal",
			set: func(s *Settings, text string) error { s.LogFormat = text; return nil }},
		{name: LogLevel, value: "LEVEL", initial: "auto", choices: []string{"auto", "off", "error", "warn", "info", "debug", "trace"}, usage: "how much the host logs to standard error; auto is info for serve, else off",
			set: setLogLevel},
		{name: MaxMemory, value: "SIZE", initial: "0", usage: "memory that each component may have, as in 64MiB (0: the default, 1GiB)",
			set: func(s *Settings, text string) (err error) { s.MaxMemory, err = Size(text); return err }},
		{name: Output, short: "o", value: "FORMAT", initial: "text", usage: "format of what the command prints",
			set: func(s *Settings, text string) error { s.Output = text; return nil }},
		{name: Quiet, short: "q", initial: "false", usage: "print no warnings and no progress",
			set: func(s *Settings, text string) (err error) { s.Quiet, err = parseBool(text); return err }},
		{name: Timeout, value: "DURATION", initial: "0", usage: "end the guest after this time, as in 500ms or 2m (0: never)",
			set: func(s *Settings, text string) (err error) { s.Timeout, err = Duration(text); return err }},

		{name: Listen, value: "ADDRESS", usage: "listen at this address, as in 0.0.0.0:8080 (default the manifest's, or 127.0.0.1:8080)",
			set: func(s *Settings, text string) (err error) { s.Listen, err = parseAddress(text); return err }},
		{name: HealthListen, value: "ADDRESS", usage: "tell of liveness and readiness at this address",
			set: func(s *Settings, text string) (err error) { s.HealthListen, err = parseAddress(text); return err }},
		{name: TLSCert, value: "FILE", usage: "serve by TLS with the certificate in this PEM file",
			set: func(s *Settings, text string) error { s.TLSCert = text; return nil }},
		{name: TLSKey, value: "FILE", usage: "the PEM file of the certificate's key",
			set: func(s *Settings, text string) error { s.TLSKey = text; return nil }},
		{name: Deadline, value: "DURATION", usage: "end each request after this time, 0 for never (default the manifest's, or 30s)",
			set: setDeadline},
		{name: MaxRequests, value: "N", initial: "0", usage: "how many requests run at a time (default the manifest's, or 256)",
			set: func(s *Settings, text string) (err error) { s.MaxRequests, err = parseCount(text); return err }},
		{name: LogRate, value: "SIZE", initial: "0", usage: "how much the log takes of each component a second, as in 64KiB (default the manifest's, or 1MiB)",
			set: func(s *Settings, text string) (err error) { s.LogRate, err = Size(text); return err }},
		{name: Instance, value: "POLICY", initial: "manifest", choices: []string{"manifest", "per-request", "pool", "singleton"}, usage: "which requests share an instance, as the manifest says or",
			set: func(s *Settings, text string) error { s.Instance = text; return nil }},
	}
})

// EnvName is the environment variable of a setting.
func EnvName(name string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
}

// Choices are the values that a setting may have, nil if they cannot be listed.
func Choices(name string) []string {
	for _, s := range table() {
		if s.name == name {
			return s.choices
		}
	}
	return nil
}

// Flags defines the flags of the named settings.
func Flags(fs *pflag.FlagSet, names ...string) {
	for _, s := range table() {
		if !slices.Contains(names, s.name) {
			continue
		}
		usage := s.usage
		if s.choices != nil {
			usage += ": " + strings.Join(s.choices, ", ")
		}
		if s.value == "" {
			fs.BoolP(s.name, s.short, s.initial == "true", usage)
			continue
		}
		// The initial value is not the flag's default, lest the help show zeros.
		fs.VarP(&textValue{kind: s.value}, s.name, s.short, usage)
	}
}

// textValue keeps what was written; it is checked when all sources are known.
type textValue struct{ kind, text string }

func (v *textValue) String() string        { return v.text }
func (v *textValue) Set(text string) error { v.text = text; return nil }
func (v *textValue) Type() string          { return v.kind }

func parseBool(text string) (bool, error) {
	b, err := strconv.ParseBool(text)
	if err != nil {
		return false, errors.New("must be true or false")
	}
	return b, nil
}

// Duration reads a time, as in 10s; 0 needs no unit.
func Duration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return 0, errors.New("must be a number with a unit, as in 500ms, 10s or 2m")
	}
	if d < 0 {
		return 0, errors.New("must not be negative")
	}
	return d, nil
}

// Size reads a number of bytes, as in 64MiB.
func Size(text string) (uint64, error) {
	number, scale := text, uint64(1)
	for i, unit := range []string{"KiB", "MiB", "GiB"} {
		if n, ok := strings.CutSuffix(text, unit); ok {
			number, scale = n, 1<<(10*(i+1))
		}
	}
	n, err := strconv.ParseUint(number, 10, 64)
	if err != nil || n > math.MaxInt64/scale {
		return 0, errors.New("must be a number of bytes, or one with KiB, MiB or GiB after it")
	}
	return n * scale, nil
}

func setLogLevel(s *Settings, text string) error {
	if s.LogAuto = text == "auto"; s.LogAuto || text == "off" {
		s.LogLevel = zerolog.Disabled
		return nil
	}
	level, err := zerolog.ParseLevel(text)
	if err != nil {
		return fmt.Errorf("parsing the level: %w", err)
	}
	s.LogLevel = level
	return nil
}

func setDeadline(s *Settings, text string) error {
	s.Deadline = nil
	if text == "" {
		return nil
	}
	d, err := Duration(text)
	if err == nil {
		s.Deadline = &d
	}
	return err
}

func parseCount(text string) (int, error) {
	n, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		return 0, errors.New("must be a whole number")
	}
	return int(n), nil
}

// parseAddress checks the form of an address; empty is none.
func parseAddress(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	_, port, err := net.SplitHostPort(text)
	if err != nil {
		return "", errors.New("must be an address and a port, as in 0.0.0.0:8080")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return "", errors.New("must end with a port: a number up to 65535")
	}
	return text, nil
}
