package wit

import (
	"fmt"
	"strings"
)

// NameKind is the form of an extern name.
type NameKind uint8

const (
	// PlainName is a label alone.
	PlainName NameKind = iota
	// ConstructorName is "[constructor]r".
	ConstructorName
	// MethodName is "[method]r.f".
	MethodName
	// StaticName is "[static]r.f".
	StaticName
	// InterfaceName is "ns:pkg/iface@version".
	InterfaceName
	// DependencyName is "unlocked-dep=<…>" or "locked-dep=<…>", URLName "url=<…>"
	// and HashName "integrity=<…>". They were part of WASI 0.2 and have left the
	// specification since; they name imports only, and components that have them
	// are still about.
	DependencyName
	URLName
	HashName
)

// Name is a parsed extern name (Explainer.md, "Import and Export Definitions").
type Name struct {
	Kind NameKind
	// Label is that of a plain name, or the resource of an annotated one.
	Label string
	// Member is the second label of a method or static function.
	Member string
	// Namespace, Package and Interface are the parts of an interface name, without
	// version; nested ones are joined as written ("a:b", "x/y"). A dependency name
	// has no Interface.
	Namespace, Package, Interface string
	// Version is what follows the "@", empty without.
	Version string
}

// NameFeatures says which gated forms of names are accepted.
type NameFeatures struct {
	// NestedNames accepts nested namespaces and packages.
	NestedNames bool
	// CanonVersions accepts versions cut down to their compatibility track ("@0.2").
	CanonVersions bool
}

// NameError says what is wrong with a name, and at which byte of it.
type NameError struct {
	Name   string
	Offset int
	Msg    string
}

func (e *NameError) Error() string {
	if e.Name == "" {
		return e.Msg
	}
	return fmt.Sprintf("name %s, at character %d: %s", quote(e.Name), e.Offset+1, e.Msg)
}

// ParseImportName parses the name of an import.
func ParseImportName(s string, f NameFeatures) (Name, error) { return parseName(s, f, true) }

// ParseExportName parses the name of an export.
func ParseExportName(s string, f NameFeatures) (Name, error) { return parseName(s, f, false) }

// ParseInterfaceName parses "ns:pkg/iface@version".
func ParseInterfaceName(s string, f NameFeatures) (Name, error) {
	p := nameParser{all: s, rest: s, features: f}
	n := Name{Kind: InterfaceName}
	if !strings.Contains(s, ":") {
		return n, p.errorf("expected an interface name such as ns:pkg/iface")
	}
	return n, p.interfaceName(&n)
}

func parseName(s string, f NameFeatures, isImport bool) (Name, error) {
	p := nameParser{all: s, rest: s, features: f}
	var n Name
	err := p.name(&n, isImport)
	return n, err
}

// nameParser consumes rest, a suffix of all.
type nameParser struct {
	all, rest string
	features  NameFeatures
}

func (p *nameParser) errorf(format string, args ...any) error {
	return &NameError{Name: p.all, Offset: len(p.all) - len(p.rest), Msg: fmt.Sprintf(format, args...)}
}

// at moves an error about a part of the name to the whole name.
func (p *nameParser) at(offset int, err error) error {
	if e, ok := err.(*NameError); ok {
		return &NameError{Name: p.all, Offset: offset + e.Offset, Msg: e.Msg}
	}
	return err
}

func (p *nameParser) pos() int { return len(p.all) - len(p.rest) }

// take returns what stands before the first byte of any, and moves there.
func (p *nameParser) take(any string) string {
	i := strings.IndexAny(p.rest, any)
	if i < 0 {
		i = len(p.rest)
	}
	part := p.rest[:i]
	p.rest = p.rest[i:]
	return part
}

func (p *nameParser) accept(s string) bool {
	rest, ok := strings.CutPrefix(p.rest, s)
	p.rest = rest
	return ok
}

func (p *nameParser) name(n *Name, isImport bool) error {
	if p.all == "" {
		return &NameError{Msg: "an import or export name must not be empty"}
	}
	if strings.HasPrefix(p.all, "[") {
		return p.annotated(n)
	}
	if isDependency(p.all) {
		if !isImport {
			return p.errorf("only an import may be named by a dependency, URL or hash")
		}
		return p.dependency(n)
	}
	if strings.Contains(p.all, ":") {
		n.Kind = InterfaceName
		return p.interfaceName(n)
	}
	n.Kind, n.Label = PlainName, p.all
	return CheckLabel(p.all)
}

func (p *nameParser) annotated(n *Name) error {
	switch {
	case p.accept("[constructor]"):
		n.Kind = ConstructorName
		return p.label(&n.Label, "")
	case p.accept("[method]"):
		n.Kind = MethodName
	case p.accept("[static]"):
		n.Kind = StaticName
	default:
		return p.errorf("unknown annotation: [constructor], [method] and [static] are the ones there are")
	}
	if err := p.label(&n.Label, "."); err != nil {
		return err
	}
	if !p.accept(".") {
		return p.errorf("expected \".\" between the resource's name and the function's")
	}
	return p.label(&n.Member, "")
}

// label takes a label that ends before any byte of stop, or at the end.
func (p *nameParser) label(dst *string, stop string) error {
	start := p.pos()
	*dst = p.rest
	if stop == "" {
		p.rest = ""
	} else {
		*dst = p.take(stop)
	}
	return p.at(start, CheckLabel(*dst))
}

func (p *nameParser) interfaceName(n *Name) error {
	if err := p.packagePath(n); err != nil {
		return err
	}
	if !p.accept("/") {
		return p.errorf("expected \"/\" and an interface after the package name")
	}
	start := p.pos()
	for {
		var label string
		if err := p.label(&label, "/@"); err != nil {
			return err
		}
		n.Interface = p.all[start:p.pos()]
		if !strings.HasPrefix(p.rest, "/") {
			break
		}
		if !p.features.NestedNames {
			return p.errorf("nested packages are a gated feature (nested-names) that is not enabled")
		}
		p.accept("/")
	}
	if !p.accept("@") {
		return nil
	}
	n.Version, p.rest = p.rest, ""
	if p.features.CanonVersions && isCanonVersion(n.Version) {
		return nil
	}
	_, err := ParseVersion(n.Version)
	return p.at(len(p.all)-len(n.Version), err)
}

// packagePath takes "ns:pkg", which ends before "/", "@", ">" or at the end.
func (p *nameParser) packagePath(n *Name) error {
	for i := 0; ; i++ {
		start := p.pos()
		words := p.take(":/@>")
		if err := p.at(start, checkWords(words)); err != nil {
			return err
		}
		if !p.accept(":") {
			if i == 0 {
				return p.errorf("expected \":\" after the namespace")
			}
			n.Package = words
			return nil
		}
		if i > 0 && !p.features.NestedNames {
			return p.errorf("nested namespaces are a gated feature (nested-names) that is not enabled")
		}
		if i > 0 {
			n.Namespace += ":"
		}
		n.Namespace += words
	}
}

// Key returns the form of the name that must differ for two names of one scope
// to be strongly-unique (Explainer.md, "Name Uniqueness").
func (n Name) Key(name string) string {
	switch n.Kind {
	case PlainName, ConstructorName:
		return asciiLower(name)
	case MethodName, StaticName:
		label, member := asciiLower(n.Label), asciiLower(n.Member)
		if label == member {
			return label
		}
		return label + "." + member
	case InterfaceName:
		// A version is not made of labels: its case is significant.
		base, version, _ := strings.Cut(name, "@")
		if version == "" {
			return asciiLower(base)
		}
		return asciiLower(base) + "@" + version
	}
	return name
}

// quote writes a name for a message, shortened if it is very long.
func quote(s string) string {
	if len(s) > 200 {
		return fmt.Sprintf("%q…", s[:200])
	}
	return fmt.Sprintf("%q", s)
}
