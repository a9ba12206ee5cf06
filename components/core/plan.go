package core

// funcPlan is where the checks of one function go.
type funcPlan struct {
	// inserts are the checks in front of instructions, in the order of the body.
	inserts []insert
	// loops are the function's loops in the order of their beginnings.
	loops []loopPlan
	// direct are the branches that the threader replaces.
	direct map[int]bool
	// cost is what callers count for a call, besides the call itself.
	cost int
	// planned is set when cost and checks are valid.
	planned bool
	// checks is set if a check may happen before a call of the function returns.
	checks bool
}

// insert is a check in front of the instruction at pos.
type insert struct {
	pos    int
	weight int32
}

// loopPlan is one loop. weight is what the check at its head counts; 0 for a loop that cannot be reached.
type loopPlan struct {
	weight int32
	// unroll is how many copies of the body share the check; below 2 for none.
	unroll     int
	start, end int // of the body in the function: behind the loop instruction, and its end instruction
}

// planner finds, for one body after the other, the heaviest paths, and puts checks on them. Every piece of
// work is counted in advance, by the check before it:
//
//   - A region is a function or a loop, without the loops inside it. Control flow goes forward except to
//     loop heads, so between two passes of a region's head each of its instructions runs at most once.
//   - A loop's head has a check.
//   - What a function does before its first check is counted by its callers. A path that becomes too
//     heavy gets a check in between, and in functions that recursion has to pass, so does every call that
//     would be the first check on its path.
//   - All checks of a region count the same: the heaviest path from a check to the next.
//
// What was counted in advance can be outlived: a frame that waits for a call to return has paid for its
// rest, and then a check inside the call begins to count anew. As many frames as the stack holds may
// then return one after the other. So the rest behind a call is counted again where the function is
// left, unless it is so small that all frames together do not matter.
type planner struct {
	m       *Module
	plans   []funcPlan
	scans   []funcScan
	breaks  []bool
	r       instReader
	frames  []pathFrame
	regions []pathRegion
	fp      *funcPlan
	breaker bool   // recursion has to pass the function
	limit   int    // work that callers may count for the function
	allowed int    // rests up to this need no check
	live    bool   // the current instruction can be reached
	guessed bool   // a callee was not planned yet
	prev    inst   // the instruction before, for lengths that are constant
	placed  []slot // checks whose weight is not known yet
	growth  int    // how many bytes copies of loops may still add
	copied  int    // how many loops are copied
	jumps   threader
}

// slot is a check that is placed: which of fp.inserts, and in which open region.
type slot struct{ insert, region int }

// path is the work on the heaviest of the paths to a place.
type path struct {
	fresh int // from the function's entry, on paths without a check; -1 if there is none
	cost  int // from the last check, on the other paths; -1 if there is none
	tail  int // behind a call that may check, if there was no check since; -1 if there is none
}

func (p path) join(q path) path {
	return path{max(p.fresh, q.fresh), max(p.cost, q.cost), max(p.tail, q.tail)}
}

var (
	noPath     = path{-1, -1, -1}
	atEntry    = path{0, -1, -1}
	afterCheck = path{-1, 0, -1}
)

// pathFrame is a block that is open.
type pathFrame struct {
	op      Opcode
	region  int   // the region it is in; for a loop, the one it makes
	loop    int   // for a loop: its position in loops
	entered path  // at its beginning
	live    bool  // it can be reached
	arrived bool  // there is a branch to its end
	out     path  // joined from the branches to its end
	catches []int // the frames at whose ends the clauses of a try_table arrive
}

// pathRegion is a region that is open.
type pathRegion struct {
	path         // to the current instruction, or to the inner loop that it is in
	max    path  // the highest so far
	inner  int   // the highest rest of the loops inside: see rest
	nested bool  // there is a loop in it
	calls  bool  // there is a call in it that may check
	left   []int // the frames to whose ends branches leave it
}

// rest is what a frame that waits in the region may still do of what has been counted in advance.
func (r *pathRegion) rest() int { return max(r.max.tail, 0) + r.inner }

// plan is called callees first: see callGraph. cyclic and depth are what the call graph says.
func (p *planner) plan(self int, cyclic bool, depth int) {
	p.fp = &p.plans[self]
	p.fp.inserts, p.fp.loops = p.fp.inserts[:0], p.fp.loops[:0]
	p.frames, p.live, p.prev, p.placed = p.frames[:0], true, inst{}, p.placed[:0]
	p.copied, p.growth = 0, 256+len(p.m.Bodies[self].Insts)/4
	p.breaker, p.limit, p.allowed = p.breaks[self], maxPath, maxTail
	if p.breaker || p.scans[self].escapes {
		p.limit = maxFresh
	}
	if !cyclic {
		p.allowed = max(maxTail, chainTail/depth)
	}
	p.regions = append(p.regions[:0], pathRegion{path: atEntry, max: atEntry})
	p.push(pathFrame{op: OpBlock})
	if !p.fp.planned {
		p.r.reset(p.m.Bodies[self].Insts, 0, p.m.limits)
		p.jumps.learn(&p.r)
		p.fp.direct = p.jumps.direct
	}
	p.jumps.direct = p.fp.direct
	p.jumps.reset()
	p.r.reset(p.m.Bodies[self].Insts, 0, p.m.limits)
	for len(p.frames) > 0 && p.r.next() {
		p.step(&p.r.in)
		p.prev = p.r.in
	}
	fp, region := p.fp, &p.regions[0]
	p.weigh(0)
	fp.cost = max(region.max.fresh, 0)
	fp.checks = region.calls || len(fp.inserts) > 0 || len(fp.loops) > 0
	fp.planned = true
}

// weigh gives the checks of a region that ends their weight, and returns it.
func (p *planner) weigh(region int) int32 {
	weight := int32(max(p.regions[region].max.cost, 1))
	for n := len(p.placed); n > 0 && p.placed[n-1].region == region; n-- {
		p.fp.inserts[p.placed[n-1].insert].weight = weight
		p.placed = p.placed[:n-1]
	}
	return weight
}

func (p *planner) push(f pathFrame) {
	f.region = len(p.regions) - 1
	f.out, f.live, f.entered = noPath, p.live, p.regions[f.region].path
	p.frames = append(p.frames, f)
}

func (p *planner) current() *pathRegion { return &p.regions[len(p.regions)-1] }

// place puts a check in front of the instruction.
func (p *planner) place(in *inst) {
	p.placed = append(p.placed, slot{len(p.fp.inserts), len(p.regions) - 1})
	p.fp.inserts = append(p.fp.inserts, insert{pos: in.start})
	p.current().path = afterCheck
}

// add lets the current path pass work, with a check before it where the path has become too heavy.
func (p *planner) add(in *inst, cost int) {
	if !p.live || cost == 0 {
		return
	}
	region := p.current()
	if region.fresh >= 0 && region.fresh+cost > p.limit || region.cost >= 0 && region.cost+cost > maxPath {
		p.place(in)
	}
	for _, v := range [...]*int{&region.fresh, &region.cost, &region.tail} {
		if *v >= 0 {
			*v += cost
		}
	}
	region.max = region.max.join(region.path)
}

func (p *planner) step(in *inst) {
	label := p.jumps.see(in, p.r.labels)
	cost, checks := p.cost(in)
	if in.op == OpReturnCall || in.op == OpReturnCallIndirect || in.op == OpReturnCallRef {
		p.leaveByCall(in, cost)
	}
	if checks && p.live && p.breaker && p.current().fresh >= 0 {
		p.place(in)
	}
	p.add(in, cost)
	if checks {
		p.calls()
	}
	switch in.op {
	case OpBlock, OpIf:
		p.push(pathFrame{op: in.op})
	case OpTryTable:
		p.tryTable()
	case OpLoop:
		p.loop(in)
	case OpElse:
		p.elseBranch()
	case OpEnd:
		p.end(in)
	case OpBr, OpBrIf, OpBrOnNull, OpBrOnNonNull:
		p.branch(in, label)
		p.live = p.live && in.op != OpBr
	case OpBrTable:
		p.branch(in, p.r.labels...)
		p.live = false
	case OpReturnCall, OpReturnCallIndirect, OpReturnCallRef:
		p.live = false
	case OpReturn:
		p.leave(in)
		p.live = false
	case OpUnreachable, OpThrow, OpThrowRef:
		p.live = false
	}
}

// branch notes that the current path may continue at the ends of the frames that many labels out. A
// branch to a loop's head needs no note: the head counts for itself.
func (p *planner) branch(in *inst, labels ...uint32) {
	if !p.live {
		return
	}
	leaves := false
	for _, l := range labels {
		leaves = leaves || int(l) == len(p.frames)-1
	}
	if leaves {
		p.leave(in)
	}
	for _, l := range labels {
		at := len(p.frames) - 1 - int(l)
		if f := &p.frames[at]; f.op != OpLoop {
			f.arrive(p.regions[f.region].path)
			if r := p.current(); f.region < len(p.regions)-1 {
				r.left = append(r.left, at)
			}
		}
	}
}

func (f *pathFrame) arrive(p path) { f.out, f.arrived = f.out.join(p), true }

// rest is what the current path has done behind a call without that it was counted since; -1 without
// a call.
func (p *planner) rest() int {
	rest := -1
	for i := range p.regions {
		if r := &p.regions[i]; r.tail >= 0 {
			rest = max(rest, 0) + r.tail + r.inner
		}
	}
	return rest
}

// leave counts the rest where the function may be left.
func (p *planner) leave(in *inst) { p.leaveWith(in, p.rest()) }

// leaveByCall is leave for a call that takes the frame's place, which itself counts to the rest.
func (p *planner) leaveByCall(in *inst, cost int) {
	if rest := p.rest(); rest >= 0 {
		p.leaveWith(in, rest+cost)
	}
}

func (p *planner) leaveWith(in *inst, rest int) {
	if !p.live || rest <= p.allowed {
		return
	}
	p.fp.inserts = append(p.fp.inserts, insert{in.start, int32(rest)})
	for i := range p.regions {
		p.regions[i].tail = min(p.regions[i].tail, 0)
	}
}

// cost is what an instruction counts, and whether it is a call inside which a check may happen.
func (p *planner) cost(in *inst) (cost int, checks bool) {
	const call = 2
	switch in.op {
	case OpCall, OpReturnCall:
		d := int(in.a) - p.m.importedFuncs
		if d < 0 {
			return call + maxFresh, true
		}
		if callee := &p.plans[d]; callee.planned {
			return call + callee.cost, callee.checks
		}
		p.guessed = true
		return call + maxFresh, true
	case OpCallIndirect, OpReturnCallIndirect, OpCallRef, OpReturnCallRef:
		return 3*call + maxFresh, true
	}
	if kind, cost := bulkOf(p.m, &p.prev, in); kind != bulkNone {
		return cost, kind != bulkKept
	}
	return opCost(in), false
}

// calls notes that a check may have happened in a call.
func (p *planner) calls() {
	if !p.live {
		return
	}
	for i := len(p.regions) - 1; i >= 0; i-- {
		r := &p.regions[i]
		if r.calls && r.tail >= 0 {
			break // The regions around it have been told, and are where they were.
		}
		r.calls, r.tail = true, max(r.tail, 0)
		r.max.tail = max(r.max.tail, 0)
	}
}

func (p *planner) loop(in *inst) {
	p.current().nested = true
	p.regions = append(p.regions, pathRegion{path: afterCheck, max: afterCheck})
	p.push(pathFrame{op: OpLoop, loop: len(p.fp.loops)})
	p.fp.loops = append(p.fp.loops, loopPlan{start: in.end})
}

func (p *planner) tryTable() {
	// Clauses count labels from outside the try_table.
	var targets []int
	for _, c := range p.r.catches {
		targets = append(targets, len(p.frames)-1-int(c.label))
	}
	p.push(pathFrame{op: OpTryTable, catches: targets})
}

func (p *planner) elseBranch() {
	f := &p.frames[len(p.frames)-1]
	if p.live {
		f.arrive(p.regions[f.region].path)
	}
	p.regions[f.region].path, p.live, f.op = f.entered, f.live, OpElse
}

func (p *planner) end(in *inst) {
	if len(p.frames) == 1 {
		p.leave(in)
	}
	f := p.frames[len(p.frames)-1]
	p.frames = p.frames[:len(p.frames)-1]
	switch f.op {
	case OpLoop:
		p.endLoop(f, in)
		return
	case OpIf:
		if f.live {
			f.arrive(f.entered)
		}
	case OpTryTable:
		p.caught(f)
	}
	region := &p.regions[f.region]
	if p.live {
		f.arrive(region.path)
	}
	p.live, region.path = f.arrived, f.out
}

// caught lets the clauses of a try_table arrive: an exception may come from anywhere inside.
func (p *planner) caught(f pathFrame) {
	if !f.live {
		return
	}
	for _, t := range f.catches {
		if to := &p.frames[t]; to.op != OpLoop {
			to.arrive(p.regions[to.region].max)
		}
	}
}

func (p *planner) endLoop(f pathFrame, in *inst) {
	weight := p.weigh(f.region)
	region := p.regions[f.region]
	p.regions = p.regions[:f.region]
	l := &p.fp.loops[f.loop]
	l.end = in.start
	if !f.live {
		return // And nothing in it can be reached.
	}
	l.weight = weight
	if region.calls {
		outer := p.current()
		outer.inner = max(outer.inner, region.rest())
	}
	p.lateCalls(&region)
	if !region.nested && !region.calls {
		p.unroll(l, region.max.cost)
	}
}

// lateCalls corrects the branches out of a loop that were noted before a call in it: the call may have
// happened in the round before.
func (p *planner) lateCalls(loop *pathRegion) {
	outer := p.current()
	for _, at := range loop.left {
		f := &p.frames[at]
		if loop.calls {
			f.out.tail = max(f.out.tail, 0)
		}
		if f.region < len(p.regions)-1 {
			outer.left = append(outer.left, at)
		}
	}
}

// unroll decides how many copies of a loop's body share a check: enough to make the check cheap, and few
// enough for the function to grow little, since the compiler's time grows faster than that.
func (p *planner) unroll(l *loopPlan, weight int) {
	size, copies := l.end-l.start, 0
	switch {
	case size > 256:
	case weight <= 48:
		copies = 4
	case weight <= 160:
		copies = 2
	}
	if added := (copies - 1) * size; copies > 1 && added <= p.growth && p.copied < maxCopied {
		p.growth -= added
		p.copied++
		l.unroll = copies
	}
}
