package wit

import (
	"maps"
	"slices"
	"strconv"
)

// maxMismatches bounds how many differences one comparison reports.
const maxMismatches = 200

// defaultFuel is enough to compare the largest types that validation accepts.
const defaultFuel = 50_000_000

// Checker compares types, and remembers what it has compared. The zero value is
// ready; it is not for use by several goroutines at once.
type Checker struct {
	// Fuel is how much work is left, roughly in nodes of types; zero stands for a
	// default. When it is used up, comparisons fail and Exhausted reports true.
	Fuel int

	spent int
	// closed remembers comparisons of types without resources. scoped remembers
	// the others, and is dropped whenever a resource changes its meaning.
	closed, scoped map[pair]bool
	// externs are the instances and components without resources that are known to fit.
	externs map[[2]ExternType]bool

	path []Step
	out  []*Mismatch
	// bound is what the abstract names of the expected side turned out to be,
	// gathered while instantiating.
	bound *substitution
}

// Exhausted reports whether Fuel has run out: types were too complex to compare.
func (c *Checker) Exhausted() bool { return c.spent > c.fuel() }

func (c *Checker) fuel() int {
	if c.Fuel == 0 {
		return defaultFuel
	}
	return c.Fuel
}

// Spend uses up fuel for work done elsewhere; false means that none is left.
func (c *Checker) Spend(n int) bool { return c.spend(n) }

func (c *Checker) spend(n int) bool {
	c.spent += n
	return c.spent <= c.fuel()
}

// Subtype compares what is found with what is expected, and returns every
// difference, none if sub may be used where super is expected (Explainer.md,
// "Type Checking").
func Subtype(sub, super ExternType) []*Mismatch {
	var c Checker
	return c.Subtype(sub, super)
}

// Subtype is the function Subtype, with the Checker's memory and fuel.
func (c *Checker) Subtype(sub, super ExternType) []*Mismatch {
	return c.run(func() { c.extern(sub, env{}, super, env{}) })
}

// run collects the differences that f reports.
func (c *Checker) run(f func()) []*Mismatch {
	c.out, c.path, c.scoped = nil, c.path[:0], nil
	f()
	if c.Exhausted() {
		return []*Mismatch{{Reason: "the types are too complex to compare"}}
	}
	return c.out
}

func (c *Checker) mismatch(want, got any, reason string) {
	if len(c.out) >= maxMismatches {
		return
	}
	m := &Mismatch{Path: slices.Clone(c.path), Reason: reason}
	if want != nil {
		m.Want = Print(want, maxPrinted)
	}
	if got != nil {
		m.Got = Print(got, maxPrinted)
	}
	c.out = append(c.out, m)
}

// in runs f one step further down the path.
func (c *Checker) in(kind StepKind, name string, f func()) {
	c.path = append(c.path, Step{kind, name})
	f()
	c.path = c.path[:len(c.path)-1]
}

// extern checks one import or export: sub, seen through se, against super, seen
// through pe.
func (c *Checker) extern(sub ExternType, se env, super ExternType, pe env) {
	if !c.spend(1) {
		return
	}
	if sub.ExternSort() != super.ExternSort() {
		c.mismatch(super, sub, "")
		return
	}
	key, closed := closedPair(sub, super)
	if closed && (sub == super || c.externs[key]) {
		return
	}
	before := len(c.out)
	switch super := super.(type) {
	case *FuncType:
		c.function(sub.(*FuncType), se, super, pe)
	case *InstanceType:
		c.exports(sub.(*InstanceType).Export, se, super.Exports, pe)
	case *ComponentType:
		c.component(sub.(*ComponentType), se, super, pe)
	case *TypeExport:
		c.typeExport(sub.(*TypeExport), se, super, pe)
	case CoreModuleType:
		c.coreModule(sub.(CoreModuleType), super)
	}
	if closed && len(c.out) == before && !c.Exhausted() {
		if c.externs == nil {
			c.externs = map[[2]ExternType]bool{}
		}
		c.externs[key] = true
	}
}

func (c *Checker) coreModule(sub, super CoreModuleType) {
	if !c.spend(int(MetricsOf(sub).Size) + int(MetricsOf(super).Size)) {
		return
	}
	if err := sub.SubtypeOf(super); err != nil {
		c.mismatch(nil, nil, err.Error())
	}
}

// closedPair returns a key for the comparison of two instances or components
// without resources, whose outcome depends on nothing but themselves.
func closedPair(sub, super ExternType) (key [2]ExternType, ok bool) {
	switch sub.(type) {
	case *InstanceType, *ComponentType:
		return [2]ExternType{sub, super}, !MetricsOf(sub).HasResource && !MetricsOf(super).HasResource
	}
	return key, false
}

// exports checks that everything in super is there; more is welcome.
func (c *Checker) exports(sub func(string) (ExternType, bool), se env, super []Decl, pe env) {
	for i := range super {
		d := &super[i]
		c.in(StepExport, d.Name, func() {
			if t, ok := sub(d.Name); ok {
				c.extern(t, se, d.Type, pe)
			} else {
				c.mismatch(d.Type, nil, "")
			}
		})
	}
}

// typeExport checks a type against a bound. An abstract one is bound to what it
// turns out to be, for all that follows.
func (c *Checker) typeExport(sub *TypeExport, se env, super *TypeExport, pe env) {
	if !super.Abstract {
		c.def(sub.Def, se, super.Def, pe)
		if c.bound != nil {
			c.bound.bindName(super, sub)
		}
		return
	}
	r, ok := sub.Def.(*Resource)
	if !ok {
		c.mismatch(super, sub, "")
		return
	}
	pe[super.Def.(*Resource)] = se.resolve(r)
	c.scoped = nil
	if c.bound != nil {
		c.bound.bindName(super, sub)
	}
}

// def checks that two types that names stand for are equal; instance and
// component types are if each is a subtype of the other.
func (c *Checker) def(sub any, se env, super any, pe env) {
	switch super := super.(type) {
	case *Resource:
		if sub, ok := sub.(*Resource); ok {
			if se.resolve(sub) != pe.resolve(super) {
				c.mismatch(super, sub, reasonIdentity)
			}
			return
		}
	case *Type:
		if sub, ok := sub.(*Type); ok {
			c.value(sub, se, super, pe)
			return
		}
	case ExternType:
		if sub, ok := sub.(ExternType); ok && sub.ExternSort() == super.ExternSort() {
			n := len(c.out)
			c.extern(sub, se, super, pe)
			if len(c.out) == n {
				c.extern(super, pe, sub, se)
			}
			return
		}
	}
	c.mismatch(super, sub, "")
}

// function checks that two function types are equal.
func (c *Checker) function(sub *FuncType, se env, super *FuncType, pe env) {
	if sub.Async != super.Async {
		c.mismatch(super, sub, "one function is async and the other is not")
		return
	}
	if len(sub.Params) != len(super.Params) {
		c.mismatch(super, sub, "expected "+count(len(super.Params), "parameter")+", found "+strconv.Itoa(len(sub.Params)))
		return
	}
	if !c.spend(len(sub.Params)) {
		return
	}
	for i := range super.Params {
		want, got := &super.Params[i], &sub.Params[i]
		c.in(StepParam, want.Name, func() {
			if want.Name != got.Name {
				c.mismatch(super, sub, "the parameter is named "+quote(got.Name))
			}
			c.value(got.Type, se, want.Type, pe)
		})
	}
	if super.Result == nil || sub.Result == nil {
		if super.Result != sub.Result {
			c.mismatch(super, sub, "one function has a result and the other has none")
		}
		return
	}
	c.in(StepResult, "", func() { c.value(sub.Result, se, super.Result, pe) })
}

// value checks that two value types are equal and, if not, finds where.
func (c *Checker) value(sub *Type, se env, super *Type, pe env) {
	if c.equal(sub, se, super, pe) || c.Exhausted() {
		return
	}
	if step, a, b, ok := c.firstPart(sub, se, super, pe); ok {
		c.in(step.Kind, step.Name, func() { c.value(a, se, b, pe) })
		return
	}
	reason := ""
	if sub.Kind == super.Kind && (sub.Kind == Own || sub.Kind == Borrow) {
		reason = reasonIdentity
	}
	c.mismatch(super, sub, reason)
}

// firstPart finds the first parts that make two types of the same shape differ.
func (c *Checker) firstPart(sub *Type, se env, super *Type, pe env) (step Step, a, b *Type, ok bool) {
	if sub.Kind != super.Kind || len(sub.Fields) != len(super.Fields) || len(sub.Cases) != len(super.Cases) {
		return
	}
	for i := range super.Fields {
		x, y := &sub.Fields[i], &super.Fields[i]
		if x.Name != y.Name {
			return
		}
		if !c.equal(x.Type, se, y.Type, pe) {
			name := y.Name
			if name == "" {
				name = strconv.Itoa(i)
			}
			return Step{StepField, name}, x.Type, y.Type, true
		}
	}
	for i := range super.Cases {
		x, y := &sub.Cases[i], &super.Cases[i]
		if x.Name != y.Name || (x.Type == nil) != (y.Type == nil) {
			return
		}
		if !c.equal(x.Type, se, y.Type, pe) {
			return Step{StepCase, y.Name}, x.Type, y.Type, true
		}
	}
	if sub.Elem != nil && super.Elem != nil && sub.Len == super.Len && !c.equal(sub.Elem, se, super.Elem, pe) {
		return Step{Kind: StepElement}, sub.Elem, super.Elem, true
	}
	return
}

// component checks a component: given what super is given, sub must yield what
// super yields. The resources that super is given are arbitrary, and so are those
// that sub makes: new identities stand for them.
func (c *Checker) component(sub *ComponentType, se env, super *ComponentType, pe env) {
	if !c.spend(len(se) + len(pe) + len(sub.Imports) + len(sub.Exports) + len(super.Imports) + len(super.Exports)) {
		return
	}
	outer, bound := c.scoped, c.bound
	c.scoped, c.bound = nil, nil
	se, pe = maps.Clone(se), maps.Clone(pe)
	for _, r := range super.ImportedResources {
		pe[r] = &Resource{Name: r.Name}
	}
	for i := range sub.Imports {
		d := &sub.Imports[i]
		c.in(StepImport, d.Name, func() {
			if t, ok := super.Import(d.Name); ok {
				c.extern(t, pe, d.Type, se)
			} else {
				c.mismatch(d.Type, nil, "an import that is not expected")
			}
		})
	}
	for _, r := range sub.Resources {
		se[r] = &Resource{Name: r.Name}
	}
	c.exports(sub.Export, se, super.Exports, pe)
	c.scoped, c.bound = outer, bound
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}
