package logging_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/logging"
)

// TestSpan: entries name the span that the call is part of.
func TestSpan(t *testing.T) {
	for _, test := range []struct{ trace, span, want string }{
		{"", "", `{"level":"warn","composition":"test","component":"app","message":"hello"}` + "\n"},
		{"0af7", "b7ad", `{"level":"warn","composition":"test","component":"app","trace_id":"0af7","span_id":"b7ad","message":"hello"}` + "\n"},
	} {
		var log strings.Builder
		logger := zerolog.New(&log)
		p := logging.New(logging.Config{Log: one(&logger), Span: func(context.Context) (string, string) { return test.trace, test.span }})
		e := plugintest.New(t, plan.Grants{}, host.Stdio{}, p.Interfaces())
		e.Must("wasi:logging/logging", "log", value.Enum(3), value.String(""), value.String("hello"))
		if log.String() != test.want {
			t.Errorf("got %s", &log)
		}
	}
}

func TestLogging(t *testing.T) {
	var log, stderr strings.Builder
	logger := zerolog.New(&log)
	for _, iface := range []string{"wasi:logging/logging", "wasi:logging/logging@0.1.0-draft"} {
		for _, l := range []*zerolog.Logger{&logger, nil} {
			plugintest.NoGoroutines(t)
			e := plugintest.New(t, plan.Grants{}, host.Stdio{Err: &stderr}, logging.New(logging.Config{Log: one(l)}).Interfaces())
			e.Must(iface, "log", value.Enum(2), value.String("ctx"), value.String("hello \"you\"\n"))
			e.Must(iface, "log", value.Enum(5), value.String(""), value.String("bad"))
		}
		if want := `{"level":"info","composition":"test","component":"app","context":"ctx","message":"hello \"you\"\n"}` + "\n" +
			`{"level":"fatal","composition":"test","component":"app","message":"bad"}` + "\n"; log.String() != want {
			t.Errorf("got %s", log.String())
		}
		if want := "info ctx: hello \"you\"\n\ncritical: bad\n"; stderr.String() != want {
			t.Errorf("got %q", stderr.String())
		}
		log.Reset()
		stderr.Reset()
	}
}

// one is the log of all components, nil for none.
func one(log *zerolog.Logger) func(string) *zerolog.Logger {
	if log == nil {
		return nil
	}
	return func(string) *zerolog.Logger { return log }
}

// never is a log that takes nothing.
type never struct{}

func (never) Ready() bool                { return false }
func (never) Watch(func()) (stop func()) { return func() {} }

// TestStuckLog: a guest waits for a log that must take all, as long as its call may last.
func TestStuckLog(t *testing.T) {
	log := zerolog.New(io.Discard)
	e := plugintest.New(t, plan.Grants{}, host.Stdio{}, logging.New(logging.Config{Log: one(&log), Ready: never{}}).Interfaces())
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := e.With(ctx).Call("wasi:logging/logging", "log", value.Enum(2), value.String(""), value.String("hello")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// TestLongMessage: long messages are several entries, cut between characters.
func TestLongMessage(t *testing.T) {
	var out strings.Builder
	log := zerolog.New(&out)
	e := plugintest.New(t, plan.Grants{}, host.Stdio{}, logging.New(logging.Config{Log: one(&log), Line: 4}).Interfaces())
	e.Must("wasi:logging/logging", "log", value.Enum(2), value.String("context"), value.String("aéé€xyz"))
	var got []string
	for dec := json.NewDecoder(strings.NewReader(out.String())); dec.More(); {
		var entry struct{ Context, Message string }
		if err := dec.Decode(&entry); err != nil {
			t.Fatal(err)
		}
		got = append(got, entry.Context+" "+entry.Message)
	}
	if want := []string{"cont aé", "cont é", "cont €x", "cont yz"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
