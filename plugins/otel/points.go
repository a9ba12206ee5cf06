package otel

import (
	"math"

	"github.com/sidecall/sidecall/host/telemetry/guest"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// readPoint reads a value, and what histograms have beside.
func readPoint(p *guest.Point, v value.Value, k guest.Kind) error {
	sum, least := 1, -1 // where a record has them
	switch k.Form {
	case guest.Histogram:
		sum, least = 6, 4
	case guest.ExponentialHistogram:
		sum, least = 4, 2
	}
	var ok bool
	if p.Value, ok = number(v.At(sum), k); !ok || k.Monotonic && (p.Value.Int < 0 || p.Value.Float < 0) {
		return errNumber
	}
	if least < 0 {
		return nil
	}
	p.Count = v.At(1).U64()
	for n, to := range []**guest.Number{&p.Min, &p.Max} {
		if given, is := v.At(least + n).Payload(); is {
			x, ok := number(given, k)
			if !ok {
				return errNumber
			}
			*to = &x
		}
	}
	if k.Form == guest.Histogram {
		return explicit(p, v.At(2), v.At(3))
	}
	return exponential(p, v)
}

// explicit reads buckets with their bounds. A histogram may have none.
func explicit(p *guest.Point, bounds, counts value.Value) (err error) {
	if counts.Len() > maxBuckets || counts.Len() != bounds.Len()+1 && (counts.Len() != 0 || bounds.Len() != 0) {
		return errBuckets
	}
	var total uint64
	if p.Buckets, total, err = numbers(counts, total, errBuckets); err != nil {
		return err
	}
	if total != p.Count && counts.Len() != 0 {
		return errBuckets
	}
	for i := range bounds.Len() {
		b := bounds.At(i).F64()
		if math.IsNaN(b) || math.IsInf(b, 0) || i > 0 && b <= p.Bounds[i-1] {
			return errBuckets
		}
		p.Bounds = append(p.Bounds, b)
	}
	return nil
}

// exponential reads a scale, and buckets of both signs.
func exponential(p *guest.Point, v value.Value) (err error) {
	e := &guest.Exponential{Scale: int32(v.At(5).S8()), ZeroCount: v.At(6).U64(), ZeroThreshold: v.At(9).F64()}
	if e.Scale < guest.MinScale || e.Scale > guest.MaxScale || math.IsNaN(e.ZeroThreshold) || math.IsInf(e.ZeroThreshold, 0) || e.ZeroThreshold < 0 {
		return errExponential
	}
	total := e.ZeroCount
	for n, to := range []*guest.Buckets{&e.Positive, &e.Negative} {
		b := v.At(7 + n)
		to.Offset = b.At(0).S32()
		if n := b.At(1).Len(); n > maxExponential || to.Offset > math.MaxInt32-maxExponential {
			return errExponential
		}
		if to.Counts, total, err = numbers(b.At(1), total, errExponential); err != nil {
			return err
		}
	}
	if total != p.Count {
		return errExponential
	}
	p.Exponential = e
	return nil
}

// numbers reads counts, and adds them to what there is. The error is that of a sum that is
// too large.
func numbers(list value.Value, total uint64, tooMany error) (all []uint64, _ uint64, err error) {
	for i := range list.Len() {
		n := list.At(i).U64()
		all = append(all, n)
		if total += n; total < n {
			return nil, 0, tooMany
		}
	}
	return all, total, nil
}

// number reads a metric-number, which is of the metric's type and finite.
func number(v value.Value, k guest.Kind) (n guest.Number, ok bool) {
	x := wire.Payload(v)
	switch v.Case() {
	case 0:
		n.Float = x.F64()
		return n, k.Float && !math.IsNaN(n.Float) && !math.IsInf(n.Float, 0)
	case 1:
		n.Int = x.S64()
		return n, !k.Float
	}
	n.Int = int64(min(x.U64(), math.MaxInt64))
	return n, !k.Float && x.U64() <= math.MaxInt64
}
