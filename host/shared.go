package host

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
)

// shared is a store that all instances of the composition call: singletons of the
// manifest. It is made when the first instance is, and made anew after a trap.
type shared struct {
	comp   *Composition
	number int    // in the plan
	name   string // of its components, for messages

	// turn has room for one, who calls, makes or ends what is here. Go gives it to those
	// that wait in the order in which they came. Nobody who has it waits for another:
	// what runs here calls nothing outside but the host.
	turn chan struct{}
	// now is nil until it is made, and again from a trap on. Whoever has the turn
	// changes it.
	now    atomic.Pointer[life]
	opt    *InstanceOptions // of whoever instantiated first; with the turn, as what follows
	made   int
	closed bool
}

// life is a shared store from its making to its end.
type life struct {
	of   *shared
	inst *Instance
	dead atomic.Bool
	// out counts the own handles to its resources that are in other stores.
	out atomic.Int64

	mu       sync.Mutex
	dropped  []foreign // guarded by mu: resources that wait for their destructor
	dropping bool      // guarded by mu: somebody runs them, or waits for the turn to
}

// foreign is a resource of a shared store, held in another.
type foreign struct {
	rt  int
	rep uint32
}

const (
	// graceOfShared is how long a call of a shared store may go on when the call from
	// outside that it is part of must end: to end it in the middle would lose the state
	// of all. Most calls need microseconds, and who waits for an answer should not wait
	// much longer than its deadline.
	graceOfShared = 250 * time.Millisecond
	// dropTime is how long the destructors may take of as many resources as dropBatch,
	// which were left behind by an instance.
	dropTime  = time.Second
	dropBatch = 256
)

// share finds the plan's shared stores.
func (c *Composition) share() {
	for store := 1; store < c.plan.Stores(); store++ {
		var names []string
		for i := range c.plan.Components {
			if c.plan.Components[i].Store == store {
				names = append(names, c.plan.Components[i].Name)
			}
		}
		c.shared = append(c.shared, &shared{comp: c, number: store, name: strings.Join(names, ", "), turn: make(chan struct{}, 1)})
	}
}

// prepare makes the shared stores that are not there, so that what keeps them from
// being made is known before a request needs them.
func (c *Composition) prepare(ctx context.Context, opt InstanceOptions) error {
	for _, s := range c.shared {
		if s.now.Load() != nil {
			continue
		}
		if err := s.wait(ctx); err != nil {
			return err
		}
		if s.opt == nil {
			first := opt
			s.opt = &first
		}
		_, err := s.alive(ctx)
		s.leave()
		if err != nil {
			return err
		}
	}
	return nil
}

// enter takes the turn if nobody has it.
func (s *shared) enter() bool {
	select {
	case s.turn <- struct{}{}:
		return true
	default:
		return false
	}
}

// wait takes the turn, as long as ctx lasts.
func (s *shared) wait(ctx context.Context) error {
	select {
	case s.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("waiting for %s, which is singleton: %w", s.name, ctx.Err())
	}
}

// leave gives the turn back.
func (s *shared) leave() { <-s.turn }

// alive returns the life that can be called, a new one if need be. It is for whoever
// has the turn.
func (s *shared) alive(ctx context.Context) (*life, error) {
	if l := s.now.Load(); l != nil {
		return l, nil
	}
	if s.closed {
		return nil, fmt.Errorf("%s, which is singleton: %w", s.name, ErrClosed)
	}
	i := s.comp.newInstance(s.number, *s.opt)
	if err := i.make(ctx); err != nil {
		return nil, err
	}
	l := &life{of: s, inst: i}
	s.now.Store(l)
	if s.made++; s.made > 1 {
		s.event(s.comp.cfg.Log.Info()).Int("made", s.made).Msg("singleton was made anew, without its state")
	}
	return l, nil
}

func (s *shared) event(e *zerolog.Event) *zerolog.Event {
	return e.Str("composition", s.comp.plan.Name).Str("singleton", s.name)
}

// fail ends a life after a call that did not come to its end. It is for whoever has
// the turn.
func (l *life) fail(why error) {
	l.of.event(l.of.comp.cfg.Log.Error()).Err(why).Msg("singleton failed; the next request has a new one")
	if err := l.end(); err != nil {
		l.of.event(l.of.comp.cfg.Log.Warn()).Err(err).Msg("closing a singleton failed")
	}
}

// end is the end of a life. It is for whoever has the turn, while nothing runs.
func (l *life) end() error {
	l.dead.Store(true)
	l.of.now.Store(nil)
	return l.inst.Close(context.Background())
}

// drop runs the destructors of resources that another store gives up: at once if
// nobody is being served, else when it is their turn.
func (l *life) drop(rs []foreign) {
	l.out.Add(-int64(len(rs)))
	l.mu.Lock()
	l.dropped = append(l.dropped, rs...)
	begin := !l.dropping
	l.dropping = true
	l.mu.Unlock()
	switch {
	case !begin:
	case l.of.enter():
		l.runDropped()
	default:
		go l.dropInTurn()
	}
}

// runDropped runs the destructors that wait, with the turn, which it gives back.
func (l *life) runDropped() {
	defer l.of.leave()
	l.mu.Lock()
	n := min(len(l.dropped), dropBatch)
	batch := l.dropped[:n:n]
	l.dropped = l.dropped[n:]
	more := len(l.dropped) > 0
	l.dropping = more
	l.mu.Unlock()
	if l.dead.Load() {
		return
	}
	l.runBatch(batch)
	if more { // those that wait for their turn come first
		go l.dropInTurn()
	}
}

func (l *life) dropInTurn() {
	l.of.turn <- struct{}{} // those before have deadlines
	l.runDropped()
}

func (l *life) runBatch(batch []foreign) {
	ctx, cancel := context.WithTimeout(context.Background(), dropTime)
	defer cancel()
	t, err := l.begin(ctx, "destructors in "+l.of.name)
	if err != nil {
		return // it is being closed
	}
	defer func() {
		var why error
		if r := recover(); r != nil {
			why = t.recovered(r)
		}
		l.done(t, why)
	}()
	for _, r := range batch {
		t.destroy("[resource-drop]"+l.of.comp.resources[r.rt].name, none, r.rt, r.rep)
	}
}

// begin begins a call, for whoever has the turn; done ends it.
func (l *life) begin(ctx context.Context, function string) (*task, error) {
	if err := l.inst.acquire(); err != nil {
		return nil, err
	}
	return l.inst.begin(ctx, function), nil
}

// done ends a call; why is what makes the store useless, nil without.
func (l *life) done(t *task, why error) {
	l.inst.end(t)
	if why != nil {
		l.inst.broken = why
	}
	l.inst.yield()
	if why != nil {
		l.fail(why)
	}
}

// close ends the shared stores, when no instance is open any more.
func (s *shared) close() error {
	s.turn <- struct{}{}
	defer s.leave()
	s.closed = true
	if l := s.now.Load(); l != nil {
		return l.end()
	}
	return nil
}
