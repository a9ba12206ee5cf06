package canon_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/wit"
)

// TestVectors runs the conformance vectors of the canonical ABI.
func TestVectors(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "conformance", "canonical-abi", "run_tests.json"))
	if err != nil {
		t.Skip("the conformance vectors are not beside the repository")
	}
	var file struct{ Vectors []canontest.Vector }
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	ran := map[string]int{}
	for i, v := range file.Vectors {
		if v.AddrType == "i64" || slices.Contains(v.Features, "cm:cm64") {
			continue // memories with 64-bit addresses do not run here
		}
		test := map[string]func(*canontest.Vector) error{
			"flatten_functype": flattenVector, "lift_flat": liftVector, "lower_flat": lowerVector, "lift_nan": nanVector,
		}[v.Op]
		if test == nil {
			t.Fatalf("unknown vector %s", v.Op)
		}
		ran[v.Op]++
		if err := test(&v); err != nil {
			one, _ := json.Marshal(v)
			t.Errorf("vector %d: %v\n%s", i, err, one)
		}
	}
	t.Log(ran)
	if ran["lift_flat"] < 200 || ran["lower_flat"] < 200 {
		t.Errorf("few vectors ran: %v", ran)
	}
}

func regTypes(names []string) []canon.RegType {
	var ts []canon.RegType
	for _, n := range names {
		for t := canon.I32; t <= canon.F64; t++ {
			if t.String() == n {
				ts = append(ts, t)
			}
		}
	}
	return ts
}

func flattenVector(v *canontest.Vector) error {
	ft := &wit.FuncType{}
	for _, raw := range v.Params {
		t, err := canontest.VectorType(raw)
		if err != nil {
			return err
		}
		ft.Params = append(ft.Params, wit.Field{Type: t})
	}
	for _, raw := range v.Result {
		t, err := canontest.VectorType(raw)
		if err != nil {
			return err
		}
		ft.Result = t
	}
	for dir, want := range map[canon.Direction]struct{ Params, Results []string }{canon.Lift: v.Lift, canon.Lower: v.Lower} {
		have := canon.FlattenFuncType(ft, dir)
		if !slices.Equal(have.Params, regTypes(want.Params)) || !slices.Equal(have.Results, regTypes(want.Results)) {
			return fmt.Errorf("flattened to %v", have)
		}
	}
	return nil
}

// vectorEncoding is an encoding by its name.
func vectorEncoding(name string) canon.Encoding {
	return map[string]canon.Encoding{"utf8": canon.UTF8, "utf16": canon.UTF16, "latin1+utf16": canon.Latin1UTF16}[name]
}

func coreBits(v *canontest.Vector) []uint64 {
	var bits []uint64
	for _, c := range v.Core {
		n, err := strconv.ParseUint(c.Value, 10, 64)
		if err != nil {
			s, _ := strconv.ParseInt(c.Value, 10, 64)
			n = uint64(s)
		}
		if c.Type == "i32" || c.Type == "f32" {
			n = uint64(uint32(n))
		}
		bits = append(bits, n)
	}
	return bits
}

// vectorInstance has a memory with the given content.
func vectorInstance(enc string, mem []byte) *canontest.Instance {
	in := canontest.NewInstance("vector", vectorEncoding(enc), func() []byte { return mem })
	in.MayLeave = true
	return in
}

// liftVector passes the core values to a function of the host.
func liftVector(v *canontest.Vector) error {
	t, err := canontest.VectorType(v.Type)
	if err != nil {
		return err
	}
	mem, err := hex.DecodeString(v.Memory)
	if err != nil {
		return err
	}
	lifted, err := lift(t, v.StringEncoding, mem, coreBits(v))
	if v.Trap {
		if _, ok := err.(canon.TrapCode); !ok {
			return fmt.Errorf("it ended with %v instead of a trap", err)
		}
		return nil
	}
	if err != nil {
		return err
	}
	want, err := canontest.VectorValue(v.Value, t)
	if err != nil {
		return err
	}
	if !lifted.Equal(want) {
		return fmt.Errorf("lifted %v, want %v", lifted, want)
	}
	return nil
}

func lift(t *wit.Type, enc string, mem []byte, core []uint64) (*canontest.V, error) {
	var lifted *canontest.V
	w := &canontest.World{Host: func(args []*canontest.V) (*canontest.V, error) { lifted = args[0]; return nil, nil }}
	w.Sides[canon.Caller] = vectorInstance(enc, mem)
	ft := &wit.FuncType{Params: []wit.Field{{Name: "a", Type: t}}}
	p, err := canon.HostImport("f", ft, canon.Options{Encoding: vectorEncoding(enc), Memory: true, Realloc: true})
	if err != nil {
		return nil, err
	}
	if len(core) > canon.MaxFlatParams {
		return nil, fmt.Errorf("a vector of %d core values", len(core))
	}
	_, _, err = canontest.Run(p, w, core, nil)
	return lifted, err
}

func nanVector(v *canontest.Vector) error {
	t, err := canontest.VectorType(v.Type)
	if err != nil {
		return err
	}
	in, _ := strconv.ParseUint(v.InBits, 10, 64)
	out, _ := strconv.ParseUint(v.OutBits, 10, 64)
	lifted, err := lift(t, "utf8", nil, []uint64{in})
	if err == nil && lifted.Bits != out {
		err = fmt.Errorf("lifted %#x, want %#x", lifted.Bits, out)
	}
	return err
}

// lowerVector passes the value to a component: from the host if strings are
// UTF-8, and otherwise from a component whose strings have the other encoding. A
// string of latin1+utf16 is in one form or the other, which the vectors do not
// tell: one must do.
func lowerVector(v *canontest.Vector) error {
	t, err := canontest.VectorType(v.Type)
	if err != nil {
		return err
	}
	value, err := canontest.VectorValue(v.Value, t)
	if err != nil {
		return err
	}
	if v.SrcEncoding == "utf8" {
		if err := lowerFromHost(v, t, value); err != nil {
			return fmt.Errorf("from the host: %w", err)
		}
	}
	err = lowerFromComponent(v, t, value, false)
	if err != nil && v.SrcEncoding == "latin1+utf16" {
		err = lowerFromComponent(v, t, value, true)
	}
	return err
}

func lowerFromHost(v *canontest.Vector, t *wit.Type, value *canontest.V) error {
	return lower(v, t, func(w *canontest.World, ft *wit.FuncType, callee canon.Options) error {
		p, err := canon.HostExport("f", ft, callee)
		if err == nil {
			_, _, err = canontest.Run(p, w, nil, []*canontest.V{value})
		}
		return err
	})
}

func lowerFromComponent(v *canontest.Vector, t *wit.Type, value *canontest.V, wide bool) error {
	return lower(v, t, func(w *canontest.World, ft *wit.FuncType, callee canon.Options) error {
		caller := vectorInstance(v.SrcEncoding, make([]byte, 1<<16))
		w.Sides[canon.Caller] = caller
		args := (&canontest.Context{Instance: caller, World: w}).Prepare([]*canontest.V{value}, []*wit.Type{t}, wide)
		p, err := canon.Adapter("f", ft, canon.Options{Encoding: caller.Encoding, Memory: true, Realloc: true}, callee)
		if err == nil {
			_, _, err = canontest.Run(p, w, args, nil)
		}
		return err
	})
}

func lower(v *canontest.Vector, t *wit.Type, call func(*canontest.World, *wit.FuncType, canon.Options) error) error {
	mem := make([]byte, v.MemorySize)
	var core []uint64
	w := &canontest.World{Target: func(args []uint64) ([]uint64, error) { core = slices.Clone(args); return nil, nil }}
	callee := vectorInstance(v.StringEncoding, mem)
	w.Sides[canon.Callee] = callee
	ft := &wit.FuncType{Params: []wit.Field{{Name: "a", Type: t}}}
	if err := call(w, ft, canon.Options{Encoding: callee.Encoding, Memory: true, Realloc: true}); err != nil {
		return err
	}
	if !slices.Equal(core, coreBits(v)) {
		return fmt.Errorf("lowered to %v", core)
	}
	var calls [][5]uint32
	for _, r := range v.Realloc {
		var c [5]uint32
		for i, s := range r {
			n, _ := strconv.ParseUint(s, 10, 32)
			c[i] = uint32(n)
		}
		calls = append(calls, c)
	}
	if !slices.Equal(callee.Log, calls) {
		return fmt.Errorf("realloc was called with %v", callee.Log)
	}
	want, err := hex.DecodeString(v.Memory)
	if err != nil {
		return err
	}
	if !bytes.Equal(mem[:len(want)], want) {
		return fmt.Errorf("memory is %x", mem[:len(want)])
	}
	return nil
}
