package core

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"
)

// engineFeatures is everything that the engine can run.
const engineFeatures = api.CoreFeaturesV2 | experimental.CoreFeaturesThreads | experimental.CoreFeaturesTailCall |
	experimental.CoreFeaturesExtendedConst | experimental.CoreFeaturesExceptionHandling |
	experimental.CoreFeaturesTypedFunctionReferences

// scriptCommand is a command of a test script in the JSON form of wast2json.
type scriptCommand struct {
	Type     string `json:"type"`
	Line     int    `json:"line"`
	Name     string `json:"name"`
	As       string `json:"as"`
	Filename string `json:"filename"`
	Text     string `json:"text"`
	Action   struct {
		Type   string        `json:"type"`
		Field  string        `json:"field"`
		Module string        `json:"module"`
		Args   []scriptValue `json:"args"`
	} `json:"action"`
}

type scriptValue struct {
	Type     string          `json:"type"`
	LaneType string          `json:"lane_type"`
	Value    json.RawMessage `json:"value"`
}

// scripts lists the specification's test scripts that the engine's module carries, already converted.
func scripts(t *testing.T) []string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/tetratelabs/wazero").Output()
	if err != nil {
		t.Skipf("no engine sources with test scripts: %v", err)
	}
	found, err := filepath.Glob(filepath.Join(strings.TrimSpace(string(dir)), "internal/integration_test/spectest/*/testdata/*.json"))
	if err != nil || len(found) == 0 {
		t.Skipf("no test scripts in the engine's sources: %v", err)
	}
	return found
}

func readScript(t *testing.T, path string) []scriptCommand {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var script struct {
		Commands []scriptCommand `json:"commands"`
	}
	if err := json.Unmarshal(b, &script); err != nil {
		t.Fatal(err)
	}
	return script.Commands
}

// scriptName is the script's suite and name.
func scriptName(path string) string {
	suite := filepath.Base(filepath.Dir(filepath.Dir(path)))
	return suite + "/" + strings.TrimSuffix(filepath.Base(path), ".json")
}

// differentVerdicts are commands on which this package and a script disagree, with the reason.
var differentVerdicts = map[string]string{
	"exception-handling/tag:30": "recursive types belong to garbage collection",
	"exception-handling/tag:40": "recursive types belong to garbage collection",
	"exception-handling/tag:49": "recursive types belong to garbage collection",
	"v2/binary:146":             "version 3 of the specification reads a memory's index where version 2 wanted a zero byte",
	"v2/binary:166":             "as above",
	"v2/binary:185":             "as above",
	"v2/binary:204":             "as above",
	"v2/binary:243":             "as above",
	"v2/binary:262":             "as above",
	"v2/binary:280":             "as above",
	"v2/binary:298":             "as above",
}

// TestSpecVerdicts decodes and validates every module of the scripts.
func TestSpecVerdicts(t *testing.T) {
	unmet := map[string]bool{}
	for _, path := range scripts(t) {
		name := scriptName(path)
		if strings.HasPrefix(name, "v1/") {
			continue // Version 1 refuses what version 2 accepts.
		}
		for _, c := range readScript(t, path) {
			if !strings.HasSuffix(c.Filename, ".wasm") {
				continue
			}
			b, err := os.ReadFile(filepath.Join(filepath.Dir(path), c.Filename))
			if err != nil {
				continue // The engine's sources leave some out.
			}
			at := fmt.Sprintf("%s:%d", name, c.Line)
			verdict := check(b)
			bad := c.Type == "assert_invalid" || c.Type == "assert_malformed"
			if bad != (verdict != nil) {
				unmet[at] = true
				if differentVerdicts[at] == "" {
					t.Errorf("%s: %s %q: got %v", at, c.Type, c.Text, verdict)
				}
			}
		}
	}
	for at := range differentVerdicts {
		if !unmet[at] {
			t.Errorf("%s is listed as different and is not", at)
		}
	}
}

// notRewritten are scripts which are not compared, with the reason.
var notRewritten = map[string]string{
	"exception-handling/tag": "it uses recursive types, which are refused and which later modules of the script import from",
}

// check decodes and validates.
func check(b []byte) error {
	m, err := Decode(b, 0)
	if err != nil {
		return err
	}
	return m.Validate()
}

// TestSpecRewritten runs the scripts on the modules and on what Rewrite makes of them: every action must
// have the same outcome.
func TestSpecRewritten(t *testing.T) {
	for _, engine := range []struct {
		name   string
		config wazero.RuntimeConfig
	}{
		{"compiler", wazero.NewRuntimeConfigCompiler()},
		{"interpreter", wazero.NewRuntimeConfigInterpreter()},
	} {
		actions := 0
		for _, path := range scripts(t) {
			name := scriptName(path)
			if strings.HasPrefix(name, "v1/") {
				continue
			}
			t.Run(engine.name+"/"+name, func(t *testing.T) {
				if reason := notRewritten[name]; reason != "" {
					t.Skip(reason)
				}
				config := engine.config.WithCoreFeatures(engineFeatures)
				original := newScriptHost(t, config, func(b []byte) ([]byte, error) { return b, nil })
				rewritten := newScriptHost(t, config, rewriteForScripts)
				for _, c := range readScript(t, path) {
					want, got := original.run(path, c), rewritten.run(path, c)
					if strings.HasPrefix(got, "[") {
						actions++
					}
					if want != got {
						t.Errorf("line %d %s: got %s, and %s before rewriting", c.Line, c.Type, got, want)
					}
				}
			})
		}
		if actions < 15_000 {
			t.Errorf("%s: only %d actions of the scripts have results", engine.name, actions)
		}
	}
}

func rewriteForScripts(b []byte) ([]byte, error) {
	m, err := Decode(b, 0)
	if err != nil {
		return nil, err
	}
	out, _, err := Rewrite(m, Options{Check: &Check{Module: "sidecall", Name: "check", Budget: 50}, ExportState: true, AllowExceptionRefs: true})
	return out, err
}

// scriptHost is one world in which a script runs.
type scriptHost struct {
	ctx     context.Context
	runtime wazero.Runtime
	prepare func([]byte) ([]byte, error)
	named   map[string]api.Module // by the name that imports use
	labels  map[string]api.Module // by the name that the script uses
	last    api.Module
	dummy   api.Module
}

func newScriptHost(t *testing.T, config wazero.RuntimeConfig, prepare func([]byte) ([]byte, error)) *scriptHost {
	t.Helper()
	h := &scriptHost{prepare: prepare, named: map[string]api.Module{}, labels: map[string]api.Module{}}
	h.ctx = experimental.WithImportResolver(context.Background(), func(name string) api.Module {
		if m := h.named[name]; m != nil {
			return m
		}
		return h.dummy
	})
	h.runtime = wazero.NewRuntimeWithConfig(h.ctx, config)
	t.Cleanup(func() { h.runtime.Close(h.ctx) })
	host := h.runtime.NewHostModuleBuilder("sidecall")
	host.NewFunctionBuilder().WithGoFunction(api.GoFunc(func(context.Context, []uint64) {}), nil, nil).Export("check")
	compiled, err := host.Compile(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.named["sidecall"] = h.mustInstantiate(t, compiled)
	for name, b := range map[string][]byte{"": new(Builder).Encode(), "spectest": spectest()} {
		compiled, err := h.runtime.CompileModule(h.ctx, b)
		if err != nil {
			t.Fatal(err)
		}
		h.named[name] = h.mustInstantiate(t, compiled)
	}
	h.dummy = h.named[""]
	return h
}

func (h *scriptHost) mustInstantiate(t *testing.T, c wazero.CompiledModule) api.Module {
	t.Helper()
	m, err := h.runtime.InstantiateModule(h.ctx, c, wazero.NewModuleConfig().WithName(""))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// spectest is the module that scripts expect to find.
func spectest() []byte {
	b := new(Builder)
	for _, f := range []struct {
		name   string
		params []ValType
	}{
		{"print", nil}, {"print_i32", []ValType{I32}}, {"print_i64", []ValType{I64}}, {"print_f32", []ValType{F32}},
		{"print_f64", []ValType{F64}}, {"print_i32_f32", []ValType{I32, F32}}, {"print_f64_f64", []ValType{F64, F64}},
	} {
		b.Export(f.name, ExternFunc, b.Func(b.Type(f.params, nil)).Index)
	}
	b.Export("global_i32", ExternGlobal, b.Global(GlobalType{Val: I32}, new(Code).I32(666)))
	b.Export("global_i64", ExternGlobal, b.Global(GlobalType{Val: I64}, new(Code).I64(666)))
	b.Export("global_f32", ExternGlobal, b.Global(GlobalType{Val: F32}, new(Code).F32(666.6)))
	b.Export("global_f64", ExternGlobal, b.Global(GlobalType{Val: F64}, new(Code).F64(666.6)))
	b.Export("table", ExternTable, b.Table(TableType{Elem: FuncRef, Range: Range{Min: 10, Max: 20, HasMax: true}}))
	b.Memory(MemoryType{Range: Range{Min: 1, Max: 2, HasMax: true}})
	b.Export("memory", ExternMemory, 0)
	return b.Encode()
}

// run carries out a command and describes the outcome.
func (h *scriptHost) run(path string, c scriptCommand) string {
	switch c.Type {
	case "module":
		m, err := h.instantiate(path, c.Filename)
		if err != nil {
			return failure(err)
		}
		h.last = m
		if c.Name != "" {
			h.labels[c.Name] = m
		}
	case "register":
		m := h.last
		if c.Name != "" {
			m = h.labels[c.Name]
		}
		h.named[c.As] = m
	case "assert_unlinkable", "assert_uninstantiable":
		_, err := h.instantiate(path, c.Filename)
		return failure(err)
	case "action", "assert_return", "assert_trap", "assert_exhaustion", "assert_exception":
		return h.act(c)
	}
	return ""
}

func (h *scriptHost) instantiate(path, file string) (api.Module, error) {
	if !strings.HasSuffix(file, ".wasm") {
		return nil, fmt.Errorf("%s is text", file)
	}
	b, err := os.ReadFile(filepath.Join(filepath.Dir(path), file))
	if err != nil {
		return nil, err
	}
	if b, err = h.prepare(b); err != nil {
		return nil, err
	}
	compiled, err := h.runtime.CompileModule(h.ctx, b)
	if err != nil {
		return nil, err
	}
	return h.runtime.InstantiateModule(h.ctx, compiled, wazero.NewModuleConfig().WithName("").WithStartFunctions())
}

func (h *scriptHost) act(c scriptCommand) string {
	m := h.last
	if c.Action.Module != "" {
		m = h.labels[c.Action.Module]
	}
	if m == nil {
		return "no module"
	}
	if c.Action.Type == "get" {
		g := m.ExportedGlobal(c.Action.Field)
		if g == nil {
			return "no global"
		}
		return fmt.Sprint(g.Get())
	}
	f := m.ExportedFunction(c.Action.Field)
	if f == nil {
		return "no function"
	}
	var args []uint64
	for _, a := range c.Action.Args {
		args = append(args, a.bits()...)
	}
	results, err := f.Call(h.ctx, args...)
	if err != nil {
		return failure(err)
	}
	for i, t := range f.Definition().ResultTypes() {
		if t == 0x70 && results[i] != 0 { // funcref
			results[i] = 1 // an address
		}
	}
	return fmt.Sprint(results)
}

// failure is the first line of an error: the rest shows the stack, where indices differ. Errors while
// instantiating name the index of what failed.
func failure(err error) string {
	if err == nil {
		return "ok"
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	if strings.HasPrefix(line, "start ") {
		_, line, _ = strings.Cut(line, "failed: ")
	}
	if strings.HasPrefix(line, "at offset") || strings.Contains(line, "invalid") {
		return "refused"
	}
	return line
}

// bits is the value as the engine takes it.
func (v scriptValue) bits() []uint64 {
	if v.Type == "v128" {
		return v.vector()
	}
	var s string
	if json.Unmarshal(v.Value, &s) != nil || s == "null" {
		return []uint64{0}
	}
	n, err := strconv.ParseUint(s, 10, 64)
	if err != nil {
		i, _ := strconv.ParseInt(s, 10, 64)
		n = uint64(i)
	}
	return []uint64{n}
}

func (v scriptValue) vector() []uint64 {
	var lanes []string
	if json.Unmarshal(v.Value, &lanes) != nil {
		return []uint64{0, 0}
	}
	width := 128 / len(lanes)
	out := make([]uint64, 2)
	for i, s := range lanes {
		n, err := strconv.ParseUint(s, 10, 64)
		if err != nil {
			x, _ := strconv.ParseInt(s, 10, 64)
			n = uint64(x)
		}
		if width < 64 {
			n &= 1<<width - 1
		}
		out[i*width/64] |= n << (i * width % 64)
	}
	return out
}
