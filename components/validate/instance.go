package validate

import (
	"github.com/sidecall/sidecall/components"
	"github.com/sidecall/sidecall/wit"
)

// instance validates an instance definition (Binary.md, "Instance Definitions").
func (s *scope) instance(d *components.Instance) error {
	var t *wit.InstanceType
	var err error
	if d.Inline {
		t, err = s.inlineInstance(d.Args)
	} else {
		t, err = s.instantiate(d)
	}
	if err != nil {
		return err
	}
	s.t.Instances = append(s.t.Instances, t)
	return nil
}

// instantiate checks the arguments of an instantiation. Those that the component
// does not import are ignored, but must exist.
func (s *scope) instantiate(d *components.Instance) (*wit.InstanceType, error) {
	v := s.v
	c, err := at(v, s.t.Components, d.Component, "component")
	if err != nil {
		return nil, err
	}
	args := make(map[string]wit.ExternType, len(d.Args))
	for i := range d.Args {
		a := &d.Args[i]
		v.offset = a.Offset
		if _, dup := args[a.Name]; dup {
			return nil, v.errorf("the instantiation argument %s is given twice", shortQuote(a.Name))
		}
		if args[a.Name], err = s.externAt(a.Ref.Sort, a.Ref.Index); err != nil {
			return nil, err
		}
	}
	if err := v.copying(c); err != nil {
		return nil, err
	}
	t, bad := v.check.Instantiate(c, args)
	if len(bad) > 0 {
		return nil, v.mismatch(bad, "component %d cannot be instantiated with these arguments", d.Component)
	}
	return t, nil
}

// inlineInstance makes an instance of definitions that are there already.
func (s *scope) inlineInstance(args []components.Arg) (*wit.InstanceType, error) {
	v := s.v
	var sd side
	for i := range args {
		a := &args[i]
		v.offset = a.Offset
		t, err := s.externAt(a.Ref.Sort, a.Ref.Index)
		if err != nil {
			return nil, err
		}
		if te, ok := t.(*wit.TypeExport); ok {
			t = nameType(te.Def, false)
		}
		if err := s.declare(&sd, a.Name, &a.Attributes, t); err != nil {
			return nil, err
		}
	}
	t := wit.NewInstanceType(sd.decls, nil)
	return t, v.checkSize(wit.MetricsOf(t))
}
