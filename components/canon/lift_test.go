package canon_test

import (
	"encoding/hex"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/canon/canontest"
	"github.com/sidecall/sidecall/wit"
)

// TestLift lifts the values of testdata/vectors/lift.txt, as a Program and as the
// specification does; the last column is what both made.
func TestLift(t *testing.T) {
	const file = "testdata/vectors/lift.txt"
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var now strings.Builder
	for line := range strings.Lines(string(old)) {
		if strings.HasPrefix(line, "#") {
			now.WriteString(line)
			continue
		}
		cols := strings.Split(line, "|")
		for i := range cols {
			cols[i] = strings.TrimSpace(cols[i])
		}
		made := liftLine(t, cols)
		now.WriteString(strings.Join(append(cols[:4], made), " | ") + "\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(now.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	} else if now.String() != string(old) {
		t.Errorf("%s: %s", file, firstDifference(string(old), now.String()))
	}
}

func liftLine(t *testing.T, cols []string) string {
	ft, err := canontest.ParseFunc("func(" + cols[0] + ")")
	if err != nil {
		t.Fatal(err)
	}
	mem, err := hex.DecodeString(cols[2])
	if err != nil {
		t.Fatal(err)
	}
	var flat []uint64
	for _, s := range strings.Fields(cols[3]) {
		n, err := strconv.ParseUint(s, 0, 64)
		if err != nil {
			t.Fatal(err)
		}
		flat = append(flat, n)
	}
	program := shown(lift(ft.Params[0].Type, cols[1], mem, flat))
	spec := shown(liftSpec(ft, cols[1], mem, flat))
	if program != spec {
		t.Errorf("%s: a Program lifts %s, the specification %s", strings.Join(cols[:4], " | "), program, spec)
	}
	if passed := shown(liftPassed(ft, cols[1], mem, flat)); program != passed {
		t.Errorf("%s: a Program lifts %s, and what another component gets is %s", strings.Join(cols[:4], " | "), program, passed)
	}
	return program
}

// liftPassed passes the values to another component and lifts what it gets.
func liftPassed(ft *wit.FuncType, enc string, mem []byte, flat []uint64) (v *canontest.V, err error) {
	w := &canontest.World{}
	w.Sides = [2]*canontest.Instance{vectorInstance(enc, mem), vectorInstance("utf8", make([]byte, 4096))}
	callee := &canontest.Context{Instance: w.Sides[canon.Callee], World: w}
	w.Target = func(args []uint64) ([]uint64, error) {
		return nil, canontest.Try(func() {
			v = callee.LiftFlatValues(canon.MaxFlatParams, canontest.Values(args), []*wit.Type{ft.Params[0].Type})[0]
		})
	}
	opts := canon.Options{Encoding: vectorEncoding(enc), Memory: true, Realloc: true}
	p, err := canon.Adapter("f", ft, opts, canon.Options{Memory: true, Realloc: true})
	if err == nil {
		_, _, err = canontest.Run(p, w, flat, nil)
	}
	return v, err
}

func liftSpec(ft *wit.FuncType, enc string, mem []byte, flat []uint64) (v *canontest.V, err error) {
	w := &canontest.World{Host: func(args []*canontest.V) (*canontest.V, error) { v = args[0]; return nil, nil }}
	w.Sides[canon.Caller] = vectorInstance(enc, mem)
	_, err = canontest.ImportSpec(w, ft, flat)
	return v, err
}

func shown(v *canontest.V, err error) string {
	if err != nil {
		return "trap: " + err.Error()
	}
	return v.String()
}
