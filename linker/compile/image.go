package compile

import (
	"cmp"
	"slices"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/plan"
)

// maxFill bounds the zeros between data segments that are written out, in bytes
// beyond what the segments take.
const maxFill = 1 << 20

// imageOf is the plan's Image of a module. Toolchains cut data into tens of
// thousands of segments to save a few zeros; here they are joined again.
func imageOf(info *core.Info) []plan.ImagePart {
	type span struct{ from, to uint64 }
	var spans []span
	var total uint64
	for _, p := range info.Image {
		if n := uint64(len(p.Bytes)); n > 0 {
			spans = append(spans, span{uint64(p.Offset), uint64(p.Offset) + n})
			total += n
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	fill := total + maxFill
	joined := spans[:0]
	for _, s := range spans {
		if n := len(joined) - 1; n >= 0 {
			last := &joined[n]
			if gap := s.from - min(s.from, last.to); gap <= fill {
				fill -= gap
				last.to = max(last.to, s.to)
				continue
			}
		}
		joined = append(joined, s)
	}
	parts := make([]plan.ImagePart, len(joined))
	for i, s := range joined {
		parts[i] = plan.ImagePart{Offset: uint32(s.from), Bytes: make([]byte, s.to-s.from)}
	}
	// In the segments' order: a later one may cover an earlier one.
	for _, p := range info.Image {
		if len(p.Bytes) == 0 {
			continue
		}
		at := uint64(p.Offset)
		i, found := slices.BinarySearchFunc(joined, at, func(s span, at uint64) int { return cmp.Compare(s.from, at) })
		if !found {
			i--
		}
		copy(parts[i].Bytes[at-joined[i].from:], p.Bytes)
	}
	return parts
}
