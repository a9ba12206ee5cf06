package run

import (
	"context"
	"errors"

	"github.com/sidecall/sidecall/cmd/wast/internal/script"
	"github.com/sidecall/sidecall/host"
)

// state is what the commands of one script share.
type state struct {
	runner *Runner
	script *script.Script
	// definitions are by name; last is the last one made.
	definitions map[string]*definition
	last        *definition
	// instances are by name; current is the last one made.
	instances map[string]*instance
	current   *instance
	spectest  *spectest
}

// instance is an instance of a component in a store of its own, or why there is
// none.
type instance struct {
	name        string
	def         *definition
	composition *host.Composition
	*host.Instance
	// none is the verdict on commands that need the instance, if there is none.
	none verdict
}

func newState(r *Runner, s *script.Script) *state {
	return &state{runner: r, script: s, definitions: map[string]*definition{}, instances: map[string]*instance{}, spectest: newSpectest()}
}

// group is the group of a command.
func (st *state) group(c *script.Command) string {
	switch {
	case c.Group != "":
		return c.Group
	case st.script.Group != "":
		return st.script.Group
	}
	return "sync"
}

// define makes a definition the last one, and gives it its name.
func (st *state) setDefinition(name string, d *definition) {
	d.name = name
	st.last = d
	if name != "" {
		st.definitions[name] = d
	}
}

// setInstance makes an instance the current one, and gives it its name. The one
// before is closed unless it can still be named.
func (st *state) setInstance(name string, i *instance) {
	if old := st.current; old != nil && old.name == "" {
		st.release(old)
	}
	i.name = name
	st.current = i
	if name != "" {
		if old := st.instances[name]; old != nil {
			st.release(old)
		}
		st.instances[name] = i
	}
}

// release closes an instance. Host objects that guests still held do not count as
// dropped by them.
func (st *state) release(i *instance) error {
	if i.Instance == nil {
		return nil
	}
	st.spectest.closing = true
	defer func() { st.spectest.closing = false }()
	err := i.Close(context.Background())
	i.Instance = nil
	return errors.Join(err, i.composition.Close())
}

func (st *state) close() {
	if st.current != nil {
		_ = st.release(st.current) // the results are known; nobody is left to tell
	}
	for _, i := range st.instances {
		_ = st.release(i)
	}
}
