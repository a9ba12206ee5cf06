package core

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
)

// corpus is modules to mutate: the specification's, if they are there, and generated ones.
func corpus(t *testing.T) [][]byte {
	var list [][]byte
	for i := range uint64(30) {
		list = append(list, generate(i, 7))
	}
	list = append(list, everySection(), spectest())
	for _, path := range scripts(t) {
		if strings.HasPrefix(scriptName(path), "v1/") {
			continue
		}
		for _, c := range readScript(t, path) {
			if c.Type != "module" || !strings.HasSuffix(c.Filename, ".wasm") {
				continue
			}
			if b, err := os.ReadFile(filepath.Join(filepath.Dir(path), c.Filename)); err == nil && len(b) > 8 && len(b) < 2000 {
				list = append(list, b)
			}
		}
	}
	return list
}

// TestMutated changes bytes of valid modules. Decoding, validating and rewriting must keep together, and
// agree with the engine. CORE_MUTATIONS sets the number of changes tried.
func TestMutated(t *testing.T) {
	n := 30_000
	if s := os.Getenv("CORE_MUTATIONS"); s != "" {
		n, _ = strconv.Atoi(s)
	}
	modules := corpus(t)
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(engineFeatures))
	defer r.Close(ctx)
	seed := uint64(1)
	if s := os.Getenv("CORE_SEED"); s != "" {
		seed, _ = strconv.ParseUint(s, 10, 64)
	}
	rng := rand.New(rand.NewPCG(seed, 2))
	accepted, failures := 0, 0
	for range n {
		b := mutate(rng, modules)
		valid, fault := agrees(ctx, r, b)
		if valid {
			accepted++
		}
		if fault != nil {
			failures++
			t.Errorf("module %x: %v", b, fault)
		}
		if failures > 10 {
			t.FailNow()
		}
	}
	t.Logf("%d of %d accepted", accepted, n)
}

func mutate(rng *rand.Rand, modules [][]byte) []byte {
	b := append([]byte(nil), modules[rng.IntN(len(modules))]...)
	for range 1 + rng.IntN(3) {
		at := 8 + rng.IntN(len(b)-8)
		switch rng.IntN(6) {
		case 0:
			b[at] ^= 1 << rng.IntN(8)
		case 1:
			b[at] = b[8+rng.IntN(len(b)-8)]
		case 2:
			b[at]++
		case 3:
			b[at]--
		case 4: // swap neighbours: often still decodes
			if at+1 < len(b) {
				b[at], b[at+1] = b[at+1], b[at]
			}
		default:
			b[at] = byte(rng.IntN(256))
		}
	}
	return b
}

// agrees compares the verdict on a module with the engine's, and reports whether the module is valid. What
// is valid is rewritten.
func agrees(ctx context.Context, r wazero.Runtime, b []byte) (valid bool, fault error) {
	m, err := Decode(b, 0)
	if err != nil {
		return false, nil // The engine allocates what a module declares before it looks whether it is there.
	}
	verdict := m.Validate()
	switch {
	case verdict == nil:
		return true, rewritable(ctx, r, b)
	case strings.Contains(verdict.Error(), "limit of"): // The same.
	case !lenient(verdict) && !misread(b) && compiles(ctx, r, b) == nil:
		return false, fmt.Errorf("the engine accepts it, but %w", verdict)
	}
	return false, nil
}

// rewritable rewrites a valid module, without and with checks. The engine must accept both.
func rewritable(ctx context.Context, r wazero.Runtime, b []byte) error {
	rename := func(i int, _, name string) (string, string) { return "module", name }
	for _, opt := range []Options{
		{RenameImport: rename, AllowExceptionRefs: true},
		{RenameImport: rename, Check: &Check{Module: "sidecall", Name: "check"}, MaxTableElements: 5, LiftData: true, AllowExceptionRefs: true},
	} {
		m, err := Decode(b, 0)
		if err != nil {
			return err
		}
		out, _, err := Rewrite(m, opt)
		if err != nil && strings.Contains(err.Error(), "limit of") {
			return nil
		}
		if err != nil {
			return err
		}
		if err := check(out); err != nil {
			return fmt.Errorf("the result is not valid: %w", err)
		}
		if err := compiles(ctx, r, out); err != nil && !lacking(err) {
			return fmt.Errorf("the engine refuses the result: %w", err)
		}
	}
	return nil
}

// lenient reports whether the engine is known to accept modules with such a fault.
func lenient(fault error) bool {
	for _, s := range []string{
		// It reads the second byte of an opcode as a whole, and not all integers to their limits.
		"integer representation too long", "integer too large", "unexpected end", "illegal opcode", "invalid lane",
		"zero byte expected", "malformed",
		// It does not look for these.
		"duplicate export name", "is mutable", "unexpected content after last section", "is not supported",
		"uninitialized", "non-empty tag result type", "alignment must be natural",
		// It takes any reference to a defined type for any other, and forgets about references without null.
		"(ref", "any reference", "a catch clause takes other values", "unknown type",
	} {
		if strings.Contains(fault.Error(), s) {
			return true
		}
	}
	return false
}

// misread reports whether the engine may read other instructions than there are, or other types.
func misread(b []byte) bool {
	for i := range len(b) - 2 {
		// It takes the second byte of an opcode behind 0xfd for 1, whatever it is.
		if b[i] == 0xfd && b[i+1] >= 0x80 && b[i+2] != 1 {
			return true
		}
		// It forgets the type of a select in unreachable code.
		if b[i] == 0x1c && b[i+1] == 1 {
			return true
		}
	}
	return false
}

// lacking reports whether the engine refuses something that is valid.
func lacking(err error) bool {
	// A null reference to a defined type in a segment of funcref.
	return strings.Contains(err.Error(), "must be funcref but was (ref null")
}
