package cli

import (
	"fmt"

	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
)

const mib = 1 << 20

// What a pod takes besides its guests' memories, in bytes. Measured: serving a composition
// of three small components takes 22, 54 and 78 MB of its own with 4, 64 and 200 clients.
const (
	hostMemory    = 32 * mib
	requestMemory = mib / 4
	// codeFactor is how many bytes of machine code and tables a byte of a module becomes:
	// 4 to 8.
	codeFactor = 6
)

// Defaults of how many requests at once an estimate is for.
const (
	mostRequests  = 100
	leastRequests = 4
	// roomForRequests is how much they may have together before they are fewer.
	roomForRequests = 512 * mib
)

// memory is what a pod of a composition is estimated to need, in bytes.
type memory struct {
	code int64
	// shared are the memories of singletons, request those that one request's instances
	// begin with, and what the host has for it.
	shared, request int64
	requests        int64
}

// estimate adds up what is known of a composition that has not run. requests is how many at
// once, 0 for a number that fits it.
func estimate(p *plan.Plan, h *manifest.HTTP, serves bool, requests int) memory {
	e := memory{requests: int64(requests)}
	initial := make([]int64, len(p.Modules))
	for i, m := range p.Modules {
		e.code += codeFactor * int64(len(m.Bytes))
		if module, err := core.Decode(m.Bytes, 0); err == nil {
			for _, mem := range module.Memories {
				initial[i] += int64(mem.Min) << 16
			}
		}
	}
	for _, s := range p.Steps {
		if c := p.Instances[s.Instance].Component; c >= 0 && p.Components[c].Store > 0 {
			e.shared += initial[s.Module]
		} else {
			e.request += initial[s.Module]
		}
	}
	switch {
	case !serves:
		e.requests = 1
		return e
	case e.requests == 0:
		e.requests = mostRequests
		if h != nil && h.Limits.Requests > 0 {
			e.requests = min(e.requests, int64(h.Limits.Requests))
		}
		e.requests = min(e.requests, max(leastRequests, roomForRequests/(e.request+requestMemory)))
	}
	e.request += requestMemory
	return e
}

func (e memory) total() int64 { return hostMemory + e.code + e.shared + e.requests*e.request }

// limit is a quantity of Kubernetes', a multiple of 16 MiB.
func (e memory) limit() string {
	return fmt.Sprintf("%dMi", max(64, (e.total()+16*mib-1)/(16*mib)*16))
}

// comment says where the limit comes from.
func (e memory) comment() string {
	size := func(n int64) string { return fmt.Sprintf("%.1f MiB", float64(n)/mib) }
	return fmt.Sprintf("An estimate: %s for sidecall, %s of compiled code, %s that all requests share, and %d at once with %s each, which may grow. Look at what it uses, and say --memory.",
		size(hostMemory), size(e.code), size(e.shared), e.requests, size(e.request))
}
