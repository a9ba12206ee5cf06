package audit

import (
	"slices"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/linker/graph"
	"github.com/sidecall/sidecall/linker/plan"
)

// ambient are the host's interfaces, or packages, that need no grant.
var ambient = []struct{ prefix, kind string }{
	{"wasi:cli/std", Stdio}, {"wasi:cli/terminal-", Stdio}, {"wasi:clocks/", Clocks}, {"wasi:random/", Random},
	{"wasi:logging/", Log}, {"wasi:otel/", Telemetry},
}

// granted are those that give what is granted, or nothing by themselves.
var granted = []string{"wasi:cli/environment", "wasi:cli/exit", "wasi:io/", "wasi:http/", "wasi:filesystem/", "wasi:sockets/", "wasi:keyvalue/", "wasi:config/"}

const outgoing = "wasi:http/outgoing-handler"

// itself lists what a component reaches by its own calls of the host, and of others, and
// what it was granted in vain. A grant is used by who makes a request.
func itself(g *graph.Graph, c *graph.Component) (reach []Reach, idle []Item) {
	give := func(has bool, passes []string, it Item) {
		if has {
			reach = append(reach, Reach{Item: it, Passes: passes})
		} else {
			idle = append(idle, it)
		}
	}
	for _, f := range c.Grants.Files {
		give(fromHost(c, "wasi:filesystem/preopens"), nil, Item{Kind: Files, Value: f.Host, Guest: f.Guest, ReadOnly: f.ReadOnly})
	}
	passes, sends := way(g, c)
	for _, h := range c.Grants.OutboundHosts {
		give(sends, passes, Item{Kind: OutboundHosts, Value: h})
	}
	for _, s := range c.Grants.Sockets {
		give(fromHost(c, "wasi:sockets/"), nil, Item{Kind: Sockets, Value: s.String()})
	}
	for _, s := range c.Grants.Sockets {
		it := Item{Kind: Names, Value: s.Host}
		if s.Host != "" && fromHost(c, "wasi:sockets/ip-name-lookup") && !slices.ContainsFunc(reach, func(r Reach) bool { return r.Item == it }) {
			give(true, nil, it)
		}
	}
	for _, b := range c.Grants.Buckets {
		give(fromHost(c, "wasi:keyvalue/store"), nil, Item{Kind: KeyValue, Value: b})
	}
	for _, v := range c.Grants.Config {
		give(fromHost(c, "wasi:config/"), nil, Item{Kind: Config, Value: v.Name})
	}
	environment := fromHost(c, "wasi:cli/environment")
	for _, v := range c.Grants.Env {
		give(environment, nil, Item{Kind: Env, Value: v.Name})
	}
	if n := len(c.Grants.Args) - 1; n > 0 { // the first is its name
		give(environment, nil, Item{Kind: Args, Value: strconv.Itoa(n)})
	}
	return append(reach, imported(g, c)...), idle
}

// imported lists what comes with imports alone: what needs no grant, and other components.
func imported(g *graph.Graph, c *graph.Component) []Reach {
	var out []Reach
	for _, e := range c.Imports {
		var it Item
		switch {
		case e.Provider >= 0:
			it = Item{Kind: Components, Value: g.Components[e.Provider].Name, Interface: base(e.Name)}
		case e.Provider == graph.Host:
			if it = fromImport(base(e.Name)); it.Kind == "" {
				continue
			}
		default:
			continue
		}
		if !slices.ContainsFunc(out, func(r Reach) bool { return r.Item == it }) {
			out = append(out, Reach{Item: it})
		}
	}
	slices.SortStableFunc(out, func(a, b Reach) int { return rank(a.Kind) - rank(b.Kind) })
	return out
}

func fromImport(name string) Item {
	for _, a := range ambient {
		if strings.HasPrefix(name, a.prefix) {
			_, last, _ := strings.Cut(name, "/")
			return Item{Kind: a.kind, Value: last}
		}
	}
	for _, p := range granted {
		if strings.HasPrefix(name, p) {
			return Item{}
		}
	}
	return Item{Kind: Interface, Value: name}
}

// kinds is the order in which kinds are told.
var kinds = []string{Files, OutboundHosts, Sockets, Names, KeyValue, Config, Env, Args, Stdio, Clocks, Random, Log, Telemetry, Interface, Components}

func rank(kind string) int { return slices.Index(kinds, kind) }

// fromHost reports whether a component has an interface, or one of a package, from the host.
func fromHost(c *graph.Component, prefix string) bool {
	return slices.ContainsFunc(c.Imports, func(e graph.Import) bool {
		return e.Provider == graph.Host && (base(e.Name) == prefix || strings.HasSuffix(prefix, "/") && strings.HasPrefix(e.Name, prefix))
	})
}

// way follows a request that a component makes: the components that it passes, and
// whether it comes to the host. A component may import the handler in several versions.
func way(g *graph.Graph, c *graph.Component) (passes []string, sends bool) {
	seen := map[int]bool{}
	var follow func(c *graph.Component)
	follow = func(c *graph.Component) {
		for _, e := range c.Imports {
			switch {
			case base(e.Name) != outgoing:
			case e.Provider == graph.Host:
				sends = true
			case e.Provider >= 0 && !seen[e.Provider]:
				seen[e.Provider] = true
				passes = append(passes, g.Components[e.Provider].Name)
				follow(g.Components[e.Provider])
			}
		}
	}
	follow(c)
	return passes, sends
}

// throughOthers lists what the components that component i calls reach for it, each by
// the shortest way of calls.
func throughOthers(g *graph.Graph, i int, own [][]Reach) []Reach {
	type at struct {
		component int
		way       []Step
	}
	var out []Reach
	seen := map[int]bool{i: true}
	for queue := []at{{component: i}}; len(queue) > 0; queue = queue[1:] {
		from := queue[0]
		if from.component != i {
			for _, r := range own[from.component] {
				// Everybody has time and chance, and arguments are of no use to others.
				if r.Kind == Args || r.Kind == Clocks || r.Kind == Random || r.Kind == Components {
					continue
				}
				out = append(out, Reach{Item: r.Item, Through: from.way, Passes: r.Passes})
			}
		}
		for _, e := range g.Components[from.component].Imports {
			if e.Provider >= 0 && !seen[e.Provider] {
				seen[e.Provider] = true
				step := Step{g.Components[e.Provider].Name, base(e.Name)}
				queue = append(queue, at{e.Provider, append(slices.Clip(from.way), step)})
			}
		}
	}
	return out
}

// shared finds what components can pass data by.
func shared(g *graph.Graph, used []bool, own [][]Reach) []Shared {
	out := []Shared{}
	between := map[string][]string{}
	var buckets []string
	for i, c := range g.Components {
		for _, r := range own[i] {
			if r.Kind == KeyValue && !slices.Contains(between[r.Value], c.Name) {
				if between[r.Value] == nil {
					buckets = append(buckets, r.Value)
				}
				between[r.Value] = append(between[r.Value], c.Name)
			}
		}
	}
	for _, b := range buckets {
		out = append(out, Shared{KeyValue, b, between[b], true})
	}
	out = append(out, sharedFiles(g, own)...)
	for i, c := range g.Components {
		var callers []string
		for k, o := range g.Components {
			if used[k] && slices.ContainsFunc(o.Imports, func(e graph.Import) bool { return e.Provider == i }) {
				callers = append(callers, o.Name)
			}
		}
		if used[i] && (len(callers) > 1 || c.Store > 0) {
			out = append(out, Shared{Components, c.Name, append([]string{}, callers...), c.Store > 0})
		}
	}
	return out
}

// sharedFiles finds directories that one can write to, and others see.
func sharedFiles(g *graph.Graph, own [][]Reach) []Shared {
	var out []Shared
	var done []string
	for i := range own {
		for _, w := range own[i] {
			if w.Kind != Files || w.ReadOnly || slices.Contains(done, w.Value) {
				continue
			}
			done = append(done, w.Value)
			var names []string
			for k, c := range g.Components {
				if slices.ContainsFunc(own[k], func(r Reach) bool {
					return r.Kind == Files && (within(r.Value, w.Value) || within(w.Value, r.Value))
				}) {
					names = append(names, c.Name)
				}
			}
			out = append(out, Shared{Files, w.Value, names, true})
		}
	}
	return out
}

// origin parses what a manifest has checked.
func origin(s string) (plan.Origin, bool) {
	o, err := plan.ParseOrigin(s)
	return o, err == nil
}
