package decide_test

import (
	"testing"

	"github.com/sidecall/sidecall/shim/decide"
)

func TestByAnnotations(t *testing.T) {
	type m = map[string]string
	for _, tc := range []struct {
		name        string
		annotations m
		arg         string
		want        decide.Kind
		err         string
	}{
		{"nothing", nil, "/app.wasm", decide.Unknown, ""},
		{"sandbox", m{"io.kubernetes.cri.container-type": "sandbox", "sidecall.dev/runtime": "wasm"}, "/pause", decide.Linux, ""},
		{"ours", m{"sidecall.dev/runtime": "wasm"}, "/app", decide.Wasm, ""},
		{"by name", m{"io.kubernetes.cri.container-name": "a", "sidecall.dev/runtime": "wasm", "sidecall.dev/runtime.a": "linux"}, "/app", decide.Linux, ""},
		{"another's name", m{"io.kubernetes.cri.container-name": "a", "sidecall.dev/runtime.b": "linux"}, "/app", decide.Unknown, ""},
		{"ours before crun's", m{"sidecall.dev/runtime": "linux", "run.oci.handler": "wasm"}, "/app", decide.Linux, ""},
		{"misspelt", m{"sidecall.dev/runtime": "WASM"}, "/app", decide.Unknown, `annotation sidecall.dev/runtime: "WASM" is neither wasm nor linux`},
		{"crun", m{"run.oci.handler": "wasm"}, "/app", decide.Wasm, ""},
		{"crun smart", m{"run.oci.handler": "wasm-smart"}, "/app.wasm", decide.Wasm, ""},
		{"crun smart, Linux", m{"run.oci.handler": "wasm-smart"}, "/app", decide.Unknown, ""},
		{"variant", m{"module.wasm.image/variant": "compat"}, "/app", decide.Wasm, ""},
		{"variant smart", m{"module.wasm.image/variant": "compat-smart"}, "/app.wasm", decide.Wasm, ""},
		{"another handler", m{"run.oci.handler": "krun"}, "/app.wasm", decide.Unknown, ""},
	} {
		got, err := decide.ByAnnotations(tc.annotations, []string{tc.arg})
		text := ""
		if err != nil {
			text = err.Error()
		}
		if got.Kind != tc.want || text != tc.err {
			t.Errorf("%s: %q, %q", tc.name, got.Kind, text)
		}
	}
}

func TestByBytes(t *testing.T) {
	for head, want := range map[string]decide.Kind{
		"\x00asm\x01\x00\x00\x00": decide.Wasm, "\x00asm\x0d\x00\x01\x00": decide.Wasm,
		"\x7fELF\x02\x01\x01\x00": decide.Linux, "#!/bin/s": decide.Linux, "": decide.Linux, "\x00as": decide.Linux,
	} {
		if got := decide.ByBytes("/bin/x", []byte(head)); got.Kind != want {
			t.Errorf("%q: %q", head, got.Kind)
		}
	}
}
