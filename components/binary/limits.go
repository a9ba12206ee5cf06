package binary

// Limits bound what Decode accepts, so that a file cannot make its reader use
// more than a small multiple of its own size. A field that is zero stands for
// its default.
type Limits struct {
	// FileBytes is the size of the whole file. Default 1 GiB.
	FileBytes int
	// Nesting is how deep components, component types, instance types and core
	// module types may stand in each other. Default 100.
	Nesting int
	// Definitions is the number of definitions and declarators in the whole file,
	// nested components and types included. Default 200,000: each
	// takes some hundred bytes, and a process in a small container links, too.
	Definitions int
	// Parts is the number of fields, cases, labels, parameters, arguments, inline
	// exports, options and the like in the whole file. Default 2,000,000.
	Parts int
	// NameBytes is the length of one name. Default 100,000.
	NameBytes int
}

// DefaultLimits returns the limits that Decode applies when none are given.
func DefaultLimits() Limits {
	return Limits{FileBytes: 1 << 30, Nesting: 100, Definitions: 200_000, Parts: 2_000_000, NameBytes: 100_000}
}

// WithLimits sets the limits of one Decode.
func WithLimits(l Limits) Option {
	return func(c *Limits) {
		for _, f := range []struct{ to, from *int }{
			{&c.FileBytes, &l.FileBytes}, {&c.Nesting, &l.Nesting}, {&c.Definitions, &l.Definitions},
			{&c.Parts, &l.Parts}, {&c.NameBytes, &l.NameBytes},
		} {
			if *f.from != 0 {
				*f.to = *f.from
			}
		}
	}
}

// Option changes how Decode works.
type Option func(*Limits)
