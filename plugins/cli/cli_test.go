package cli_test

import (
	"cmp"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/cli"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/io"
)

const streams = "wasi:io/streams@0.2.12"

func env(t *testing.T, g plan.Grants, stdio host.Stdio) *plugintest.Env {
	t.Helper()
	plugintest.NoGoroutines(t)
	return plugintest.New(t, g, stdio, cli.Interfaces(), io.Interfaces())
}

func TestEnvironment(t *testing.T) {
	const iface = "wasi:cli/environment@0.2.12"
	t.Setenv("NOT_GRANTED", "secret")
	for _, tt := range []struct {
		grants plan.Grants
		want   string
	}{
		{plan.Grants{}, ""},
		{plan.Grants{Args: []string{"app", "-x", ""}, Env: []plan.EnvVar{{Name: "A", Value: "1"}, {Name: "B", Value: "x=y"}}}, "A=1 B=x=y app -x "},
	} {
		e := env(t, tt.grants, host.Stdio{})
		var got []string
		for vars, i := e.Must(iface, "get-environment"), 0; i < vars.Len(); i++ {
			got = append(got, vars.At(i).At(0).Str()+"="+vars.At(i).At(1).Str())
		}
		for args, i := e.Must(iface, "get-arguments"), 0; i < args.Len(); i++ {
			got = append(got, args.At(i).Str())
		}
		if s := strings.Join(got, " "); s != tt.want {
			t.Errorf("got %q, want %q", s, tt.want)
		}
		if e.Must(iface, "initial-cwd").Case() != 0 {
			t.Error("there is a current directory")
		}
	}
	cwd, ok := env(t, plan.Grants{Cwd: "/work"}, host.Stdio{}).Must(iface, "initial-cwd").Payload()
	if !ok || cwd.Str() != "/work" {
		t.Errorf("the current directory is %v, %v", cwd, ok)
	}
}

func TestExit(t *testing.T) {
	const iface = "wasi:cli/exit@0.2.12"
	e := env(t, plan.Grants{}, host.Stdio{})
	for _, tt := range []struct {
		fn   string
		arg  value.Value
		want int
	}{
		{"exit", value.Ok(nil), 0},
		{"exit", value.Err(nil), 1},
		{"exit-with-code", value.U8(0), 0},
		{"exit-with-code", value.U8(255), 255},
	} {
		var exit *host.ExitError
		if err := e.Traps(iface, tt.fn, tt.arg); !errors.As(err, &exit) || exit.Code != tt.want {
			t.Errorf("%s: %v", tt.fn, err)
		}
	}
}

func TestStdio(t *testing.T) {
	var out, errs strings.Builder
	e := env(t, plan.Grants{}, host.Stdio{In: strings.NewReader("in"), Out: &out, Err: &errs})
	for range 2 { // handles of one stream share it, and come and go
		stdout := e.Must("wasi:cli/stdout@0.2.12", "get-stdout")
		stderr := e.Must("wasi:cli/stderr@0.2.12", "get-stderr")
		stdin := e.Must("wasi:cli/stdin@0.2.12", "get-stdin")
		b := e.Ok(streams, "[method]input-stream.blocking-read", plugintest.Lend(stdin), value.U64(1))
		e.Ok(streams, "[method]output-stream.blocking-write-and-flush", plugintest.Lend(stdout), b)
		e.Ok(streams, "[method]output-stream.blocking-write-and-flush", plugintest.Lend(stderr), value.Bytes([]byte("!")))
		plugintest.Drop(stdout)
		plugintest.Drop(stderr)
		plugintest.Drop(stdin)
	}
	if out.String() != "in" || errs.String() != "!!" {
		t.Errorf("out %q, err %q", out.String(), errs.String())
	}
}

func TestStdioOfNobody(t *testing.T) {
	e := env(t, plan.Grants{}, host.Stdio{})
	in := plugintest.Lend(e.Must("wasi:cli/stdin@0.2.12", "get-stdin"))
	v := e.Must(streams, "[method]input-stream.blocking-read", in, value.U64(1))
	if p, _ := v.Payload(); v.Case() != 1 || p.Case() != 1 {
		t.Error("there is something to read")
	}
	out := plugintest.Lend(e.Must("wasi:cli/stdout@0.2.12", "get-stdout"))
	e.Ok(streams, "[method]output-stream.blocking-write-and-flush", out, value.Bytes([]byte("x")))
}

type slow struct {
	strings.Builder
	takes time.Duration // 0: 50 ms
}

func (s *slow) Write(p []byte) (int, error) {
	time.Sleep(cmp.Or(s.takes, 50*time.Millisecond))
	return s.Builder.Write(p)
}

// TestUnflushedOutputArrives closes an instance whose guest did not flush.
func TestUnflushedOutputArrives(t *testing.T) {
	var s slow
	e := env(t, plan.Grants{}, host.Stdio{Out: &s})
	out := plugintest.Lend(e.Must("wasi:cli/stdout@0.2.12", "get-stdout"))
	e.Ok(streams, "[method]output-stream.check-write", out)
	e.Ok(streams, "[method]output-stream.write", out, value.Bytes([]byte("late")))
	e.Close()
	if s.String() != "late" {
		t.Errorf("%q arrived", s.String())
	}
}

// TestSlowReaderGetsAll closes an instance whose reader takes longer than a stream's end
// waits by itself: what a command writes is data.
func TestSlowReaderGetsAll(t *testing.T) {
	var s slow
	e := env(t, plan.Grants{}, host.Stdio{Out: &s, Until: t.Context()})
	out := plugintest.Lend(e.Must("wasi:cli/stdout@0.2.12", "get-stdout"))
	s.takes = 1500 * time.Millisecond
	e.Ok(streams, "[method]output-stream.check-write", out)
	e.Ok(streams, "[method]output-stream.write", out, value.Bytes([]byte("late")))
	e.Close()
	if s.String() != "late" {
		t.Errorf("%q arrived", s.String())
	}
}

// TestStdinOfAPipe ends a read of a pipe, which can be interrupted.
func TestStdinOfAPipe(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	defer r.Close()
	e := env(t, plan.Grants{}, host.Stdio{In: r})
	in := plugintest.Lend(e.Must("wasi:cli/stdin@0.2.12", "get-stdin"))
	if b := e.Ok(streams, "[method]input-stream.read", in, value.U64(1)).Bytes(); len(b) != 0 {
		t.Errorf("read %q", b)
	}
	e.Close() // and no goroutine is left
	if _, err := w.WriteString("x"); err != nil {
		t.Fatal(err)
	}
	var b [1]byte
	if n, err := r.Read(b[:]); n != 1 || err != nil {
		t.Errorf("the pipe cannot be read any more: %v", err)
	}
}
