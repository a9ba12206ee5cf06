package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/components/core"
	"github.com/sidecall/sidecall/wit"
)

// options are the canonical options of a definition that validation looks at again.
type options struct {
	memory, realloc bool
	postReturn      *core.FuncType
}

// needs are the options that the types of a function require.
type needs struct{ memory, realloc bool }

var optionNames = [...]string{
	components.OptUTF8: "string-encoding=utf8", components.OptUTF16: "string-encoding=utf16",
	components.OptLatin1UTF16: "string-encoding=latin1+utf16", components.OptMemory: "memory",
	components.OptRealloc: "realloc", components.OptPostReturn: "post-return",
	components.OptAsync: "async", components.OptCallback: "callback",
}

// reallocType is the type of the realloc option.
var reallocType = core.FuncType{Params: []core.ValType{core.I32, core.I32, core.I32, core.I32}, Results: []core.ValType{core.I32}}

// options validates canonical options (CanonicalABI.md, "canonopt Validation").
func (s *scope) options(d *components.Canon) (o options, err error) {
	v := s.v
	var seen [len(optionNames)]bool
	encoding := ""
	for _, opt := range d.Options {
		v.offset = opt.Offset
		if int(opt.Kind) >= len(optionNames) {
			return o, v.errorf("the canonical option %#02x is unknown", byte(opt.Kind))
		}
		name := optionNames[opt.Kind]
		if seen[opt.Kind] {
			return o, v.errorf("the canonical option %s is specified more than once", name)
		}
		seen[opt.Kind] = true
		switch opt.Kind {
		case components.OptUTF8, components.OptUTF16, components.OptLatin1UTF16:
			if encoding != "" {
				return o, v.errorf("the canonical option %s conflicts with %s", name, encoding)
			}
			encoding = name
		case components.OptMemory:
			o.memory, err = true, s.memoryOption(opt.Index)
		case components.OptRealloc:
			o.realloc, err = true, s.reallocOption(opt.Index)
		case components.OptPostReturn:
			if d.Op != components.CanonLift {
				return o, v.errorf("the canonical option post-return is only for lifting")
			}
			var f core.FuncType
			f, err = at(v, s.t.CoreFuncs, opt.Index, "core function")
			o.postReturn = &f
		default:
			err = v.gated(FeatureAsync, "the canonical option "+name)
		}
		if err != nil {
			return o, err
		}
	}
	if o.realloc && !o.memory {
		return o, v.errorf("the canonical option realloc requires memory to be specified too")
	}
	return o, nil
}

func (s *scope) memoryOption(index uint32) error {
	m, err := at(s.v, s.t.CoreMemories, index, "core memory")
	if err == nil && !core.Matches(m, core.MemoryType{}) {
		err = s.v.errorf("the canonical option memory must be a memory that is not shared, and is %s", m)
	}
	return err
}

func (s *scope) reallocOption(index uint32) error {
	f, err := at(s.v, s.t.CoreFuncs, index, "core function")
	if err == nil && !f.Equal(reallocType) {
		err = s.v.errorf("the canonical option realloc must be %s, and is %s", reallocType, f)
	}
	return err
}

// require checks that the options are there that a function's types need.
func (v *validator) require(d *components.Canon, ft *wit.FuncType, n needs, o options) error {
	if (n.memory || n.realloc) && !o.memory {
		return v.errorf("the canonical option memory is required to %s %s", d.Name, ft)
	}
	if n.realloc && !o.realloc {
		return v.errorf("the canonical option realloc is required to %s %s", d.Name, ft)
	}
	return nil
}
