package core

import "sort"

// localTypes is the types of a function's parameters and locals. The first are laid out for quick
// access; the others are searched for in their declarations, since three bytes can declare thousands.
type localTypes struct {
	first []ValType
	runs  []LocalRun
	ends  []uint32 // index behind each run
	total int

	// inits are the locals without a default value that have been set in the blocks that are open, and
	// isSet is the same as a set. Parameters are always set.
	inits  []uint32
	isSet  map[uint32]bool
	params int
}

const laidOut = 256

func (l *localTypes) reset(params []ValType, runs []LocalRun) {
	l.first = append(l.first[:0], params...)
	l.runs, l.ends, l.inits = runs, l.ends[:0], l.inits[:0]
	end := uint32(len(params))
	for _, run := range runs {
		end += run.Count
		l.ends = append(l.ends, end)
		for n := run.Count; n > 0 && len(l.first) < laidOut; n-- {
			l.first = append(l.first, run.Type)
		}
	}
	l.total, l.params = int(end), len(params)
	clear(l.isSet)
}

// at is the type of local i; ok is false if there is none.
func (l *localTypes) at(i uint32) (t ValType, ok bool) {
	if int64(i) < int64(len(l.first)) {
		return l.first[i], true
	}
	if int64(i) >= int64(l.total) {
		return 0, false
	}
	run := sort.Search(len(l.ends), func(k int) bool { return l.ends[k] > i })
	return l.runs[run].Type, true
}

func (l *localTypes) initialised(i uint32) bool { return int64(i) < int64(l.params) || l.isSet[i] }

func (l *localTypes) initialise(i uint32) {
	if l.initialised(i) {
		return
	}
	if l.isSet == nil {
		l.isSet = map[uint32]bool{}
	}
	l.isSet[i] = true
	l.inits = append(l.inits, i)
}

// reinit forgets what was set in a block that ends.
func (l *localTypes) reinit(height int) {
	for _, i := range l.inits[height:] {
		delete(l.isSet, i)
	}
	l.inits = l.inits[:height]
}
