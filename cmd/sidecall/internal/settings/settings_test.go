package settings

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/pflag"
)

// load parses args as a command with all flags would, with file as its configuration.
func load(t *testing.T, file string, environ []string, args ...string) (*Settings, string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if file != "" {
		if err := os.WriteFile("config.yaml", []byte(file), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", "config.yaml")
	}
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.String(ConfigFlag, "", "")
	for _, s := range table() {
		Flags(fs, s.name)
	}
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	s, problems := Load(fs, environ)
	var b strings.Builder
	if err := problems.Print(&b); err != nil {
		t.Fatal(err)
	}
	return s, b.String()
}

func TestInitialValues(t *testing.T) {
	s, problems := load(t, "", nil)
	want := Settings{CacheSize: 2 << 30, Color: "auto", Engine: "auto", LogFormat: "auto", LogLevel: zerolog.Disabled, LogAuto: true, Output: "text", Instance: "manifest"}
	if *s != want || problems != "" {
		t.Errorf("got %+v and %q, want %+v", *s, problems, want)
	}
}

func TestPrecedence(t *testing.T) {
	const file = "timeout: 1s\nengine: compiler\nquiet: true\nmax-memory: 64MiB\n"
	environ := []string{"SIDECALL_TIMEOUT=2s", "SIDECALL_ENGINE=interpreter", "SIDECALL_PORT=tcp://10.0.0.1:80"}
	s, problems := load(t, file, environ, "--timeout", "3s")
	if problems != "" {
		t.Fatal(problems)
	}
	if s.Timeout != 3*time.Second || s.Engine != "interpreter" || !s.Quiet || s.MaxMemory != 64<<20 {
		t.Errorf("got %+v: flags go before the environment, the environment before the file", *s)
	}
}

func TestValues(t *testing.T) {
	s, problems := load(t, "", nil, "--log-level=debug", "--max-memory=10", "--no-cache", "--cache-dir=x", "-q", "-o=dot", "--timeout=0")
	want := Settings{CacheDir: "x", CacheSize: 2 << 30, NoCache: true, Color: "auto", Engine: "auto", LogFormat: "auto",
		LogLevel: zerolog.DebugLevel, MaxMemory: 10, Output: "dot", Quiet: true, Instance: "manifest"}
	if *s != want || problems != "" {
		t.Errorf("got %+v and %q, want %+v", *s, problems, want)
	}
}

func TestProblems(t *testing.T) {
	tests := map[string]struct {
		file    string
		environ []string
		args    []string
		want    string
	}{
		"flag": {args: []string{"--timeout", "10"},
			want: "error: --timeout: \"10\" must be a number with a unit, as in 500ms, 10s or 2m\n"},
		"negative": {args: []string{"--timeout=-1s"},
			want: "error: --timeout: \"-1s\" must not be negative\n"},
		"choice, with what was meant": {args: []string{"--engine", "complier"},
			want: "error: --engine: \"complier\" must be one of auto, compiler, interpreter\n  hint: did you mean \"compiler\"?\n"},
		"environment": {environ: []string{"SIDECALL_QUIET=perhaps"},
			want: "error: environment variable SIDECALL_QUIET: \"perhaps\" must be true or false\n"},
		"file, all at once": {file: "log-levle: info\nmax-memory: much\ntimeout: [1s]\n",
			want: "config.yaml:1:1: error: unknown setting \"log-levle\"\n  hint: did you mean \"log-level\"?\n" +
				"config.yaml:3:10: error: timeout: must be a single value\n" +
				"config.yaml:2:13: error: max-memory: \"much\" must be a number of bytes, or one with KiB, MiB or GiB after it\n"},
		"size that overflows": {args: []string{"--max-memory=9999999999999GiB"},
			want: "error: --max-memory: \"9999999999999GiB\" must be a number of bytes, or one with KiB, MiB or GiB after it\n"},
		"file is a list": {file: "- a\n",
			want: "config.yaml:1:1: error: must be settings, one on a line, as in \"log-level: info\"\n"},
		"file missing": {args: []string{"--config", "none.yaml"},
			want: "none.yaml: error: cannot read the configuration: no such file or directory\n"},
		"file missing, named by the environment": {environ: []string{"SIDECALL_CONFIG=none.yaml"},
			want: "none.yaml: error: cannot read the configuration: no such file or directory\n"},
		"file is a directory": {args: []string{"--config", "."},
			want: ".: error: cannot read the configuration: is a directory\n"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if _, got := load(t, test.file, test.environ, test.args...); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

// What is no YAML is the library's to describe; the place must be there.
func TestNotYAML(t *testing.T) {
	_, got := load(t, "a: [\n", nil)
	if !strings.HasPrefix(got, "config.yaml: error: not YAML: ") {
		t.Errorf("got %q", got)
	}
}

// The user's own file is read without being named.
func TestUserFile(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", dir)
	path, asked := configPath(pflag.NewFlagSet("test", pflag.ContinueOnError), nil)
	if want := filepath.Join(dir, "sidecall", "config.yaml"); asked || path != want {
		t.Skipf("this system keeps configurations in %s", path)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("output: json\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	s, problems := Load(pflag.NewFlagSet("test", pflag.ContinueOnError), nil)
	if s.Output != "json" || len(problems) != 0 {
		t.Errorf("got %q, %v", s.Output, problems)
	}
}
