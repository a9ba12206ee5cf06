package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/wit"
)

// invoke runs assert_return, assert_trap and action.
func (st *state) invoke(ctx context.Context, c *script.Command) verdict {
	if c.Action == nil || c.Action.Type != "invoke" {
		return skipped("command not supported: an action other than invoke")
	}
	i := st.current
	if c.Action.Module != "" {
		i = st.instances[c.Action.Module]
	}
	if i != nil && i.Instance == nil && i.none == passed {
		if v := st.instantiated(ctx, i.name, i.def, passed); v != passed {
			return v
		}
		i = st.current
	}
	switch {
	case i == nil:
		return failed("a call", "there is no instance %q", c.Action.Module)
	case i.Instance == nil && i.none.outcome == report.Skip:
		return skipped("its instance: %s", i.none.got)
	case i.Instance == nil:
		return failed("a call", "there is no instance: %s", i.none.got)
	}
	if c.WazeroError != "" {
		return skipped("wazero refuses a core module: %s", c.WazeroError)
	}
	f, err := i.Func("", c.Action.Field)
	if err != nil {
		return failed("a call", "%v", err)
	}
	args, err := arguments(c, f.Type())
	if err != nil {
		return failed("a call", "%s: %v", c.Action.Field, err)
	}
	got, err := f.Call(ctx, args...)
	if c.Type == "assert_trap" {
		return trapped(c, f.Type(), got, err)
	}
	return returned(c, f.Type(), got, err)
}

// arguments reads the arguments of an action.
func arguments(c *script.Command, t *wit.FuncType) ([]value.Value, error) {
	if len(c.Action.Args) != len(t.Params) {
		return nil, fmt.Errorf("the script gives %d arguments, the function takes %d", len(c.Action.Args), len(t.Params))
	}
	args := make([]value.Value, len(t.Params))
	for n, p := range t.Params {
		var err error
		if args[n], err = jsonvalue.Parse(c.Action.Args[n], p.Type); err != nil {
			return nil, fmt.Errorf("argument %s: %w", p.Name, err)
		}
	}
	return args, nil
}

// trapped judges a call that must trap.
func trapped(c *script.Command, t *wit.FuncType, got value.Value, err error) verdict {
	want := "a trap: " + c.Text
	var trap *host.Trap
	switch {
	case err == nil:
		return failed(want, "%s", describe(t, got))
	case !errors.As(err, &trap):
		return failed(want, "%v", err)
	}
	return passed
}

// returned judges a call that must succeed.
func returned(c *script.Command, t *wit.FuncType, got value.Value, err error) verdict {
	if c.Type == "action" {
		if err != nil {
			return failed("success", "%v", err)
		}
		return passed
	}
	if len(c.Expected) > 1 || len(c.Expected) == 1 && t.Result == nil {
		return failed(fmt.Sprintf("%d results", len(c.Expected)), "the function has another type: %s", t)
	}
	if len(c.Expected) == 0 {
		if err != nil {
			return failed("success", "%v", err)
		}
		return passed
	}
	expected, bad := jsonvalue.Parse(c.Expected[0], t.Result)
	if bad != nil {
		return failed(string(c.Expected[0]), "%v", bad)
	}
	want := jsonvalue.Format(t.Result, expected)
	if err != nil {
		return failed(want, "%v", err)
	}
	if !jsonvalue.Equal(t.Result, expected, got) {
		return failed(want, "%s", jsonvalue.Format(t.Result, got))
	}
	return passed
}

func describe(t *wit.FuncType, v value.Value) string {
	if t.Result == nil {
		return "success"
	}
	return jsonvalue.Format(t.Result, v)
}
