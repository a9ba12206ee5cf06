package random_test

import (
	"bytes"
	"testing"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
	"github.com/sidecall/sidecall/plugins/random"
)

func env(t *testing.T) *plugintest.Env {
	t.Helper()
	return plugintest.New(t, plan.Grants{}, host.Stdio{}, random.Interfaces())
}

func TestBytes(t *testing.T) {
	e := env(t)
	for _, f := range [][2]string{
		{"wasi:random/random@0.2.12", "get-random-bytes"},
		{"wasi:random/insecure@0.2.12", "get-insecure-random-bytes"},
	} {
		for _, n := range []int{0, 1, 7, 8, 9, 1000} {
			a := e.Must(f[0], f[1], value.U64(uint64(n))).Bytes()
			b := e.Must(f[0], f[1], value.U64(uint64(n))).Bytes()
			if len(a) != n || len(b) != n || n > 8 && bytes.Equal(a, b) {
				t.Errorf("%s %d: %x, %x", f[1], n, a, b)
			}
		}
		const want = "18446744073709551615 random bytes asked for at once, at most 67108864 are given"
		if err := e.Traps(f[0], f[1], value.U64(^uint64(0))); err.Error() != want {
			t.Errorf("%s: %v", f[1], err)
		}
	}
}

func TestNumbersDiffer(t *testing.T) {
	e := env(t)
	seen := map[uint64]bool{}
	for range 100 {
		seen[e.Must("wasi:random/random@0.2.12", "get-random-u64").U64()] = true
		seen[e.Must("wasi:random/insecure@0.2.12", "get-insecure-random-u64").U64()] = true
		v := e.Must("wasi:random/insecure-seed@0.2.12", "insecure-seed")
		seen[v.At(0).U64()], seen[v.At(1).U64()] = true, true
	}
	if len(seen) != 400 {
		t.Errorf("%d of 400 numbers differ", len(seen))
	}
}
