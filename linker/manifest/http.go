package manifest

import (
	"slices"
	"time"

	"github.com/sidecall/sidecall/linker/diag"
)

// HTTP says how a composition is served. Zero values stand for the server's own
// defaults.
type HTTP struct {
	Pos diag.Pos
	// Listen is the address, "host:port".
	Listen string
	// Chain is the way of a request: each component gets it from the one before and
	// hands it on, the last is main. It is empty if main alone answers.
	Chain []Provider
	// Cert and Key are files of a certificate and its key in PEM, joined to the
	// manifest's directory. Both or none are given.
	Cert, Key string
	Health    Health
	Limits    HTTPLimits
	Drain     Drain
	// AccessLog says that each request is a line in the log.
	AccessLog bool
}

// Health says where the process tells of its own state.
type Health struct {
	// Listen is the address, empty for none.
	Listen string
	// Liveness and Readiness are paths.
	Liveness, Readiness string
}

// HTTPLimits bound what requests take.
type HTTPLimits struct {
	// Requests are how many run at a time, Queue how many more wait for their turn.
	// Queue is nil if the manifest does not say.
	Requests int
	Queue    *int
	// Connections are how many clients are connected at a time.
	Connections int
	// Deadline is the time for one request, from its header to its answer's end; 0 is
	// any. It is nil if the manifest does not say.
	Deadline *time.Duration
	// Write is how long a client may take nothing of an answer; 0 is for any time. It is
	// nil if the manifest does not say.
	Write *time.Duration
	// Header and Body bound requests, in bytes.
	Header, Body int64
}

// Drain says how serving ends.
type Drain struct {
	// Delay is how long requests are still taken after readiness was withdrawn.
	Delay time.Duration
	// Timeout is how long those under way may take after that. It is nil if the
	// manifest does not say.
	Timeout *time.Duration
}

// Instance says how instances of a component serve requests. What main's says counts
// for all components but those that are Singleton by themselves.
type Instance struct {
	Pos diag.Pos
	// Policy is empty if the manifest does not say.
	Policy InstancePolicy
	// Size is how many instances a pool has at most.
	Size int
	// MaxInvocations is after how many requests an instance is replaced, 0 for never.
	MaxInvocations int
	// IdleTimeout is after what time an instance that is not used is closed, 0 for never.
	IdleTimeout time.Duration
}

// InstancePolicy says which requests share an instance.
type InstancePolicy string

// The policies.
const (
	// PerRequest: none; what one request did, the next never sees.
	PerRequest InstancePolicy = "per-request"
	// Pool: an instance serves one request after the other, several run side by side.
	Pool InstancePolicy = "pool"
	// Singleton: one instance serves all requests, one after the other.
	Singleton InstancePolicy = "singleton"
)

// http builds the section http. What it leaves out is zero.
func (b *builder) http(v *value) {
	if v == nil {
		return
	}
	h := &HTTP{Pos: v.pos}
	h.Listen = v.string("listen")
	if chain := v.get("chain"); chain != nil {
		h.Chain = b.httpChain(chain)
	}
	if tls := v.get("tls"); tls.get("cert") != nil && tls.get("key") != nil {
		h.Cert, h.Key = b.relative(tls.string("cert")), b.relative(tls.string("key"))
	}
	health := v.get("health")
	h.Health = Health{Listen: health.string("listen"), Liveness: health.string("liveness"), Readiness: health.string("readiness")}
	if health != nil && h.Health.Liveness != "" && h.Health.Liveness == h.Health.Readiness {
		b.errorf(health.pos, "", "http.health has one path for liveness and readiness: %s", h.Health.Liveness)
	}
	limits := v.get("limits")
	h.Limits = HTTPLimits{
		Requests: limits.number("requests"), Connections: limits.number("connections"),
		Header: limits.size("header"), Body: limits.size("body"),
	}
	if limits.get("queue") != nil {
		h.Limits.Queue = new(limits.number("queue"))
	}
	if limits.get("deadline") != nil {
		h.Limits.Deadline = new(limits.duration("deadline"))
	}
	if limits.get("write") != nil {
		h.Limits.Write = new(limits.duration("write"))
	}
	if b := v.get("accessLog"); b != nil {
		h.AccessLog = b.yes
	}
	drain := v.get("drain")
	h.Drain.Delay = drain.duration("delay")
	if drain.get("timeout") != nil {
		h.Drain.Timeout = new(drain.duration("timeout"))
	}
	b.m.HTTP = h
}

// httpChain reads the chain and checks its names.
func (b *builder) httpChain(v *value) []Provider {
	var chain []Provider
	for _, item := range v.items {
		p := Provider{item.text, item.pos}
		switch {
		case b.m.Component(p.Name) == nil:
			b.errorf(p.Pos, b.nearName(p.Name, false), "http.chain names %q, but there is no such component", p.Name)
		case slices.ContainsFunc(chain, func(q Provider) bool { return q.Name == p.Name }):
			b.errorf(p.Pos, "give the file a second name under components", "http.chain: %q stands twice in the chain", p.Name)
		default:
			chain = append(chain, p)
		}
	}
	if n := len(chain); n > 0 && n == len(v.items) && b.m.Component(b.m.Main) != nil && chain[n-1].Name != b.m.Main {
		b.errorf(chain[n-1].Pos, "end the chain with "+b.m.Main, "http.chain ends with %s, but the last in a chain is the main component, %s", chain[n-1].Name, b.m.Main)
	}
	return chain
}

// instance builds a component's instance: a policy, or a map that has one.
func (b *builder) instance(component string, v *value) Instance {
	if v == nil {
		return Instance{}
	}
	i := Instance{Pos: v.pos, Policy: InstancePolicy(v.text)}
	if v.text == "" {
		i.Policy = InstancePolicy(v.string("policy"))
		i.Size, i.MaxInvocations, i.IdleTimeout = v.number("size"), v.number("maxInvocations"), v.duration("idleTimeout")
	}
	allowed := map[string]bool{"policy": true, "size": i.Policy == Pool, "maxInvocations": i.Policy != PerRequest, "idleTimeout": i.Policy == Pool}
	for _, e := range v.entries {
		if i.Policy != "" && !allowed[e.key] {
			b.errorf(e.pos, "", "components.%s.instance.%s means nothing with the policy %s", component, e.key, i.Policy)
		}
	}
	return i
}
