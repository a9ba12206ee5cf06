package clocks

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/wit"
)

// timezone says UTC: where the host is, is nobody's business unless granted, and
// UTC is what the interface specifies for that.
func timezone() *host.Interface {
	return wit.Implement("wasi:clocks/timezone", map[string]host.Func{
		"display":    timezoneDisplay,
		"utc-offset": timezoneUTCOffset,
	})
}

func timezoneDisplay(*host.Call, []value.Value) (value.Value, error) {
	return value.Record(value.S32(0), value.String("UTC"), value.Bool(false)), nil
}

func timezoneUTCOffset(*host.Call, []value.Value) (value.Value, error) {
	return value.S32(0), nil
}
