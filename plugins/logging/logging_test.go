package logging_test

import (
	"context"
	"strings"
	"testing"

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
		p := logging.New(&logger, func(context.Context) (string, string) { return test.trace, test.span })
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
			e := plugintest.New(t, plan.Grants{}, host.Stdio{Err: &stderr}, logging.New(l, nil).Interfaces())
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
