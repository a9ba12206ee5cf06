package run

import (
	"errors"
	"fmt"
	"os"

	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/validate"
)

// definition is a component that was decoded and validated, or why it was not.
type definition struct {
	name  string
	typed *validate.Typed
	err   error
	// wazero is set if the engine cannot run one of its core modules.
	wazero string
	// none is the verdict on commands that need the definition, if err is set.
	none verdict
}

// check decodes and validates a component. Where a script runs its components, each
// is at the root, with nothing but the host around it, and is checked for that too.
func (st *state) check(file string) definition {
	b, err := os.ReadFile(file)
	if err != nil {
		return definition{err: err}
	}
	c, err := binary.Decode(b)
	if err != nil {
		return definition{err: fmt.Errorf("decoding: %w", err)}
	}
	typed, err := validate.Component(c, validate.Options{})
	if err != nil {
		return definition{err: fmt.Errorf("validation: %w", err)}
	}
	if st.script.Mode != "validate" {
		if err := validate.Standalone(typed); err != nil {
			return definition{err: fmt.Errorf("validation: %w", err)}
		}
	}
	return definition{typed: typed}
}

// feature names the gated feature for which a component was refused, empty if that
// is not why.
func feature(err error) string {
	var invalid *validate.Error
	if errors.As(err, &invalid) && invalid.Feature != "" {
		return string(invalid.Feature)
	}
	var malformed *binary.Error
	if errors.As(err, &malformed) && malformed.Feature != "" {
		return malformed.Feature
	}
	return ""
}

// unusable says why a command's file cannot be looked at, empty if it can.
func (st *state) unusable(c *script.Command) string {
	switch {
	case st.script.File(c) == "":
		return "text only: there is no parser of WebAssembly text here"
	case c.Kind == "module" && c.Type != "assert_invalid" && c.Type != "assert_malformed":
		return "core module: only components run here"
	}
	return ""
}

// assertRejected runs assert_invalid and assert_malformed. The first may be
// rejected by the decoder too; what is malformed inside a core module is found
// when that is decoded, by validation.
func (st *state) assertRejected(c *script.Command) verdict {
	if why := st.unusable(c); why != "" {
		return skipped("%s", why)
	}
	want := "invalid"
	if c.Type == "assert_malformed" {
		want = "malformed"
	}
	if c.Kind == "module" {
		return st.rejectedModule(c, want)
	}
	d := st.check(st.script.File(c))
	switch {
	case errors.Is(d.err, os.ErrNotExist):
		return failed(want, "%v", d.err)
	case d.err != nil:
		return passed
	case st.coreFeatureOff():
		return skipped("core feature: the script switches off what this engine has")
	}
	return failed(fmt.Sprintf("%s: %s", want, c.Text), "it is accepted")
}

// rejectedModule is assertRejected for a core module.
func (st *state) rejectedModule(c *script.Command, want string) verdict {
	b, err := os.ReadFile(st.script.File(c))
	if err != nil {
		return failed(want, "%v", err)
	}
	m, err := core.Decode(b, 0)
	if err == nil {
		err = m.Validate()
	}
	switch {
	case err != nil:
		return passed
	case st.coreFeatureOff():
		return skipped("core feature: the script switches off what this engine has")
	}
	return failed(fmt.Sprintf("%s: %s", want, c.Text), "it is accepted")
}

// coreFeatureOff says whether the script is about a feature of core WebAssembly
// that is off, which this engine cannot switch off.
func (st *state) coreFeatureOff() bool {
	for _, f := range st.script.Config.Flags {
		switch f {
		case "-simd", "-reference-types", "-gc", "-exceptions", "-bulk-memory", "-multi-value", "-threads", "-tail-call", "-function-references", "wasm1":
			return true
		}
	}
	return false
}
