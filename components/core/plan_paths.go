package core

// How the planner follows the paths through a body.

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
