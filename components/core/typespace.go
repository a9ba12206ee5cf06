package core

import (
	"crypto/sha256"
	"encoding/binary"
)

// TypeSpace is the type index space of a module. Types that are written twice are one type: references
// to either are equal. The zero value is empty and ready to use.
type TypeSpace struct {
	defs  []FuncType
	canon []uint32          // for each type, the first type that equals it
	first map[string]uint32 // from the key of a type to its canonical index
	// closed holds, for types that contain references to defined types, a digest in which those are
	// replaced by their digests, so that types of different modules can be compared.
	closed map[uint32]digest
}

type digest [sha256.Size]byte

// Len is the number of types.
func (s *TypeSpace) Len() int { return len(s.defs) }

// At is the type at index i, which must be below Len.
func (s *TypeSpace) At(i uint32) FuncType { return s.defs[i] }

// Add appends t and returns its index. References to defined types in t must be to types added before;
// ok is false, and nothing is added, if they are not.
func (s *TypeSpace) Add(t FuncType) (index uint32, ok bool) {
	index = uint32(len(s.defs))
	key := make([]byte, 0, 4*(1+len(t.Params)+len(t.Results)))
	key = binary.LittleEndian.AppendUint32(key, uint32(len(t.Params)))
	refs := false
	for _, list := range [2][]ValType{t.Params, t.Results} {
		for _, v := range list {
			if i, defined := v.TypeIndex(); defined {
				refs = true
				if i >= index {
					return 0, false
				}
				v = v&^indexMask | ValType(s.canon[i])
			}
			key = binary.LittleEndian.AppendUint32(key, uint32(v))
		}
	}
	t.space = nil
	if refs {
		t.space = s
	}
	s.defs = append(s.defs, t)
	canonical, seen := s.first[string(key)]
	if !seen {
		canonical = index
		if s.first == nil {
			s.first = map[string]uint32{}
		}
		s.first[string(key)] = index
	}
	s.canon = append(s.canon, canonical)
	if refs && !seen {
		if s.closed == nil {
			s.closed = map[uint32]digest{}
		}
		s.closed[index] = s.hash(index)
	}
	return index, true
}

// same reports whether the types at i and j are one type.
func (s *TypeSpace) same(i, j uint32) bool { return i == j || s.canon[i] == s.canon[j] }

// matches reports whether a is a subtype of b within this space.
func (s *TypeSpace) matches(a, b ValType) bool { return a == b || matchesVal(s, a, s, b) }

// digest identifies the type at index i in every module.
func (s *TypeSpace) digest(i uint32) digest {
	i = s.canon[i]
	if d, ok := s.closed[i]; ok {
		return d
	}
	return s.hash(i)
}

func (s *TypeSpace) hash(i uint32) digest {
	t := s.defs[i]
	h := sha256.New()
	var word [4]byte
	put := func(v uint32) {
		binary.LittleEndian.PutUint32(word[:], v)
		h.Write(word[:])
	}
	put(uint32(len(t.Params)))
	for _, list := range [2][]ValType{t.Params, t.Results} {
		for _, v := range list {
			j, defined := v.TypeIndex()
			if !defined {
				put(uint32(v))
				continue
			}
			put(uint32(v &^ indexMask))
			d := s.digest(j)
			h.Write(d[:])
		}
	}
	return digest(h.Sum(nil))
}

// sameDef reports whether type i of as and type j of bs are one type.
func sameDef(as *TypeSpace, i uint32, bs *TypeSpace, j uint32) bool {
	if as == bs {
		return as == nil && i == j || as != nil && as.same(i, j)
	}
	if as == nil || bs == nil || int(i) >= as.Len() || int(j) >= bs.Len() {
		return false
	}
	return as.digest(i) == bs.digest(j)
}
