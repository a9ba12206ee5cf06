package compile

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/wit"
)

// coreModule adds an embedded core module.
func (f *frame) coreModule(def *components.CoreModule) error {
	info := &f.typed.CoreModules[len(f.core.modules)]
	if info.Module == nil {
		return fmt.Errorf("%w: core module %d was not decoded", errBug, len(f.core.modules))
	}
	name := f.c.plan.Components[f.component].Name + "/module@" + strconv.FormatInt(int64(def.Offset), 16)
	f.core.modules = append(f.core.modules, f.c.moduleOf(info.Module, name, def.Bytes))
	return nil
}

// moduleOf is the entity of a core module: one for all frames that embed it.
func (c *compiler) moduleOf(m *core.Module, name string, bytes []byte) *module {
	if e, ok := c.modules[m]; ok {
		return e
	}
	e := &module{name: name, bytes: bytes, decoded: m, rewritten: map[string]int{}}
	c.modules[m] = e
	return e
}

// coreInstance interprets a core instance definition.
func (f *frame) coreInstance(def *components.CoreInstance) error {
	if err := f.c.spend(len(def.Args)); err != nil {
		return err
	}
	if def.Inline {
		inst := &coreInstance{inline: make(map[string]*coreDef, len(def.Args))}
		for _, a := range def.Args {
			space := f.coreSpace(a.Ref.Sort)
			if space == nil {
				return fmt.Errorf("%w: core instance with a %s", errBug, a.Ref.Sort)
			}
			d, ok := at(*space, a.Ref.Index)
			if !ok {
				return fmt.Errorf("%w: no %s %d", errBug, a.Ref.Sort, a.Ref.Index)
			}
			inst.inline[a.Name] = d
		}
		f.core.instances = append(f.core.instances, inst)
		return nil
	}
	m, ok := at(f.core.modules, def.Module)
	if !ok {
		return fmt.Errorf("%w: no core module %d", errBug, def.Module)
	}
	args := make(map[string]*coreInstance, len(def.Args))
	for _, a := range def.Args {
		inst, ok := at(f.core.instances, a.Ref.Index)
		if !ok || a.Ref.Sort != wit.SortCoreInstance {
			return fmt.Errorf("%w: no core instance %d", errBug, a.Ref.Index)
		}
		args[a.Name] = inst
	}
	step, err := f.instantiateModule(m, args)
	if err != nil {
		return err
	}
	f.core.instances = append(f.core.instances, &coreInstance{step: step})
	return nil
}

// instantiateModule adds the step for a core module with its imports wired.
func (f *frame) instantiateModule(m *module, args map[string]*coreInstance) (int, error) {
	if err := f.c.spend(len(m.decoded.Imports)); err != nil {
		return 0, err
	}
	w := wiring{slots: map[origin]int{}}
	for _, i := range m.decoded.Imports {
		inst := args[i.Module]
		if inst == nil {
			return 0, fmt.Errorf("%w: a core module's import module %q has no argument", errBug, i.Module)
		}
		d, ok := inst.export(i.Name)
		if !ok {
			return 0, fmt.Errorf("%w: a core module's import %q %q is not given", errBug, i.Module, i.Name)
		}
		ref, err := f.ref(d)
		if err != nil {
			return 0, err
		}
		w.add(d.from, ref)
	}
	check := w.slot(origin{fromHost, 0}, plan.Source{Instance: -1, HostModule: -1})
	index, err := f.c.rewrite(m, &w, check)
	if err != nil {
		return 0, err
	}
	return f.c.addStep(plan.Step{Module: index, Instance: f.inst, Imports: w.sources})
}

// wiring gives each source of a module's imports a position, which becomes the
// import module's name, in the order in which they are met.
type wiring struct {
	slots   map[origin]int
	sources []plan.Source
	names   [][2]string // of each import
}

func (w *wiring) add(from origin, ref plan.CoreRef) {
	s := plan.Source{Instance: ref.Instance, HostModule: -1}
	if s.Instance < 0 {
		s.HostModule = ref.HostModule
	}
	n := w.slot(from, s)
	w.names = append(w.names, [2]string{strconv.Itoa(n), ref.Name})
}

func (w *wiring) slot(o origin, s plan.Source) int {
	n, ok := w.slots[o]
	if !ok {
		n = len(w.sources)
		w.slots[o] = n
		w.sources = append(w.sources, s)
	}
	return n
}

// key identifies the names.
func (w *wiring) key() string {
	var b strings.Builder
	for _, n := range w.names {
		b.WriteString(n[0] + " " + strconv.Itoa(len(n[1])) + " " + n[1])
	}
	return b.String()
}

// maxTable bounds what a table may grow to, in elements: toolchains make tables as
// large as they need at once, and each element is memory of the host.
const maxTable = 1 << 20

// rewrite makes the module that runs: imports renamed, interruption check added,
// data lifted out of it, state reachable.
func (c *compiler) rewrite(m *module, w *wiring, check int) (int, error) {
	key := w.key() + "/" + strconv.Itoa(check)
	if i, ok := m.rewritten[key]; ok {
		return i, nil
	}
	if len(m.rewritten) > 0 {
		if c.againBytes += len(m.bytes); c.againBytes > c.limits.AgainBytes {
			return 0, &LimitError{"bytes of core modules that are instantiated with imports of several shapes", c.limits.AgainBytes}
		}
	}
	start := startName(m.decoded)
	bytes, info, err := core.Rewrite(m.decoded, core.Options{
		RenameImport:     func(i int, _, _ string) (string, string) { return w.names[i][0], w.names[i][1] },
		MaxTableElements: maxTable,
		ExportState:      !exportsReserved(m.decoded),
		LiftData:         true,
		ExportStart:      start,
		Check:            &core.Check{Module: strconv.Itoa(check), Name: plan.CheckName, GrowTable: plan.GrowTableName, Budget: c.opt.CheckBudget},
	})
	if err != nil {
		return 0, fmt.Errorf("core module %s: %w", m.name, err)
	}
	i, err := c.addModule(plan.Module{Name: m.name, Bytes: bytes, Image: imageOf(info), State: stateOf(info), Needs: needsOf(m.decoded), Start: start,
		Interpret: interpret(info), CompileMemory: info.CompileMemory})
	if err == nil {
		m.rewritten[key] = i
	}
	return i, err
}

// interpret says why the module has to be interpreted, empty if it has not.
func interpret(info *core.Info) string {
	if info.Catches == "" {
		return ""
	}
	return info.Catches + " catches exceptions"
}

// exportsReserved reports whether a module uses export names that the pass would
// want for itself. Its instances are not used again.
func exportsReserved(m *core.Module) bool {
	return slices.ContainsFunc(m.Exports, func(e core.Export) bool { return strings.HasPrefix(e.Name, core.ReservedPrefix) })
}

// startName is a name that the module does not export, for its start function; empty
// if it has none.
func startName(m *core.Module) string {
	if m.Start == nil {
		return ""
	}
	name := core.ReservedPrefix + "start"
	for slices.ContainsFunc(m.Exports, func(e core.Export) bool { return e.Name == name }) {
		name += "'"
	}
	return name
}

// stateOf is the plan's State of a module, nil if there can be none.
func stateOf(info *core.Info) *plan.State {
	if info.TablesWritten || info.SegmentsDropped {
		return nil
	}
	s := &plan.State{}
	for _, g := range info.Globals {
		switch g.Type.Val {
		case core.I32, core.I64, core.F32, core.F64:
		default:
			return nil
		}
		if g.Name == "" {
			return nil
		}
		s.Globals = append(s.Globals, g.Name)
	}
	return s
}
