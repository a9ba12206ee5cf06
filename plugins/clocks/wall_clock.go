package clocks

import (
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

func wallClock() *host.Interface {
	return wit.Implement("wasi:clocks/wall-clock", map[string]host.Func{
		"now":        wallNow,
		"resolution": wallResolution,
	})
}

func wallNow(*host.Call, []value.Value) (value.Value, error) {
	return Datetime(time.Now().Truncate(Resolution)), nil
}

func wallResolution(*host.Call, []value.Value) (value.Value, error) {
	return Datetime(time.Unix(0, Resolution)), nil
}

// Datetime makes a datetime, which cannot be before 1970: such times become 1970.
func Datetime(t time.Time) value.Value {
	if t.Unix() < 0 {
		t = time.Unix(0, 0)
	}
	return value.Record(value.U64(uint64(t.Unix())), value.U32(uint32(t.Nanosecond())))
}

// Time reads a datetime. ok is false if Go's time.Time cannot hold it, or if its
// nanoseconds are a second or more.
func Time(datetime value.Value) (t time.Time, ok bool) {
	s, ns := datetime.At(0).U64(), datetime.At(1).U32()
	if s > 1<<62 || ns >= 1e9 {
		return time.Time{}, false
	}
	return time.Unix(int64(s), int64(ns)), true
}
