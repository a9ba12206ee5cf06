package pool

import (
	"fmt"
	"runtime"
	"time"
)

// Kind says which leases share an instance.
type Kind uint8

// The kinds of policies.
const (
	// PerRequest: none. An instance is made for each lease and closed after it.
	PerRequest Kind = iota
	// Reuse: an instance serves one lease after the other; there are several.
	Reuse
	// Singleton: there is one instance, which serves one lease after the other. Single
	// components that all instances share are part of the host.Composition, not of this.
	Singleton
)

// String names the kind as manifests do.
func (k Kind) String() string { return [...]string{"per-request", "pool", "singleton"}[k] }

// Policy says how instances are used. The zero Policy is PerRequest.
type Policy struct {
	Kind Kind
	// Size is how many instances there are at most, for Reuse. 0 stands for twice the
	// number of processors. Leases beyond wait.
	Size int
	// MaxInvocations is after how many leases an instance is replaced; 0 is never.
	MaxInvocations int
	// IdleTimeout is how long an instance waits for its next lease before it is
	// closed; 0 is for ever. A singleton's state would be lost: it has none.
	IdleTimeout time.Duration
}

func (p Policy) withDefaults() Policy {
	switch {
	case p.Kind == Singleton:
		p.Size, p.IdleTimeout = 1, 0
	case p.Kind == Reuse && p.Size <= 0:
		p.Size = 2 * runtime.GOMAXPROCS(0)
	case p.Kind == PerRequest:
		p.Size, p.MaxInvocations, p.IdleTimeout = 0, 1, 0
	}
	return p
}

// String describes the policy in one line.
func (p Policy) String() string {
	if p = p.withDefaults(); p.Kind == Reuse {
		return fmt.Sprintf("%s of %d", p.Kind, p.Size)
	}
	return p.Kind.String()
}
