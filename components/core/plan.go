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
	p.copied, p.growth = 0, 640+len(p.m.Bodies[self].Insts)/4
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
