package host

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestRefusalsAreBounded: of what a guest asks for a million times only the first are told
// and remembered.
func TestRefusalsAreBounded(t *testing.T) {
	r := &refusals{}
	var told []Refusal
	tell := func(x Refusal) { told = append(told, x) }
	for i := range 100_000 {
		r.tell(tell, Refusal{Component: "app", Kind: "http", Target: fmt.Sprint("http://host", i)})
		r.tell(tell, Refusal{Component: "app", Kind: "http", Target: "http://host0"})
		r.tell(tell, Refusal{Component: "app", Kind: "keyvalue", Target: "b"})
	}
	if len(told) != maxTold+2 {
		t.Errorf("%d are told", len(told))
	}
	last := told[len(told)-1]
	if !last.Last || told[maxTold].Last {
		t.Errorf("the last is %+v", last)
	}
	if n := len(r.told[kindOf{"app", "http"}]); n != maxTold+1 {
		t.Errorf("%d are remembered", n)
	}
}

func TestAllow(t *testing.T) {
	for _, tc := range []struct{ got, want string }{
		{Allow("app", "[a]", "allow", "keyvalue"), "components: { app: { allow: { keyvalue: [a] } } }"},
		{Allow("no", "VALUE", "config", "a: {b}"), `components: { "no": { config: { "a: {b}": VALUE } } }`},
		{Scalar("http://a:80"), `"http://a:80"`}, {Scalar("/data"), `"/data"`}, {Scalar(""), `""`}, {Scalar("a\n\u202e<"), "\"a\\n\u202e<\""}, {Scalar("1"), `"1"`},
	} {
		if tc.got != tc.want {
			t.Errorf("got %s, want %s", tc.got, tc.want)
		}
	}
}

// seen is a RefusalTracer.
type seen struct {
	mu  sync.Mutex
	all []string // guarded by mu
}

func (s *seen) Begin(ctx context.Context, _ *TracedCall) (context.Context, func(error)) {
	return ctx, func(error) {}
}

func (s *seen) Refused(_ context.Context, r *Refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, r.Component+" "+r.Kind+" "+r.Target)
}

// TestRefusedIsTraced: who traces is told each time, who reads the log once, and a target
// that is too long is cut, without a line that would be another's.
func TestRefusedIsTraced(t *testing.T) {
	s := &seen{}
	var told []Refusal
	k := newKit(t, "app")
	i := k.start(Config{Tracer: s, Refused: func(r Refusal) { told = append(told, r) }})
	err := i.As(t.Context(), 0, func(c *Call) error {
		for range 3 {
			c.Refused(Refusal{Kind: "names", Target: "a", Write: "x"})
			c.TellRefusal(fmt.Errorf("wrapped: %w", &Refusal{Component: "other", Kind: "names", Target: strings.Repeat("é", 200), Write: "x"}))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.all) != 6 || len(told) != 2 {
		t.Fatalf("traced %q, told %+v", s.all, told)
	}
	if told[0].Composition == "" || told[0].Component == "" || told[0].Write != "x" || told[1].Component != "other" || told[1].Write != "" || told[1].Target != strings.Repeat("é", 128)+"…" {
		t.Errorf("told %+v", told)
	}
}
