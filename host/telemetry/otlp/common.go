package otlp

import (
	"encoding/binary"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/resource"
)

// Messages of opentelemetry/proto/common/v1 and resource/v1. The numbers are those of
// their fields.

func writeResource(m *message, r *resource.Resource) {
	writeAttributes(m, 1, r.Attributes())
}

func writeScope(m *message, s instrumentation.Scope) {
	m.string(1, text(s.Name))
	m.string(2, text(s.Version))
}

func writeAttributes(m *message, field int, all []attribute.KeyValue) {
	for _, kv := range all {
		m.message(field, func(m *message) {
			m.string(1, text(string(kv.Key)))
			m.message(2, func(m *message) { writeValue(m, kv.Value) })
		})
	}
}

// writeValue writes an AnyValue. Its fields are a oneof: they are written even if
// they are zero.
func writeValue(m *message, v attribute.Value) {
	switch v.Type() {
	case attribute.BOOL:
		writeBool(m, v.AsBool())
	case attribute.INT64:
		writeInt(m, v.AsInt64())
	case attribute.FLOAT64:
		m.double(4, v.AsFloat64())
	case attribute.BOOLSLICE:
		writeList(m, v.AsBoolSlice(), writeBool)
	case attribute.INT64SLICE:
		writeList(m, v.AsInt64Slice(), writeInt)
	case attribute.FLOAT64SLICE:
		writeList(m, v.AsFloat64Slice(), func(m *message, f float64) { m.double(4, f) })
	case attribute.BYTESLICE:
		m.bytes(7, v.AsByteSlice())
	case attribute.STRINGSLICE:
		writeList(m, v.AsStringSlice(), writeString)
	default:
		writeString(m, v.String())
	}
}

func writeString(m *message, s string) { m.bytes(1, []byte(text(s))) }

func writeBool(m *message, b bool) {
	m.tag(2, varint)
	*m = append(*m, map[bool]byte{true: 1}[b])
}

func writeInt(m *message, i int64) {
	m.tag(3, varint)
	*m = binary.AppendUvarint(*m, uint64(i))
}

func writeList[T any](m *message, list []T, write func(*message, T)) {
	m.message(5, func(m *message) {
		for _, v := range list {
			m.message(1, func(m *message) { write(m, v) })
		}
	})
}

// text is s without what protobuf does not allow in strings.
func text(s string) string { return strings.ToValidUTF8(s, "\uFFFD") }

// nanos is a point in time.
func nanos(t time.Time) uint64 {
	if t.IsZero() {
		return 0
	}
	return uint64(t.UnixNano())
}
