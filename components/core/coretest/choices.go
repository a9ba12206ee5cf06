package coretest

import "math/rand/v2"

// Choices are the decisions of a generator: bytes as long as there are any, so that a
// fuzzer can change some of them, and then random numbers. After the bytes, seed 0 always
// chooses the first.
type Choices struct {
	data []byte
	rest *rand.Rand
}

// NewChoices makes the choices of a seed and of bytes that come before it.
func NewChoices(seed uint64, data []byte) *Choices {
	c := &Choices{data: data}
	if seed != 0 {
		c.rest = rand.New(rand.NewPCG(seed, 1))
	}
	return c
}

// N chooses one of k, which is at most 256.
func (c *Choices) N(k int) int {
	switch {
	case len(c.data) > 0:
		b := int(c.data[0])
		c.data = c.data[1:]
		return b % k
	case c.rest != nil:
		return c.rest.IntN(k)
	}
	return 0
}

// Rarely is true once in k times.
func (c *Choices) Rarely(k int) bool { return c.N(k) == k-1 }

// U64 is any number, small and remarkable ones more often than others.
func (c *Choices) U64() uint64 {
	switch c.N(4) {
	case 0:
		return uint64(c.N(256))
	case 1:
		return -uint64(c.N(256))
	case 2:
		return remarkable[c.N(len(remarkable))]
	}
	var v uint64
	for range 8 {
		v = v<<8 | uint64(c.N(256))
	}
	return v
}

// remarkable are numbers at the edges of types, and the bits of floats at theirs.
var remarkable = []uint64{
	0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0x100000000,
	0x7fffffffffffffff, 0x8000000000000000, 0xffffffffffffffff, 0x8000000080000000, 0x0101010101010101,
	// floats of 32 bits: 1, -1, 0.5, ±0, ±infinity, quiet and signalling NaNs, the smallest and the largest
	0x3f800000, 0xbf800000, 0x3f000000, 0x7f800000, 0xff800000, 0x7fc00000, 0xffc00000, 0x7f800001, 0xffa00001,
	0x00000001, 0x00800000, 0x7f7fffff,
	// the limits of conversions to integers
	0x4f000000, 0xcf000000, 0x4f800000, 0x5f000000, 0xdf000000, 0x5f800000, 0xbf7fffff, 0x4effffff,
	// the same of 64 bits
	0x3ff0000000000000, 0xbff0000000000000, 0x3fe0000000000000, 0x7ff0000000000000, 0xfff0000000000000,
	0x7ff8000000000000, 0xfff8000000000000, 0x7ff0000000000001, 0xfff4000000000001, 0x0010000000000000, 0x7fefffffffffffff,
	0x41e0000000000000, 0xc1e0000000000000, 0x41dfffffffc00000, 0xc1e0000000200000, 0x41f0000000000000,
	0x43e0000000000000, 0xc3e0000000000000, 0x43f0000000000000, 0xbfefffffffffffff, 0x36a0000000000000, 0x47efffffe0000000,
}
