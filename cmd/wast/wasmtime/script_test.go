package wasmtime

import (
	"errors"
	"fmt"
	"os"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// verdict is what came of one command.
type verdict struct {
	outcome report.Outcome
	text    string
}

var passed = verdict{outcome: report.Pass}

func failed(format string, args ...any) verdict {
	return verdict{report.Fail, fmt.Sprintf(format, args...)}
}
func skipped(why string) verdict { return verdict{report.Skip, why} }

// definition is a component, or why there is none.
type definition struct {
	*Component
	typed *wit.ComponentType
	none  verdict
}

// current is an instance, or why there is none.
type current struct {
	*Instance
	def  *definition
	none verdict
}

// state is what the commands of one script share.
type state struct {
	engine      *Engine
	linker      *Linker
	script      *script.Script
	definitions map[string]*definition
	last        *definition
	instances   map[string]*current
	current     *current
}

func newState(e *Engine, s *script.Script) (*state, error) {
	st := &state{engine: e, linker: e.NewLinker(), script: s, definitions: map[string]*definition{}, instances: map[string]*current{}}
	return st, spectest(st.linker)
}

func (st *state) command(c *script.Command) verdict {
	switch {
	case c.Wasmtime == "crash":
		if c.Type == "module" || c.Type == "module_instance" {
			st.current = &current{none: skipped("wasmtime crashes")}
		}
		return skipped("wasmtime crashes")
	case c.Kind == "module":
		return skipped("core module")
	}
	switch c.Type {
	case "module", "module_definition":
		d := st.define(c)
		if st.last = d; c.Name != "" {
			st.definitions[c.Name] = d
		}
		if d.none != passed || c.Type == "module_definition" {
			st.setCurrent(c, &current{def: d, none: d.none}, c.Name)
			return d.none
		}
		if st.script.Mode == "validate" {
			st.setCurrent(c, &current{def: d}, c.Name)
			return passed
		}
		return st.instantiate(c, d, c.Name)
	case "module_instance":
		d := st.last
		if c.Module != "" {
			d = st.definitions[c.Module]
		}
		return st.instantiate(c, d, c.Instance)
	case "assert_invalid", "assert_malformed":
		switch d := st.define(c); {
		case d.none.outcome == report.Fail:
			return passed
		case d.none.outcome == report.Skip:
			return d.none
		}
		return failed("it is accepted")
	case "assert_unlinkable", "assert_uninstantiable":
		d := st.define(c)
		if d.none != passed {
			return d.none
		}
		if i := st.made(d); i.none.outcome == report.Pass {
			i.Close()
			return failed("it is instantiated")
		} else if i.none.outcome == report.Skip {
			return i.none
		}
		return passed
	case "assert_return", "assert_trap", "action":
		return st.invoke(c)
	}
	return skipped("command not supported")
}

func (st *state) define(c *script.Command) *definition {
	file := st.script.File(c)
	if file == "" {
		return &definition{none: skipped("text only")}
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return &definition{none: failed("%v", err)}
	}
	d := &definition{}
	if d.Component, err = st.engine.Compile(b); err != nil {
		return &definition{none: failed("refused: %v", err)}
	}
	// The types are needed to pass values; whether it is valid is wasmtime's verdict.
	if decoded, err := binary.Decode(b); err == nil {
		if t, err := validate.Component(decoded, validate.Options{}); err == nil {
			d.typed = t.Type
		}
	}
	return d
}

func (st *state) setCurrent(c *script.Command, i *current, name string) {
	if c.Type == "module_definition" {
		return
	}
	if st.current = i; name != "" {
		st.instances[name] = i
	}
}

func (st *state) instantiate(c *script.Command, d *definition, name string) verdict {
	i := st.made(d)
	st.setCurrent(c, i, name)
	return i.none
}

// made instantiates a definition, if there is one.
func (st *state) made(d *definition) *current {
	i := &current{def: d}
	switch {
	case d == nil:
		i.none = failed("there is no definition")
	case d.none != passed:
		i.none = d.none
	case st.importsInstance(d):
		i.none = skipped("what another instance exports cannot be imported through the C API")
	default:
		var err error
		if i.Instance, err = st.linker.Instantiate(d.Component); err != nil {
			i.none = failed("no instance: %v", err)
		}
	}
	return i
}

// importsInstance says whether a component imports from a named instance.
func (st *state) importsInstance(d *definition) bool {
	if d.typed == nil {
		return false
	}
	for name := range st.instances {
		if _, imports := d.typed.Import(name); imports {
			return true
		}
	}
	return false
}

func (st *state) invoke(c *script.Command) verdict {
	i := st.current
	if c.Action.Module != "" {
		i = st.instances[c.Action.Module]
	}
	if i == nil {
		return failed("there is no instance")
	}
	if i.none != passed {
		return skipped("its instance: " + i.none.text)
	}
	if i.Instance == nil { // a validation script that calls
		made := st.made(i.def)
		if *i = *made; i.none != passed {
			return i.none
		}
	}
	f, err := i.Func(c.Action.Field)
	if err != nil {
		return failed("%v", err)
	}
	var t *wit.FuncType
	if i.def.typed != nil {
		for _, e := range i.def.typed.Exports {
			if e.Name == c.Action.Field {
				t, _ = e.Type.(*wit.FuncType)
			}
		}
	}
	if t == nil || len(t.Params) != len(c.Action.Args) {
		return skipped("the function's type is not known")
	}
	args := make([]value.Value, len(t.Params))
	for n, p := range t.Params {
		if args[n], err = jsonvalue.Parse(c.Action.Args[n], p.Type); err != nil {
			return skipped("an argument is not supported")
		}
	}
	got, err := f.Call(t, args...)
	var cannot *ArgumentError
	switch {
	case errors.As(err, &cannot):
		return skipped(err.Error())
	case c.Type == "assert_trap" && err != nil:
		return passed
	case c.Type == "assert_trap":
		return failed("no trap")
	case err != nil:
		return failed("%v", err)
	case len(c.Expected) == 0:
		return passed
	}
	want, err := jsonvalue.Parse(c.Expected[0], t.Result)
	if err != nil {
		return failed("%v", err)
	}
	if !jsonvalue.Equal(t.Result, want, got) {
		return failed("%s", jsonvalue.Format(t.Result, got))
	}
	return passed
}
