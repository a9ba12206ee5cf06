package core

// threader finds branches that can go straight to where they end up.
//
// Some compilers (Go's is one) number the parts of a function, and jump by setting a local to the number
// and branching to a loop around all parts, which begins by selecting the part:
//
//	loop $l
//	  block block block
//	    local.get $x
//	    br_table 0 1 2
//	  end
//	  part 1
//	  ...
//	    i32.const 2
//	    local.set $x
//	    br $l
//
// If the wanted part is further down, the branch can leave the blocks in front of it instead. That saves
// the selection, and the check at the loop's head, which would otherwise be passed by jumps that repeat
// nothing.
//
// Branches that enter a repetition (a part to which a later branch goes back) anywhere but at its first
// part stay: the engine keeps what such a repetition changes in memory rather than in registers.
//
// It is fed with every instruction in order: in a first round, to learn where branches go, and then in
// every round in which labels are wanted.
type threader struct {
	frames []threadFrame
	// begins is set between a loop's beginning and the first instruction that is not part of the selection.
	begins bool
	// selector is the local that was pushed in front of br_table; valid if selects.
	selector uint32
	selects  bool
	// set is a constant assignment just before.
	set assignment
	// learning is set in the first round, which collects jumps and where the blocks end that they go to.
	learning bool
	ends     map[int]int
	jumps    []threadJump
	direct   map[int]bool // the positions of those that are replaced
}

type assignment struct {
	constant, assigned bool
	local              uint32
	value              uint64
}

// threadFrame is an open block.
type threadFrame struct {
	start  int // of its instruction, which tells it from others at the same depth
	plain  bool
	loop   bool
	local  uint32
	target []threadTarget // of a loop that begins with a selection: the frames, the default's last
}

type threadTarget struct{ frame, start int }

// threadJump is a branch whose target is selected by a constant: from a position to the end of the block
// that starts at another.
type threadJump struct{ pos, start int }

// maxThreadJumps is the number of such branches up to which a function is looked at.
const maxThreadJumps = 600

// learn is the first round over a body.
func (t *threader) learn(r *instReader) {
	t.direct, t.jumps, t.learning = nil, t.jumps[:0], true
	clear(t.ends)
	t.reset()
	for len(t.frames) > 0 && r.next() {
		t.see(&r.in, r.labels)
	}
	t.learning = false
	if n := len(t.jumps); n == 0 || n > maxThreadJumps {
		return
	}
	t.direct = map[int]bool{}
	var back []threadJump
	for _, j := range t.jumps {
		if t.ends[j.start] <= j.pos {
			back = append(back, j)
		}
	}
	for _, j := range t.jumps {
		if to := t.ends[j.start]; to > j.pos && !t.entersRepetition(back, j.pos, to) {
			t.direct[j.pos] = true
		}
	}
}

// entersRepetition reports whether a branch goes into what one of back repeats, but not to its beginning.
func (t *threader) entersRepetition(back []threadJump, from, to int) bool {
	for _, b := range back {
		if first := t.ends[b.start]; from < first && first < to && to <= b.pos {
			return true
		}
	}
	return false
}

func (t *threader) reset() {
	t.frames = append(t.frames[:0], threadFrame{start: -1})
	t.clear()
}

func (t *threader) clear() { t.begins, t.selects, t.set = false, false, assignment{} }

// again goes back to the beginning of the body of the loop that is open.
func (t *threader) again() {
	t.clear()
	t.begins = t.frames[len(t.frames)-1].plain
}

// see takes the next instruction, and returns the label of a branch, which may be another than the
// instruction's.
func (t *threader) see(in *inst, labels []uint32) uint32 {
	label := in.a
	begins, selects, set := t.begins, t.selects, t.set
	t.clear()
	switch in.op {
	case OpLoop, OpBlock, OpIf, OpTryTable:
		plain := in.block == blockType{}
		t.frames = append(t.frames, threadFrame{start: in.start, plain: plain && in.op != OpIf, loop: in.op == OpLoop})
		t.begins = plain && (in.op == OpLoop || begins && in.op == OpBlock)
	case OpEnd:
		if t.learning {
			t.ended(in)
		}
		t.frames = t.frames[:len(t.frames)-1]
	case OpLocalGet:
		t.selects, t.selector = begins, in.a
	case OpBrTable:
		if selects {
			t.selection(labels)
		}
	case OpI32Const:
		t.set.constant, t.set.value = true, in.v
	case OpLocalSet:
		if set.constant {
			t.set = set
			t.set.assigned, t.set.local = true, in.a
		}
	case OpBr:
		if set.assigned {
			label = t.thread(in, set)
		}
	}
	return label
}

// ended notes where a block ends that a selection goes to.
func (t *threader) ended(in *inst) {
	start := t.frames[len(t.frames)-1].start
	if _, wanted := t.ends[start]; wanted {
		t.ends[start] = in.start
	}
}

// selection notes the br_table at the beginning of the innermost loop.
func (t *threader) selection(labels []uint32) {
	at := len(t.frames) - 1
	for at > 0 && !t.frames[at].loop {
		at--
	}
	loop := &t.frames[at]
	loop.local, loop.target = t.selector, nil
	if len(labels) > maxThreadJumps {
		return
	}
	if t.ends == nil {
		t.ends = map[int]int{}
	}
	for _, l := range labels {
		to := len(t.frames) - 1 - int(l)
		start := t.frames[to].start
		loop.target = append(loop.target, threadTarget{to, start})
		if t.learning {
			t.ends[start] = 0
		}
	}
}

// thread is the label by which a branch gets directly to the selected part.
func (t *threader) thread(in *inst, set assignment) uint32 {
	at := len(t.frames) - 1 - int(in.a)
	f := &t.frames[at]
	if len(f.target) == 0 || f.local != set.local {
		return in.a
	}
	to := f.target[min(set.value, uint64(len(f.target)-1))]
	if t.learning {
		t.jumps = append(t.jumps, threadJump{in.start, to.start})
		return in.a
	}
	if !t.direct[in.start] || to.frame <= at || to.frame >= len(t.frames) {
		return in.a
	}
	if g := &t.frames[to.frame]; g.start != to.start || !g.plain || g.loop {
		return in.a
	}
	return uint32(len(t.frames) - 1 - to.frame)
}
