package binary

import "github.com/sidecall/sidecall/components"

// builtin is one canonical definition beyond lift and lower. Its immediates are
// written as one letter each: t a type index, o canonical options, r a result
// list, v a core value type, i any index or number, and for flags a (async), c
// (cancellable), s (shared).
type builtin struct{ name, immediates, feature string }

const (
	featureAsync        = "async"
	featureThreads      = "threads"
	featureErrorContext = "error-context"
)

// builtins are the canonical definitions by their code (Binary.md, "Canonical Definitions").
var builtins = [...]builtin{
	0x02: {"resource.new", "t", ""},
	0x03: {"resource.drop", "t", ""},
	0x04: {"resource.rep", "t", ""},
	0x05: {"task.cancel", "", featureAsync},
	0x06: {"subtask.cancel", "a", featureAsync},
	0x09: {"task.return", "ro", featureAsync},
	0x0a: {"context.get", "vi", featureAsync},
	0x0b: {"context.set", "vi", featureAsync},
	0x0c: {"thread.yield", "c", featureAsync},
	0x0d: {"subtask.drop", "", featureAsync},
	0x0e: {"stream.new", "t", featureAsync},
	0x0f: {"stream.read", "to", featureAsync},
	0x10: {"stream.write", "to", featureAsync},
	0x11: {"stream.cancel-read", "ta", featureAsync},
	0x12: {"stream.cancel-write", "ta", featureAsync},
	0x13: {"stream.drop-readable", "t", featureAsync},
	0x14: {"stream.drop-writable", "t", featureAsync},
	0x15: {"future.new", "t", featureAsync},
	0x16: {"future.read", "to", featureAsync},
	0x17: {"future.write", "to", featureAsync},
	0x18: {"future.cancel-read", "ta", featureAsync},
	0x19: {"future.cancel-write", "ta", featureAsync},
	0x1a: {"future.drop-readable", "t", featureAsync},
	0x1b: {"future.drop-writable", "t", featureAsync},
	0x1c: {"error-context.new", "o", featureErrorContext},
	0x1d: {"error-context.debug-message", "o", featureErrorContext},
	0x1e: {"error-context.drop", "", featureErrorContext},
	0x1f: {"waitable-set.new", "", featureAsync},
	0x20: {"waitable-set.wait", "ci", featureAsync},
	0x21: {"waitable-set.poll", "ci", featureAsync},
	0x22: {"waitable-set.drop", "", featureAsync},
	0x23: {"waitable.join", "", featureAsync},
	0x24: {"backpressure.inc", "", featureAsync},
	0x25: {"backpressure.dec", "", featureAsync},
	0x26: {"thread.index", "", featureThreads},
	0x27: {"thread.new-indirect", "ii", featureThreads},
	0x28: {"thread.resume-later", "", featureThreads},
	0x29: {"thread.suspend", "c", featureThreads},
	0x2a: {"thread.suspend-then-resume", "c", featureThreads},
	0x2b: {"thread.yield-then-resume", "c", featureThreads},
	0x2c: {"thread.suspend-then-promote", "c", featureThreads},
	0x2d: {"thread.yield-then-promote", "c", featureThreads},
	0x40: {"thread.spawn-ref", "si", featureThreads},
	0x41: {"thread.spawn-indirect", "sii", featureThreads},
	0x42: {"thread.available-parallelism", "s", featureThreads},
}

// canon reads a canonical definition.
func (s *scope) canon() any {
	off := s.pos
	b := s.byte()
	c := components.Canon{Op: components.CanonOp(b)}
	switch {
	case b == 0x00:
		c.Name = "lift"
		s.expect(0x00, "the sort after lift")
		c.Func, c.Options, c.Type = s.u32(), s.options(), s.u32()
	case b == 0x01:
		c.Name = "lower"
		s.expect(0x00, "the sort after lower")
		c.Func, c.Options = s.u32(), s.options()
	case int(b) < len(builtins) && builtins[b].name != "":
		def := builtins[b]
		c.Name, c.Feature = def.name, def.feature
		read := func() {
			for _, imm := range def.immediates {
				s.immediate(imm, &c)
			}
		}
		if def.feature == "" {
			read()
		} else {
			s.gated(def.feature, "canon "+def.name, read)
		}
	default:
		s.fail(off, "%#02x is no canonical definition", b)
	}
	return c
}

// immediate reads one immediate; what only gated definitions have is dropped.
func (r *reader) immediate(kind rune, c *components.Canon) {
	switch kind {
	case 't':
		c.Type = r.u32()
	case 'o':
		c.Options = r.options()
	case 'r':
		r.resultList()
	case 'v':
		r.coreValType()
	case 'i':
		r.u32()
	case 'a':
		r.flag("async")
	case 'c':
		r.flag("cancellable")
	case 's':
		r.flag("shared")
	}
}

func (r *reader) options() []components.CanonOption {
	return vec(r, "canonical options", (*reader).option)
}

// option reads a canonopt.
func (r *reader) option() components.CanonOption {
	o := components.CanonOption{Offset: r.pos}
	o.Kind = components.CanonOptionKind(r.byte())
	switch o.Kind {
	case components.OptUTF8, components.OptUTF16, components.OptLatin1UTF16, components.OptAsync:
	case components.OptMemory, components.OptRealloc, components.OptPostReturn, components.OptCallback:
		o.Index = r.u32()
	case 0x08, 0x09: // core-type, gc: what wasm-tools writes for a proposal that the specification has not got
		r.gated("gc", "canonical option", func() { r.fail(o.Offset, "%#02x is no option of the specification", byte(o.Kind)) })
	default:
		r.fail(o.Offset, "%#02x is no canonical option", byte(o.Kind))
	}
	return o
}
