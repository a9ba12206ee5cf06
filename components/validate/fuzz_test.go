package validate_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/wit"
)

// fuzzLimits are low enough for a component that reaches them to be quick.
var fuzzLimits = validate.Limits{TypeSize: 100_000, CopiedTypes: 100_000, Work: 1_000_000,
	Core: core.Limits{Functions: 1000, TotalLocals: 10_000}}

// FuzzValidate checks of any bytes that decoding and validating them ends soon,
// with a Typed that holds together or with an error of ours.
func FuzzValidate(f *testing.F) {
	for _, file := range seeds() {
		f.Add([]byte(file))
	}
	addScripts(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) > 100_000 {
			return
		}
		// A fuzzer does not notice a hang by itself.
		watchdog := time.AfterFunc(20*time.Second, func() { panic(fmt.Sprintf("no end after 20 s: %q", b)) })
		defer watchdog.Stop()
		start := time.Now()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		c, err := binary.Decode(b)
		if err != nil {
			return
		}
		typed, err := validate.Component(c, validate.Options{Limits: fuzzLimits})
		runtime.ReadMemStats(&after)
		if took := time.Since(start); took > 5*time.Second {
			t.Errorf("%d bytes took %v", len(b), took)
		}
		if got := after.TotalAlloc - before.TotalAlloc; got > 1<<30 {
			t.Errorf("%d bytes took %d bytes of memory", len(b), got)
		}
		var e *validate.Error
		if err != nil {
			if !errors.As(err, &e) || e.Msg == "" || e.Offset < 0 || e.Offset > len(b) {
				t.Errorf("an error of type %T: %v", err, err)
			}
			return
		}
		consistent(t, typed)
	})
}

// consistent checks that a valid component's type holds together: a component may
// stand in for itself, and be instantiated with what it imports.
func consistent(t *testing.T, typed *validate.Typed) {
	t.Helper()
	check := wit.Checker{Fuel: 1_000_000}
	if bad := check.Subtype(typed.Type, typed.Type); len(bad) > 0 && !check.Exhausted() {
		t.Errorf("the component's type does not fit itself: %v", bad[0])
	}
	args := map[string]wit.ExternType{}
	for _, im := range typed.Type.Imports {
		args[im.Name] = im.Type
	}
	inst, bad := check.Instantiate(typed.Type, args)
	if check.Exhausted() {
		return
	}
	if len(bad) > 0 {
		t.Fatalf("the component cannot be given its own imports: %v", bad[0])
	}
	if bad := check.Subtype(inst, wit.NewInstanceType(typed.Type.Exports, typed.Type.Resources)); len(bad) > 0 && !check.Exhausted() {
		t.Errorf("an instance does not have the exports of its component: %v", bad[0])
	}
	_ = typed.Type.String()
	_ = validate.Standalone(typed)
	for _, n := range typed.Nested {
		consistent(t, n)
	}
}

// seeds are components that have something of everything.
func seeds() []bytes {
	return []bytes{
		component(lib(), types(fn(val(str_), field("s", val(str_)))), imports(imp("f", asFunc(0))), canons(lower(0, memory(0), realloc(0)))),
		component(nested(types(resource()), exports(exp("r", refType(0)))), instances(instantiate(0)), aliases(aliasExport(sortType, 0, "r")), types(own(0), borrow(0))),
		component(types(instanceType(declExport("r", asResource()), declType(own(0)), declType(fn(index(1))), declExport("[constructor]r", asFunc(2)))), imports(imp("a:b/c@1.0.0", asInstance(0)))),
	}
}

// addScripts adds the smaller files of the official scripts, where they are.
func addScripts(f *testing.F) {
	files, _ := filepath.Glob(filepath.Join(shared, "conformance", "*"))
	if len(files) == 0 {
		return
	}
	eachFile(f, filepath.Join(shared, "conformance"), func(_ string, _ command, b []byte) {
		if len(b) < 4000 {
			f.Add(b)
		}
	})
}
