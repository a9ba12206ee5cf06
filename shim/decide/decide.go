package decide

import (
	"bytes"
	"fmt"
	"path"
	"strings"
)

// Kind is what a container is.
type Kind string

const (
	// Unknown means that this step does not decide.
	Unknown Kind = ""
	Linux   Kind = "linux"
	Wasm    Kind = "wasm"
)

// Decision is a kind, and why.
type Decision struct {
	Kind Kind   `json:"kind"`
	Why  string `json:"why"`
}

// Annotations that decide.
const (
	containerType = "io.kubernetes.cri.container-type"
	containerName = "io.kubernetes.cri.container-name"
	// Runtime, alone or with a dot and a container's name behind it, is ours. Only the
	// pod's annotations can be set in Kubernetes, so the name has to be in the key.
	Runtime = "sidecall.dev/runtime"
	// What crun understands.
	crunHandler = "run.oci.handler"
	crunVariant = "module.wasm.image/variant"
)

// ByAnnotations takes the first two steps: a pod's sandbox is always Linux (containerd
// copies the pod's annotations to it), and then what somebody said.
func ByAnnotations(annotations map[string]string, args []string) (Decision, error) {
	if annotations[containerType] == "sandbox" {
		return Decision{Linux, "it is the pod's sandbox"}, nil
	}
	keys := []string{Runtime}
	if name := annotations[containerName]; name != "" {
		keys = []string{Runtime + "." + name, Runtime}
	}
	for _, key := range keys {
		value, ok := annotations[key]
		if !ok {
			continue
		}
		if kind := Kind(value); kind == Linux || kind == Wasm {
			return Decision{kind, "the annotation " + key + " says so"}, nil
		}
		return Decision{}, fmt.Errorf("annotation %s: %q is neither wasm nor linux", key, value)
	}
	for _, a := range []struct{ key, always, smart string }{
		{crunHandler, "wasm", "wasm-smart"},
		{crunVariant, "compat", "compat-smart"},
	} {
		switch annotations[a.key] {
		case a.always:
			return Decision{Wasm, "the annotation " + a.key + " says so"}, nil
		case a.smart:
			if len(args) > 0 && strings.HasSuffix(args[0], ".wasm") {
				return Decision{Wasm, "the annotation " + a.key + " and the command's name say so"}, nil
			}
		}
	}
	return Decision{}, nil
}

// ByBytes takes the last step: the first 8 bytes of the entrypoint. What is no
// WebAssembly is runc's to run, or to refuse in its own words.
func ByBytes(name string, head []byte) Decision {
	if bytes.HasPrefix(head, []byte("\x00asm")) {
		return Decision{Wasm, path.Base(name) + " is WebAssembly"}
	}
	return Decision{Linux, "nothing in it is WebAssembly"}
}
