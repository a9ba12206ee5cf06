package compile

// Limits bound what a composition may become when everything nested in its
// components is instantiated: a component of a few hundred bytes can ask for 2⁵⁰
// instances. Zero fields stand for the defaults.
type Limits struct {
	// Instances is the number of component instances.
	Instances int
	// CoreInstances is the number of core module instances.
	CoreInstances int
	// Work is the number of definitions interpreted, those of a component counted as
	// often as it is instantiated, and of the parts of types of functions called.
	Work int
	// ModuleBytes is the size of all core modules together, as the host gets them.
	ModuleBytes int
	// AgainBytes is the size of core modules that are made a second time, and more,
	// because one definition is instantiated with imports of another shape.
	AgainBytes int
}

// The defaults are far above what compositions of real components need (tens of
// instances) and low enough for a composition at the limits to be made in seconds.
const (
	defaultInstances     = 1_000
	defaultCoreInstances = 5_000
	defaultWork          = 5_000_000
	defaultModuleBytes   = 1 << 30
	defaultAgainBytes    = 64 << 20
)

func (l Limits) withDefaults() Limits {
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Instances, defaultInstances}, {&l.CoreInstances, defaultCoreInstances}, {&l.Work, defaultWork}, {&l.ModuleBytes, defaultModuleBytes},
		{&l.AgainBytes, defaultAgainBytes}} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	return l
}

// spend counts work.
func (c *compiler) spend(n int) error {
	if c.work += n; c.work > c.limits.Work {
		return &LimitError{"definitions and parts of types, all instances counted", c.limits.Work}
	}
	return nil
}
