package logging_test

import (
	"strings"
	"testing"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/logging"
)

func TestLogging(t *testing.T) {
	var log, stderr strings.Builder
	logger := zerolog.New(&log)
	for _, iface := range []string{"wasi:logging/logging", "wasi:logging/logging@0.1.0-draft"} {
		for _, l := range []*zerolog.Logger{&logger, nil} {
			plugintest.NoGoroutines(t)
			e := plugintest.New(t, plan.Grants{}, host.Stdio{Err: &stderr}, logging.New(l).Interfaces())
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
