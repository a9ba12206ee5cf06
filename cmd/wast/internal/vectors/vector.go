package vectors

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	jsonvalue "github.com/sidecall/sidecall/cmd/wast/internal/value"
	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/wit"
)

// Outcome is what became of one vector.
type Outcome struct {
	// Op is the vector's operation, Group "sync" or, with gated features, "gated".
	Op, Group string
	// Skip is the reason why it was not run, empty if it was.
	Skip string
	// Want and Got describe a failure; both are empty otherwise.
	Want, Got string
}

func (o *Outcome) fail(want, format string, args ...any) {
	o.Want, o.Got = want, fmt.Sprintf(format, args...)
}

// vector is one vector; which fields it has depends on Op.
type vector struct {
	Op       string   `json:"op"`
	Features []string `json:"features"`

	Encoding       string            `json:"string_encoding"`
	SourceEncoding string            `json:"src_string_encoding"`
	TargetEncoding string            `json:"dst_string_encoding"`
	Type           json.RawMessage   `json:"type"`
	Core           []coreValue       `json:"core"`
	Memory         string            `json:"memory"`
	Value          json.RawMessage   `json:"value"`
	Trap           bool              `json:"trap"`
	Realloc        [][5]string       `json:"realloc"`
	InBits         string            `json:"in_bits"`
	OutBits        string            `json:"out_bits"`
	Params         []json.RawMessage `json:"params"`
	Result         []json.RawMessage `json:"result"`
	Lift, Lower    signature
}

type coreValue struct{ Type, Value string }

type signature struct{ Params, Results []string }

func (s signature) String() string {
	return "(" + strings.Join(s.Params, " ") + ") -> (" + strings.Join(s.Results, " ") + ")"
}

// Run runs one vector.
func Run(ctx context.Context, cfg host.Config, b json.RawMessage) Outcome {
	var v vector
	if err := json.Unmarshal(b, &v); err != nil {
		return Outcome{Op: "vector", Group: "sync", Want: "a vector", Got: err.Error()}
	}
	o := Outcome{Op: v.Op, Group: "sync"}
	if len(v.Features) > 0 {
		o.Group = "gated"
		o.Skip = "feature not supported: " + strings.Join(v.Features, ", ")
		return o
	}
	switch v.Op {
	case "lift_flat":
		v.lift(ctx, cfg, &o)
	case "lower_flat":
		v.lower(ctx, cfg, &o)
	case "roundtrip":
		v.roundtrip(ctx, cfg, &o)
	case "lift_nan":
		v.liftNaN(ctx, cfg, &o)
	case "flatten_functype":
		v.flatten(&o)
	default:
		o.Skip = "operation not supported: " + v.Op
	}
	return o
}

func encoding(name string) canon.Encoding {
	for _, e := range []canon.Encoding{canon.UTF16, canon.Latin1UTF16} {
		if e.String() == name {
			return e
		}
	}
	return canon.UTF8
}

// bits returns the core values as what a register holds. Floats are written as
// numbers of their bits, or as "nan:canonical".
func (v *vector) bits() ([]uint64, error) {
	out := make([]uint64, len(v.Core))
	for i, c := range v.Core {
		switch {
		case strings.HasPrefix(c.Value, "nan:") && c.Type == "f32":
			out[i] = 0x7fc00000
		case strings.HasPrefix(c.Value, "nan:"):
			out[i] = 0x7ff8000000000000
		case strings.HasPrefix(c.Value, "-"):
			n, err := strconv.ParseInt(c.Value, 10, 64)
			if err != nil {
				return nil, err
			}
			out[i] = uint64(n)
		default:
			n, err := strconv.ParseUint(c.Value, 10, 64)
			if err != nil {
				return nil, err
			}
			out[i] = n
		}
		if c.Type == "i32" || c.Type == "f32" {
			out[i] = uint64(uint32(out[i]))
		}
	}
	return out, nil
}

// lift checks lift_flat.
func (v *vector) lift(ctx context.Context, cfg host.Config, o *Outcome) {
	t, err := jsonvalue.ParseType(v.Type)
	if err != nil {
		o.fail("a type", "%v", err)
		return
	}
	bits, err := v.bits()
	if err != nil {
		o.fail("core values", "%v", err)
		return
	}
	memory, err := hex.DecodeString(v.Memory)
	if err != nil {
		o.fail("memory", "%v", err)
		return
	}
	got, err := lift(ctx, cfg, t, encoding(v.Encoding), bits, memory)
	if v.Trap {
		if err == nil {
			o.fail("a trap", "%s", jsonvalue.Format(t, got))
		} else if !isTrap(err) {
			o.fail("a trap", "%v", err)
		}
		return
	}
	want, bad := jsonvalue.Parse(v.Value, t)
	switch {
	case bad != nil:
		o.fail(string(v.Value), "%v", bad)
	case err != nil:
		o.fail(jsonvalue.Format(t, want), "%v", err)
	case !jsonvalue.Equal(t, want, got):
		o.fail(jsonvalue.Format(t, want), "%s", jsonvalue.Format(t, got))
	}
}

// liftNaN checks which NaN lifting yields.
func (v *vector) liftNaN(ctx context.Context, cfg host.Config, o *Outcome) {
	t, err := jsonvalue.ParseType(v.Type)
	in, err1 := strconv.ParseUint(v.InBits, 10, 64)
	out, err2 := strconv.ParseUint(v.OutBits, 10, 64)
	if err != nil || err1 != nil || err2 != nil {
		o.fail("a vector", "%v %v %v", err, err1, err2)
		return
	}
	got, err := lift(ctx, cfg, t, canon.UTF8, []uint64{in}, nil)
	switch {
	case err != nil:
		o.fail(fmt.Sprintf("%#x", out), "%v", err)
	case got.Bits() != out:
		o.fail(fmt.Sprintf("%#x", out), "%#x", got.Bits())
	}
}

// flatten checks the core signatures of a function type.
func (v *vector) flatten(o *Outcome) {
	ft := &wit.FuncType{}
	for i, p := range v.Params {
		t, err := jsonvalue.ParseType(p)
		if err != nil {
			o.fail("a type", "%v", err)
			return
		}
		ft.Params = append(ft.Params, wit.Field{Name: fmt.Sprintf("p%d", i), Type: t})
	}
	if len(v.Result) > 0 {
		t, err := jsonvalue.ParseType(v.Result[0])
		if err != nil {
			o.fail("a type", "%v", err)
			return
		}
		ft.Result = t
	}
	for _, d := range []struct {
		dir  canon.Direction
		want signature
	}{{canon.Lift, v.Lift}, {canon.Lower, v.Lower}} {
		f := canon.FlattenFuncType(ft, d.dir)
		got := signature{regs(f.Params), regs(f.Results)}
		if got.String() != d.want.String() {
			o.fail(d.want.String(), "%s", got)
		}
	}
}

func regs(ts []canon.RegType) []string {
	out := make([]string, len(ts))
	for i, t := range ts {
		out[i] = t.String()
	}
	return out
}
