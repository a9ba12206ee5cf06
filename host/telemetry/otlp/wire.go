package otlp

import (
	"encoding/binary"
	"math"
)

// message is a protobuf message that is being written, field by field.
type message []byte

// Wire types of protobuf.
const (
	varint  = 0
	fixed64 = 1
	bytesOf = 2
	fixed32 = 5
)

func (m *message) tag(field, wire int) { *m = binary.AppendUvarint(*m, uint64(field)<<3|uint64(wire)) }

// uint writes a number as varint; 0 is left out.
func (m *message) uint(field int, v uint64) {
	if v != 0 {
		m.tag(field, varint)
		*m = binary.AppendUvarint(*m, v)
	}
}

// fixed64 writes a number in 8 bytes.
func (m *message) fixed64(field int, v uint64) {
	m.tag(field, fixed64)
	*m = binary.LittleEndian.AppendUint64(*m, v)
}

func (m *message) fixed32(field int, v uint32) {
	m.tag(field, fixed32)
	*m = binary.LittleEndian.AppendUint32(*m, v)
}

func (m *message) double(field int, v float64) { m.fixed64(field, math.Float64bits(v)) }

func (m *message) bytes(field int, v []byte) {
	m.tag(field, bytesOf)
	*m = binary.AppendUvarint(*m, uint64(len(v)))
	*m = append(*m, v...)
}

// string writes text; empty is left out.
func (m *message) string(field int, v string) {
	if v != "" {
		m.bytes(field, []byte(v))
	}
}

// message writes what write writes as a message of its own.
func (m *message) message(field int, write func(*message)) {
	var inner message
	write(&inner)
	m.bytes(field, inner)
}

// packed64 writes a list of numbers of 8 bytes.
func (m *message) packed64(field int, n int, at func(i int) uint64) {
	if n == 0 {
		return
	}
	m.tag(field, bytesOf)
	*m = binary.AppendUvarint(*m, uint64(8*n))
	for i := range n {
		*m = binary.LittleEndian.AppendUint64(*m, at(i))
	}
}
