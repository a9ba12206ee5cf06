package config_test

import (
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/config"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

func TestConfig(t *testing.T) {
	g := plan.Grants{Config: []plan.EnvVar{{Name: "a", Value: "1"}, {Name: "b", Value: ""}}, Env: []plan.EnvVar{{Name: "c", Value: "x"}}}
	e := plugintest.New(t, g, host.Stdio{}, config.Interfaces())
	for _, iface := range []string{"wasi:config/store@0.2.0-draft", "wasi:config/runtime@0.2.0-draft", "wasi:config/store@0.2.0-draft-2024-09-27", "wasi:config/store@0.2.0-rc.1"} {
		for key, want := range map[string]string{"a": "1", "b": "", "c": "none", "": "none"} {
			got := "none"
			if v, ok := e.Ok(iface, "get", value.String(key)).Payload(); ok {
				got = v.Str()
			}
			if got != want {
				t.Errorf("%s %q: got %q, want %q", iface, key, got, want)
			}
		}
		all := e.Ok(iface, "get-all")
		if all.Len() != 2 || all.At(0).At(0).Str() != "a" || all.At(1).At(1).Str() != "" {
			t.Errorf("%s get-all", iface)
		}
	}
}
