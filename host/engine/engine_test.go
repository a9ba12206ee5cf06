package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero/experimental"

	"github.com/sidecall/sidecall/components/core"
	quota "github.com/sidecall/sidecall/host/budget"
)

// TestVersion: cached code is told apart by the version of wazero, which must be
// the one that go.mod asks for.
func TestVersion(t *testing.T) {
	mod, err := os.ReadFile("../../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Contains(mod, []byte("github.com/tetratelabs/wazero "+Version)) {
		t.Errorf("go.mod does not ask for wazero %s: change Version", Version)
	}
}

func TestUnknownKind(t *testing.T) {
	_, err := New(context.Background(), Config{Kind: "jit"})
	if want := `unknown engine "jit": use "compiler" or "interpreter"`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCompileError(t *testing.T) {
	e, err := New(context.Background(), Config{Kind: Interpreter})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(context.Background())
	_, err = e.Compile(context.Background(), "orders/module 2", []byte("\x00asm\x01\x00\x00"), 0)
	if want := "compile orders/module 2: invalid version header"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestFaultsAreLearnt: all of wazero's error values were found, and are distinct.
func TestFaultsAreLearnt(t *testing.T) {
	var f faults
	known := f.known()
	if len(known) != len(provocations) {
		t.Fatalf("%d faults were learnt, want %d", len(known), len(provocations))
	}
	for i, k := range known {
		if k.code != provocations[i].code {
			t.Errorf("fault %d is %v, want %v", i, k.code, provocations[i].code)
		}
		for _, o := range known[:i] {
			if o.err == k.err {
				t.Errorf("%v and %v are the same error: %v", o.code, k.code, k.err)
			}
		}
	}
}

// TestImporterCloses: wazero frees a memory when an instance that imports it is
// closed; ours stays until the store is closed.
func TestImporterCloses(t *testing.T) {
	ctx := context.Background()
	e, err := New(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	s := e.NewStore()
	make := func(b *core.Builder, imports ...*Instance) *Instance {
		m, err := e.Compile(ctx, "m", b.Encode(), 0)
		if err != nil {
			t.Fatal(err)
		}
		i, err := s.Instantiate(s.Values(), m, imports, &Budget{Max: 1 << 20})
		if err != nil {
			t.Fatal(err)
		}
		return i
	}
	owner := &core.Builder{}
	owner.Memory(core.MemoryType{Range: core.Range{Min: 1}})
	owner.Export("memory", core.ExternMemory, 0)
	f := owner.Func(owner.Type(nil, []core.ValType{core.I32}))
	f.I32(8).I32(0).Mem(core.OpI32Load, 2, 8).I32(1).Op(core.OpI32Add).Mem(core.OpI32Store, 2, 0).I32(0).Mem(core.OpI32Load, 2, 8)
	owner.Export("count", core.ExternFunc, f.Index)
	o := make(owner)
	importer := &core.Builder{}
	importer.ImportMemory("0", "memory", core.MemoryType{Range: core.Range{Min: 1}})
	importer.Export("memory", core.ExternMemory, 0)
	i := make(importer, o)
	if i.Memory("memory") != o.Memory("memory") || o.Memory("memory") == nil {
		t.Error("the importer's memory is not the owner's")
	}
	if err := i.mod.Close(ctx); err != nil {
		t.Fatal(err)
	}
	stack := []uint64{0}
	for want := range uint64(3) {
		if err := o.Func("count").Call(ctx, &Stacks{}, stack); err != nil || stack[0] != want+1 {
			t.Fatalf("count = %d, %v", stack[0], err)
		}
	}
	if err := s.Close(ctx); err != nil {
		t.Fatal(err)
	}
	again := e.pool.mustGet(t, 1<<20, nil, &Budget{Max: 1 << 20})
	for n, b := range again.Reallocate(1 << 20) {
		if b != 0 {
			t.Fatalf("byte %d of a used memory is %d", n, b)
		}
	}
	e.pool.put(again)
}

// TestUnknownImport: a name that the linker did not wire finds nothing, whatever
// else there is in the engine.
func TestUnknownImport(t *testing.T) {
	ctx := context.Background()
	e, err := New(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	b := &core.Builder{}
	b.ImportFunc("env", "f", b.Type(nil, nil))
	m, err := e.Compile(ctx, "m", b.Encode(), 0)
	if err != nil {
		t.Fatal(err)
	}
	// Something of that name in wazero's global names must not be found.
	if _, err := e.runtime.NewHostModuleBuilder("env").NewFunctionBuilder().WithFunc(func() {}).Export("f").Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	s := e.NewStore()
	defer s.Close(ctx)
	if _, err := s.Instantiate(s.Values(), m, nil, &Budget{Max: 1 << 20}); err == nil {
		t.Error("an import was found among global names")
	}
}

func TestMemory(t *testing.T) {
	p := &pool{quotas: &quota.Process{}}
	defer p.close()
	budget := &Budget{Max: 20 * pageSize}
	m := p.mustGet(t, 10*pageSize, nil, budget)
	var _ experimental.LinearMemory = m
	first := m.Reallocate(2 * pageSize)
	if len(first) != 2*pageSize {
		t.Fatal(len(first))
	}
	first[0], first[2*pageSize-1] = 1, 2
	second := m.Reallocate(10 * pageSize)
	if len(second) != 10*pageSize || second[0] != 1 || second[2*pageSize-1] != 2 || second[2*pageSize] != 0 {
		t.Error("growing lost the content")
	}
	second[10*pageSize-1] = 3
	if m.Reallocate(11*pageSize) != nil {
		t.Error("grew beyond its maximum")
	}
	other := p.mustGet(t, 20*pageSize, nil, budget)
	other.Reallocate(0)
	if other.Reallocate(11*pageSize) != nil {
		t.Error("grew beyond the budget")
	}
	if other.Reallocate(10*pageSize) == nil {
		t.Error("did not grow up to the budget")
	}
	p.put(m)
	p.put(other)
	if budget.linear != 0 {
		t.Errorf("%d bytes of the budget are still used", budget.linear)
	}
	for _, size := range []uint64{10 * pageSize, 20 * pageSize} { // cleared, and discarded
		for range 2 {
			again := p.mustGet(t, size, nil, budget)
			buf := again.Reallocate(size)
			for i, b := range buf {
				if b != 0 {
					t.Fatalf("byte %d of a used memory of %d is %d", i, size, b)
				}
			}
			for i := range buf {
				buf[i] = 1
			}
			p.put(again)
		}
	}
	defer func() {
		if _, ok := recover().(*MemoryError); !ok {
			t.Error("an initial size beyond the limit was granted")
		}
	}()
	p.mustGet(t, 1<<30, nil, &Budget{Max: pageSize}).Reallocate(2 * pageSize)
}

// mustGet is get without an error.
func (p *pool) mustGet(t *testing.T, most uint64, i *Image, b *Budget) *Memory {
	t.Helper()
	m, err := p.get(most, i, b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestCompilerPanics: a module at which wazero panics is refused, and the engine goes on.
// It selects among references to a type, which components/core writes otherwise.
func TestCompilerPanics(t *testing.T) {
	ctx := context.Background()
	var b core.Builder
	for range 3 {
		b.Type([]core.ValType{core.I32}, nil)
		b.Type(nil, []core.ValType{core.I64})
		b.Type(nil, nil)
	}
	typ := b.Type(nil, []core.ValType{core.F32, core.I32})
	for n := range uint32(2) { // type 5 is "else" in the eyes of wazero
		b.Type(nil, []core.ValType{core.F64, core.F64, core.ValType(core.I32 - core.ValType(n))})
	}
	ref := core.RefTo(5, true)
	f := b.Func(typ)
	f.I32(1).BlockOf(core.OpIf, typ).Op(core.OpUnreachable).Select(ref)
	f.Else().Op(core.OpUnreachable).End().Op(core.OpUnreachable)
	e, err := New(ctx, Config{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close(ctx)
	if _, err := e.Compile(ctx, "orders/module 2", b.Encode(), 0); err == nil || !strings.HasPrefix(err.Error(), "compile orders/module 2: ") {
		t.Errorf("got %v", err)
	} else {
		t.Log(err)
	}
	if _, err := e.Compile(ctx, "a", new(core.Builder).Encode(), 0); err != nil {
		t.Error(err)
	}
}

// TestReservationRefused: what the system has no room for is an error that says what to
// look at, not memory on Go's heap.
func TestReservationRefused(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("memories are on Go's heap here")
	}
	q := &quota.Process{AddressSpace: quota.New(quota.Spec{Limit: quota.Unlimited}), Mappings: quota.New(quota.Spec{Limit: 10})}
	p := &pool{quotas: q}
	defer p.close()
	for _, most := range []uint64{1 << 62, 1 << 55} {
		m, err := p.get(most, nil, &Budget{Max: most})
		var refused *SystemError
		if !errors.As(err, &refused) || refused.Bytes != most || m.buf != nil || m.movable {
			t.Errorf("%d bytes: got %v", most, err)
		}
	}
	if q.Mappings.Used() != 0 || q.AddressSpace.Used() != 0 {
		t.Errorf("%d mappings and %d bytes are still used", q.Mappings.Used(), q.AddressSpace.Used())
	}
}
