package control

import (
	"context"
	"time"
)

// Process is what a process tells of itself. Its methods may be called by several
// goroutines at once.
type Process interface {
	Status() Status
	// Graph is the composition's graph in a format of sidecall graph; ok is false if
	// there is no such format.
	Graph(format string) (text string, ok bool)
	Functions() []Function
	// Call calls an exported function in a fresh instance. It ends with ctx.
	Call(ctx context.Context, r CallRequest) CallReply
	// Drain has a server send its clients away, while it answers all that comes, until it
	// is ended. The error is for a process that serves nothing.
	Drain() error
}

// Status is what a process is doing.
type Status struct {
	PID         int       `json:"pid"`
	Composition string    `json:"composition"`
	Command     string    `json:"command"` // run or serve
	Version     string    `json:"version"`
	Started     time.Time `json:"started"`
	Address     string    `json:"address,omitempty"`
	Draining    bool      `json:"draining,omitempty"`

	Instances Instances `json:"instances"`
	Requests  *Requests `json:"requests,omitempty"` // of a server
	Traps     uint64    `json:"traps"`
	// LostLines are lines of sidecall's own log that were dropped, as who reads it is too
	// slow.
	LostLines  uint64      `json:"lostLines"`
	Components []Component `json:"components"`
	Usage      Usage       `json:"usage"`
}

// Instances are counts of a composition's instances.
type Instances struct {
	// Policy is as manifests have it, "once" for a command that runs.
	Policy string `json:"policy"`
	// Busy are in use, Idle wait for their next use with what they have in memory,
	// Spare are ones that were reset and wait to become others.
	Busy  int `json:"busy"`
	Idle  int `json:"idle"`
	Spare int `json:"spare"`
	// Made and Discarded count since the start: those that were begun to be used, and
	// those that failed and were not used again.
	Made      uint64 `json:"made"`
	Discarded uint64 `json:"discarded"`
}

// Requests are counts of a server's requests.
type Requests struct {
	InFlight int64 `json:"inFlight"`
	// AfterAnswer are those that are answered, but whose guest goes on.
	AfterAnswer int64 `json:"afterAnswer"`
	// Total have begun since the start, Failed are those whose guest's call ended in
	// an error.
	Total  uint64 `json:"total"`
	Failed uint64 `json:"failed"`
	// Refused are those that were turned away with 503, by the reason: memory, queue, busy,
	// ending.
	Refused map[string]uint64 `json:"refused,omitempty"`
}

// Component is one component of the composition.
type Component struct {
	Name   string `json:"name"`
	Source string `json:"source,omitempty"`
	Digest string `json:"digest,omitempty"`
	Policy string `json:"policy,omitempty"`
	Busy   int    `json:"busy"`
	Idle   int    `json:"idle"`
	// Memory is the size of its linear memories in all instances, in bytes.
	Memory uint64 `json:"memory"`
	Traps  uint64 `json:"traps"`
	// LostLines are lines of the log that were dropped: they came too fast, or who reads
	// the log is too slow.
	LostLines uint64 `json:"lostLines"`
}

// Usage is what the whole process has taken of the machine: it is not known what part
// of it a component took.
type Usage struct {
	// CPU is user and system time since the start, in seconds; nil if it is not known.
	CPU *float64 `json:"cpuSeconds,omitempty"`
	// Resident is the process's memory in bytes, 0 if it is not known.
	Resident uint64 `json:"residentBytes,omitempty"`
	// Proportional is the same in which a page that is mapped n times, here or by other
	// processes, counts for a part in n each time (Linux's PSS): what is shared is counted
	// once, also in a sum over processes. 0 if it is not known.
	Proportional uint64 `json:"proportionalBytes,omitempty"`
}

// Memory is the best of what is known of the process's memory, in bytes.
func (u Usage) Memory() uint64 {
	if u.Proportional > 0 {
		return u.Proportional
	}
	return u.Resident
}

// Function is one that can be called.
type Function struct {
	// Name is what Call knows it by: "ns:pkg/interface@1.0.0#name", or the name alone.
	Name string `json:"name"`
	// Type is in the syntax of WIT. Why says why it cannot be called from outside,
	// empty if it can.
	Type string `json:"type"`
	Why  string `json:"why,omitempty"`
}

// CallRequest is a call of an exported function.
type CallRequest struct {
	// Function is a Function's name, or enough of it.
	Function string `json:"function"`
	// Args are the arguments as texts of package wave. If Whole is set there is one,
	// which holds all of them with commas between.
	Args  []string `json:"args"`
	Whole bool     `json:"whole,omitempty"`
	// JSON says that arguments are, and the result is to be, in JSON.
	JSON bool `json:"json,omitempty"`
	// Timeout in milliseconds ends the call; 0 is DefaultTimeout, and MaxTimeout the
	// most.
	Timeout int64 `json:"timeoutMillis,omitempty"`
}

// Limit is how long the call may take.
func (r CallRequest) Limit() time.Duration {
	if r.Timeout <= 0 {
		return DefaultTimeout
	}
	return min(time.Duration(min(r.Timeout, MaxTimeout.Milliseconds()))*time.Millisecond, MaxTimeout)
}

// CallReply is how a call ended.
type CallReply struct {
	// Result is the result as text, empty without one.
	Result string `json:"result,omitempty"`
	// Exit is the exit code for sidecall call, and Message what it says if it is not 0.
	Exit    int    `json:"exit"`
	Message string `json:"message,omitempty"`
	// Stdout and Stderr are what the guest wrote, cut off after MaxOutput bytes each.
	Stdout string `json:"stdout,omitempty"`
	Stderr string `json:"stderr,omitempty"`
}

// Limits.
const (
	// MaxRequest and MaxReply bound what is sent, in bytes.
	MaxRequest = 1 << 20
	MaxReply   = 32 << 20
	// MaxOutput bounds each of a guest's outputs, MaxResult a result's text.
	MaxOutput = 1 << 20
	MaxResult = 8 << 20
	// MaxCalls run at a time, from MaxConnections clients at most.
	MaxCalls       = 4
	MaxConnections = 16

	DefaultTimeout = 30 * time.Second
	MaxTimeout     = 10 * time.Minute
)
