package budget

import "sync"

// Limits are what a process may have, before anything of it is used.
type Limits struct {
	// Memory is what the guests, and what requests keep in the host, may take
	// together, in bytes; AddressSpace what may be reserved for linear memories.
	Memory, AddressSpace uint64
	// Mappings is the number of mappings of memory, as /proc/self/maps lists them.
	Mappings uint64
	// Descriptors is the number of files, sockets and connections.
	Descriptors uint64
	// MemoryFrom says where Memory comes from, for messages: "the machine's memory".
	MemoryFrom string
}

// Process is what one process may have. Its quotas are the last of each chain.
type Process struct {
	Memory, AddressSpace, Mappings, Descriptors *Quota
}

var standard = sync.OnceValue(func() *Process { return NewProcess(Detect()) })

// Default is the budget of this process: of what the system lets it have, less a
// reserve for Go itself and for what must always work. Every host.Config without a
// budget of its own has this one.
func Default() *Process { return standard() }

// NewProcess makes a budget with limits; those that are 0 are not limited.
func NewProcess(l Limits) *Process {
	quota := func(what string, unit Unit, limit uint64, change string) *Quota {
		if limit == 0 {
			limit = Unlimited
		}
		return New(Spec{Owner: "this process", What: what, Unit: unit, Limit: limit, Change: change})
	}
	from := l.MemoryFrom
	if from == "" {
		from = "the machine's memory"
	}
	return &Process{
		Memory:       quota("memory for guests", Bytes, l.Memory, from),
		AddressSpace: quota("address space for memories", Bytes, l.AddressSpace, "ulimit -v"),
		Mappings:     quota("mappings of memory", Things, l.Mappings, "sysctl vm.max_map_count"),
		Descriptors:  quota("file descriptors for guests and connections", Things, l.Descriptors, "ulimit -n"),
	}
}

// Composition returns quotas of a composition, each a part of the process's one and as large.
func (p *Process) Composition(name string) *Process {
	part := func(q *Quota) *Quota {
		s := q.spec
		s.Owner, s.Parent = "composition "+name, q
		return New(s)
	}
	return &Process{part(p.Memory), part(p.AddressSpace), part(p.Mappings), part(p.Descriptors)}
}
