package run

import (
	"context"
	"errors"
	"fmt"

	"github.com/sidecall/sidecall/cmd/wast/internal/report"
	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/host"
)

// define runs module_definition.
func (st *state) define(c *script.Command) verdict {
	d, v := st.checked(c)
	st.setDefinition(c.Name, d)
	return v
}

// checked decodes and validates a command's component. One that is refused is a
// failure in group sync; in the other groups it must be refused for a feature that
// is named, and then its commands are skipped.
func (st *state) checked(c *script.Command) (*definition, verdict) {
	if why := st.unusable(c); why != "" {
		return &definition{err: errSkipped, none: skipped("%s", why)}, skipped("%s", why)
	}
	d := st.check(st.script.File(c))
	d.wazero = c.WazeroError
	if d.err == nil {
		return &d, passed
	}
	f := feature(d.err)
	switch {
	case d.wazero != "":
		d.none = skipped("wazero refuses a core module: %s", d.wazero)
	case st.group(c) == "sync" || f == "" && st.group(c) != "disabled":
		d.none = failed("a valid component", "%v", d.err)
	case f == "":
		d.none = skipped("refused: %v", d.err)
	default:
		d.none = skipped("refused for the feature %s", f)
	}
	return &d, d.none
}

// errSkipped is the error of a definition that was not looked at.
var errSkipped = errors.New("skipped")

// module runs module: a definition that is instantiated at once.
func (st *state) module(ctx context.Context, c *script.Command) verdict {
	d, v := st.checked(c)
	st.setDefinition(c.Name, d)
	if st.script.Mode == "validate" {
		// Many of these import what nobody provides; one that is called is
		// instantiated then.
		st.setInstance(c.Name, &instance{def: d, none: v})
		return v
	}
	return st.instantiated(ctx, c.Name, d, v)
}

// instance runs module_instance.
func (st *state) instance(ctx context.Context, c *script.Command) verdict {
	d := st.last
	if c.Module != "" {
		d = st.definitions[c.Module]
	}
	if d == nil {
		return failed("an instance", "there is no definition %q", c.Module)
	}
	return st.instantiated(ctx, c.Instance, d, d.none)
}

// instantiated makes the current instance from a definition; v is the verdict if
// there is none.
func (st *state) instantiated(ctx context.Context, name string, d *definition, v verdict) verdict {
	i := &instance{def: d, none: v}
	defer func() { st.setInstance(name, i) }()
	switch {
	case d.err != nil:
		return v
	case d.wazero != "":
		i.none = skipped("wazero refuses a core module: %s", d.wazero)
		return i.none
	}
	made, err := st.link(ctx, d)
	if err == nil {
		i.composition = made
		if i.Instance, err = made.Instantiate(ctx, host.InstanceOptions{}); err != nil {
			err = errors.Join(fmt.Errorf("instantiation: %w", err), made.Close())
		}
	}
	if err != nil {
		i.Instance = nil
		i.none = failed("an instance", "%v", err)
		return i.none
	}
	return passed
}

// accepted checks the component of an assertion about linking: it must be valid.
func (st *state) accepted(c *script.Command) (*definition, verdict, bool) {
	d, v := st.checked(c)
	if v.outcome != report.Pass {
		return nil, v, false
	}
	if d.wazero != "" {
		return nil, skipped("wazero refuses a core module: %s", d.wazero), false
	}
	return d, v, true
}

// assertUnlinkable runs assert_unlinkable: a valid component whose imports cannot
// be given what they ask for, which must be known before any of its code runs.
func (st *state) assertUnlinkable(ctx context.Context, c *script.Command) verdict {
	d, v, ok := st.accepted(c)
	if !ok {
		return v
	}
	made, err := st.link(ctx, d)
	var unlinkable *linkError
	switch {
	case err == nil:
		return failed("unlinkable: "+c.Text, "it links (%v)", made.Close())
	case !errors.As(err, &unlinkable):
		return failed("unlinkable: "+c.Text, "another error: %v", err)
	}
	return passed
}

// assertUninstantiable runs assert_uninstantiable: what links, and then traps.
func (st *state) assertUninstantiable(ctx context.Context, c *script.Command) verdict {
	d, v, ok := st.accepted(c)
	if !ok {
		return v
	}
	want := "a trap in instantiation: " + c.Text
	made, err := st.link(ctx, d)
	if err != nil {
		return failed(want, "it does not link: %v", err)
	}
	i := &instance{composition: made}
	i.Instance, err = made.Instantiate(ctx, host.InstanceOptions{})
	var trap *host.Trap
	switch {
	case err == nil:
		return failed(want, "an instance (%v)", st.release(i))
	case !errors.As(err, &trap):
		return failed(want, "%v (%v)", err, made.Close())
	}
	if err := made.Close(); err != nil {
		return failed("a clean end", "%v", err)
	}
	return passed
}
