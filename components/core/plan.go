package core

// funcPlan is where the checks of one function go.
type funcPlan struct {
	// entry is what the check at the function's entry counts; 0 for none.
	entry int32
	// exit is what the check at the function's end counts; 0 for none.
	exit int32
	// loops are the function's loops in the order of their beginnings.
	loops []loopPlan
	// stops are positions in the body in front of which the check is called, whatever the count.
	stops []int
	// cost is what callers count for a call, besides the call itself.
	cost int
	// checks is set if a check may happen before a call of the function returns.
	checks bool
}

// loopPlan is one loop. weight is what the check at its head counts; 0 for a loop that cannot be reached.
type loopPlan struct {
	weight int32
	// unroll is how many copies of the body share the check; below 2 for none.
	unroll     int
	start, end int // of the body in the function: behind the loop instruction, and its end instruction
}

// planner finds, for one body after the other, the heaviest paths.
//
// A region is a function or a loop, without the loops inside it. Control flow goes forward except to
// loop heads, so between two passes of a region's head each of its instructions runs at most once, and
// the heaviest path through the region bounds the work. The check at the head counts it in advance.
//
// What was counted in advance can be outlived: a frame that waits for a call to return has paid for its
// rest, and then a check inside the call begins to count anew. As many frames as the stack holds may
// then return one after the other. The check at a function's exit therefore counts the rest behind a
// call a second time, unless it is so small that all frames together do not matter.
type planner struct {
	m       *Module
	plans   []funcPlan
	scans   []funcScan
	breaks  []bool
	r       instReader
	frames  []pathFrame
	regions []pathRegion
	fp      *funcPlan
	live    bool // the current instruction can be reached
	prev    inst // the instruction before, for lengths that are constant
}

// path is the work on the heaviest of the paths to a place, from the head of its region.
type path struct {
	cost int // -1 if the place cannot be reached
	tail int // the part behind a call that may check; -1 if there is none
}

func (p path) join(q path) path { return path{max(p.cost, q.cost), max(p.tail, q.tail)} }

var noPath = path{-1, -1}

// pathFrame is a block that is open.
type pathFrame struct {
	op      Opcode
	region  int   // the region it is in; for a loop, the one it makes
	loop    int   // for a loop: its position in loops
	entered path  // at its beginning
	live    bool  // it can be reached
	out     path  // joined from the branches to its end
	catches []int // the frames at whose ends the clauses of a try_table arrive
}

// pathRegion is a region that is open.
type pathRegion struct {
	path        // to the current instruction, or to the inner loop that it is in
	max    path // the highest so far
	inner  int  // the highest rest of the loops inside: see rest
	nested bool // there is a loop in it
	calls  bool // there is a call in it that may check
}

// rest is what a frame that waits in the region may still do of what has been counted in advance.
func (r *pathRegion) rest() int { return max(r.max.tail, 0) + r.inner }

// plan is called callees first: see callGraph. cyclic and depth are what the call graph says.
func (p *planner) plan(self int, cyclic bool, depth int) {
	p.fp = &p.plans[self]
	p.frames, p.live, p.prev = p.frames[:0], true, inst{}
	p.regions = append(p.regions[:0], pathRegion{path: path{0, -1}, max: path{0, -1}})
	p.push(pathFrame{op: OpBlock})
	p.r.reset(p.m.Bodies[self].Insts, 0, p.m.limits)
	for len(p.frames) > 0 && p.r.next() {
		p.step(&p.r.in)
		p.prev = p.r.in
	}
	fp, region := p.fp, &p.regions[0]
	limit := maxLeaf
	if p.scans[self].escapes {
		limit = maxEscaping
	}
	if p.breaks[self] || region.max.cost > limit {
		fp.entry = int32(max(region.max.cost, 1))
	} else {
		fp.cost = region.max.cost
	}
	allowed := maxTail
	if !cyclic {
		allowed = max(maxTail, chainTail/depth)
	}
	if rest := region.rest(); region.calls && rest > allowed {
		fp.exit = int32(min(rest, 2*maxStretch))
	}
	fp.checks = fp.checks || region.calls || fp.entry > 0 || len(fp.loops) > 0
}

func (p *planner) push(f pathFrame) {
	f.region = len(p.regions) - 1
	f.out, f.live, f.entered = noPath, p.live, p.regions[f.region].path
	p.frames = append(p.frames, f)
}

// add lets the current path pass work, with a stop before it where the path has become too long.
func (p *planner) add(in *inst, cost int) {
	if !p.live || cost == 0 {
		return
	}
	region := &p.regions[len(p.regions)-1]
	if region.cost+cost > maxStretch {
		p.fp.stops = append(p.fp.stops, in.start)
		p.calls()
		region.cost = 0
	}
	region.cost += cost
	if region.tail >= 0 {
		region.tail += cost
	}
	region.max = region.max.join(region.path)
}

// branch notes that the current path may continue at the end of the frame that many labels out. A branch
// to a loop's head needs no note: the head counts for itself.
func (p *planner) branch(label uint32) {
	f := &p.frames[len(p.frames)-1-int(label)]
	if p.live && f.op != OpLoop {
		f.out = f.out.join(p.regions[f.region].path)
	}
}

func (p *planner) step(in *inst) {
	p.add(in, p.cost(in))
	switch in.op {
	case OpBlock, OpIf:
		p.push(pathFrame{op: in.op})
	case OpTryTable:
		p.tryTable()
	case OpLoop:
		p.loop(in)
	case OpElse:
		f := &p.frames[len(p.frames)-1]
		if p.live {
			f.out = f.out.join(p.regions[f.region].path)
		}
		p.regions[f.region].path, p.live, f.op = f.entered, f.live, OpElse
	case OpEnd:
		p.end(in)
	case OpBr:
		p.branch(in.a)
		p.live = false
	case OpBrIf, OpBrOnNull, OpBrOnNonNull:
		p.branch(in.a)
	case OpBrTable:
		for _, l := range p.r.labels {
			p.branch(l)
		}
		p.live = false
	case OpReturn, OpUnreachable, OpThrow, OpThrowRef, OpReturnCall, OpReturnCallIndirect, OpReturnCallRef:
		p.live = false
	}
}

// cost is what an instruction counts, and notes calls that may check.
func (p *planner) cost(in *inst) int {
	const call = 4
	switch in.op {
	case OpCall, OpReturnCall:
		d := int(in.a) - p.m.importedFuncs
		if d < 0 {
			p.calls()
			return call + maxEscaping
		}
		if p.plans[d].checks || p.breaks[d] {
			p.calls()
		}
		return call + p.plans[d].cost
	case OpCallIndirect, OpReturnCallIndirect, OpCallRef, OpReturnCallRef:
		p.calls()
		return 2*call + maxEscaping
	}
	kind, cost := bulkOf(p.m, &p.prev, in)
	if kind == bulkCalled || kind == bulkTested {
		p.calls()
	}
	if kind != bulkNone {
		return cost
	}
	return opCost(in)
}

// calls notes a call inside which a check may happen.
func (p *planner) calls() {
	if !p.live {
		return
	}
	for i := range p.regions {
		r := &p.regions[i]
		r.calls, r.tail = true, max(r.tail, 0)
		r.max.tail = max(r.max.tail, 0)
	}
}

func (p *planner) loop(in *inst) {
	p.regions[len(p.regions)-1].nested = true
	p.regions = append(p.regions, pathRegion{path: path{0, -1}, max: path{0, -1}})
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

func (p *planner) end(in *inst) {
	f := p.frames[len(p.frames)-1]
	p.frames = p.frames[:len(p.frames)-1]
	switch f.op {
	case OpLoop:
		p.endLoop(f, in)
		return
	case OpIf:
		if f.live {
			f.out = f.out.join(f.entered)
		}
	case OpTryTable:
		p.caught(f)
	}
	region := &p.regions[f.region]
	if p.live {
		f.out = f.out.join(region.path)
	}
	p.live = f.out.cost >= 0
	region.path = path{max(f.out.cost, 0), f.out.tail}
}

// caught lets the clauses of a try_table arrive: an exception may come from anywhere inside.
func (p *planner) caught(f pathFrame) {
	if !f.live {
		return
	}
	for _, t := range f.catches {
		if to := &p.frames[t]; to.op != OpLoop {
			to.out = to.out.join(p.regions[to.region].max)
		}
	}
}

func (p *planner) endLoop(f pathFrame, in *inst) {
	region := p.regions[f.region]
	p.regions = p.regions[:f.region]
	l := &p.fp.loops[f.loop]
	l.end = in.start
	if !f.live {
		return
	}
	l.weight = int32(max(region.max.cost, 1))
	if region.calls {
		outer := &p.regions[f.region-1]
		outer.inner = max(outer.inner, region.rest())
		p.lateCalls()
	}
	if !region.nested && !region.calls {
		l.unroll = unrolling(region.max.cost, l.end-l.start)
	}
}

// lateCalls corrects the branches out of a loop that were noted before a call in it: the call may have
// happened in the round before.
func (p *planner) lateCalls() {
	for i := range p.frames {
		if f := &p.frames[i]; f.out.cost >= 0 {
			f.out.tail = max(f.out.tail, 0)
		}
	}
}

// unrolling is how many copies of a loop's body share a check.
func unrolling(weight, size int) int {
	switch {
	case size > 96:
		return 0
	case weight <= 24:
		return 4
	case weight <= 64:
		return 2
	}
	return 0
}
