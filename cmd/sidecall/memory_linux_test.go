package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/sidecall/sidecall/components/core"
)

// greedy are programs that try to have more than their component may, each in another
// way; the name says which. Each runs on until it is refused.
var greedy = []struct {
	name string
	make func(b *core.Builder, f *core.Func)
	// says is what must be told, empty if the program is just given -1.
	says string
}{
	{name: "tables that are large at first", make: func(b *core.Builder, f *core.Func) {
		for range 200 {
			b.Table(tableOf(9_999_999, 9_999_999))
		}
	}, says: "can never be instantiated"},
	{name: "many small tables", make: func(b *core.Builder, f *core.Func) {
		for range 90_000 {
			b.Table(tableOf(1000, 1000))
		}
	}, says: "can never be instantiated"},
	{name: "tables that grow", make: func(b *core.Builder, f *core.Func) {
		for range 200 {
			table := b.Table(tableOf(0, 1<<30))
			growUntilFull(f, func() { f.RefNull(core.FuncRef).I32(50_000).Idx(core.OpTableGrow, table) })
		}
	}, says: "more memory: component greedy may have 16MiB"},
	{name: "tables and a memory that grow", make: func(b *core.Builder, f *core.Func) {
		growUntilFull(f, func() { f.I32(16).MemoryOp(core.OpMemoryGrow) })
		for range 50 {
			table := b.Table(tableOf(0, 1<<30))
			growUntilFull(f, func() { f.RefNull(core.FuncRef).I32(1<<16).Idx(core.OpTableGrow, table) })
		}
		f.I32(0).I32(-1).I32(15 << 20).MemoryOp(core.OpMemoryFill)
	}},
	{name: "a table that grows one by one", make: func(b *core.Builder, f *core.Func) {
		table := b.Table(tableOf(0, 1<<30))
		growUntilFull(f, func() { f.RefNull(core.FuncRef).I32(1).Idx(core.OpTableGrow, table) })
	}},
	{name: "globals", make: func(b *core.Builder, f *core.Func) {
		b.Table(tableOf(1_500_000, 1_500_000))
		for range 99_000 {
			b.Global(core.GlobalType{Val: core.I64, Mutable: true}, new(core.Code).I64(0))
		}
	}, says: "can never be instantiated"},
	{name: "recursion through try_table", make: func(b *core.Builder, f *core.Func) {
		// block $h (try_table (catch_all $h) (call $deep))
		deep := b.Func(b.Type(nil, nil))
		deep.Raw([]byte{0x02, 0x40, 0x1f, 0x40, 1, 0x02, 0}).Call(deep.Index).End().End()
		f.Call(deep.Index)
	}, says: "call stack exhausted"},
	{name: "recursion", make: func(b *core.Builder, f *core.Func) {
		f.Call(f.Index)
		f.Op(core.OpNop)
	}, says: "call stack exhausted"},
	{name: "recursion with many locals", make: func(b *core.Builder, f *core.Func) {
		deep := b.Func(b.Type(nil, nil))
		var locals []uint32
		for range 2000 {
			locals = append(locals, deep.Local(core.I64))
		}
		for i, l := range locals {
			deep.I32(int32(i)).Mem(core.OpI64Load, 3, 0).LocalSet(l)
		}
		deep.Call(deep.Index)
		for _, l := range locals {
			deep.I32(0).LocalGet(l).Mem(core.OpI64Store, 3, 0)
		}
		f.Call(deep.Index)
	}, says: "call stack exhausted"},
}

func tableOf(from, to uint32) core.TableType {
	return core.TableType{Elem: core.FuncRef, Range: core.Range{Min: from, Max: to, HasMax: true}}
}

// growUntilFull repeats what leaves -1 when there is no room.
func growUntilFull(f *core.Func, grow func()) {
	f.Block(core.OpLoop)
	grow()
	f.I32(-1).Op(core.OpI32Ne).BrIf(0).End()
}

// TestResidentSizeOfGreedyPrograms: whatever a component of 16 MiB tries, by its main
// function or while it is made, the process stays small.
func TestResidentSizeOfGreedyPrograms(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs programs that use up what they may have")
	}
	const limit = 16 << 20
	idle := residentSize(t, "idle", nil, nil)
	for _, g := range greedy {
		for _, engine := range []string{"auto", "interpreter"} {
			for _, when := range []string{"main", "start"} {
				if when == "start" && engine == "interpreter" {
					continue // what differs is where it is called
				}
				t.Run(g.name+"/"+engine+"/"+when, func(t *testing.T) {
					b := &core.Builder{}
					b.Memory(core.MemoryType{Range: core.Range{Min: 1}})
					b.Export("memory", core.ExternMemory, 0)
					f := b.Func(b.Type(nil, nil))
					g.make(b, f)
					if when == "start" {
						b.Start(f.Index)
						f = b.Func(b.Type(nil, nil))
					}
					b.Export("_start", core.ExternFunc, f.Index)
					var out bytes.Buffer
					size := residentSize(t, engine, b.Encode(), &out)
					if !strings.Contains(out.String(), g.says) || strings.Contains(out.String(), "goroutine") {
						t.Errorf("it must say %q: %.1000s", g.says, out.String())
					}
					// Code, what Go has not collected yet, and the program's own pages.
					if most := idle + 3*limit + 64<<20; size > most {
						t.Errorf("resident size was %d MiB, must be %d at most", size>>20, most>>20)
					}
					t.Logf("%d MiB, %d without: %.200s", size>>20, idle>>20, out.String())
				})
			}
		}
	}
}

// residentSize is the most memory that sidecall had in bytes while it ran a program.
func residentSize(t *testing.T, engine string, program []byte, out *bytes.Buffer) int64 {
	t.Helper()
	args := []string{"--help"}
	if program != nil {
		file := filepath.Join(t.TempDir(), "greedy.wasm")
		if err := os.WriteFile(file, program, 0o600); err != nil {
			t.Fatal(err)
		}
		args = []string{"run", "--no-cache", "--engine", engine, "--max-memory", "16MiB", "--timeout", "20s", file}
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sidecall", args...)
	if out != nil {
		cmd.Stdout, cmd.Stderr = out, out
	}
	_ = cmd.Run() // what it says is looked at
	usage, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok || ctx.Err() != nil {
		t.Fatalf("sidecall did not end, or tells no resident size: %v", ctx.Err())
	}
	return usage.Maxrss << 10
}
