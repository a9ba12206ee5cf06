package wit

import "strings"

// isDependency reports whether s has the form of a name that stands for an
// implementation rather than for an interface.
func isDependency(s string) bool {
	for _, p := range [...]string{"unlocked-dep=", "locked-dep=", "url=", "integrity="} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func (p *nameParser) dependency(n *Name) error {
	switch {
	case p.accept("unlocked-dep="):
		n.Kind = DependencyName
		return p.unlocked(n)
	case p.accept("locked-dep="):
		n.Kind = DependencyName
		return p.locked(n)
	case p.accept("url="):
		n.Kind = URLName
		return p.url()
	}
	n.Kind = HashName
	if err := p.integrity(); err != nil {
		return err
	}
	return p.end()
}

func (p *nameParser) expect(s string) error {
	if !p.accept(s) {
		return p.errorf("expected %q", s)
	}
	return nil
}

func (p *nameParser) end() error {
	if p.rest != "" {
		return p.errorf("unexpected characters after the name")
	}
	return nil
}

// dependencyPath is a pkgpath: with nested names it may go on inside the package.
func (p *nameParser) dependencyPath(n *Name) error {
	if err := p.packagePath(n); err != nil {
		return err
	}
	for p.features.NestedNames && p.accept("/") {
		var label string
		if err := p.label(&label, "/@>"); err != nil {
			return err
		}
		n.Package += "/" + label
	}
	return nil
}

// unlocked is '<' pkgpath verrange? '>'.
func (p *nameParser) unlocked(n *Name) error {
	if err := p.expect("<"); err != nil {
		return err
	}
	if err := p.dependencyPath(n); err != nil {
		return err
	}
	if p.accept("@") && !p.accept("*") {
		if err := p.versionRange(n); err != nil {
			return err
		}
	}
	if err := p.expect(">"); err != nil {
		return err
	}
	return p.end()
}

// versionRange is '{' ('>=' semver)? ' '? ('<' semver)? '}', not empty.
func (p *nameParser) versionRange(n *Name) error {
	if err := p.expect("{"); err != nil {
		return err
	}
	start := p.pos()
	lower := p.accept(">=")
	if lower {
		if err := p.version(" }"); err != nil {
			return err
		}
	}
	if !lower || p.accept(" ") {
		if !p.accept("<") {
			return p.errorf("expected \">=\" or \"<\" and a version in a version range")
		}
		if err := p.version("}"); err != nil {
			return err
		}
	}
	n.Version = p.all[start:p.pos()]
	return p.expect("}")
}

func (p *nameParser) version(stop string) error {
	start := p.pos()
	_, err := ParseVersion(p.take(stop))
	return p.at(start, err)
}

// locked is '<' pkgpath ('@' semver)? '>' (',' hashname)?.
func (p *nameParser) locked(n *Name) error {
	if err := p.expect("<"); err != nil {
		return err
	}
	if err := p.dependencyPath(n); err != nil {
		return err
	}
	if p.accept("@") {
		start := p.pos()
		if err := p.version(">"); err != nil {
			return err
		}
		n.Version = p.all[start:p.pos()]
	}
	if err := p.expect(">"); err != nil {
		return err
	}
	return p.optionalHash()
}

// url is '<' [^<>]* '>' (',' hashname)?.
func (p *nameParser) url() error {
	if err := p.expect("<"); err != nil {
		return err
	}
	p.take("<>")
	if strings.HasPrefix(p.rest, "<") {
		return p.errorf("a URL in a name must not contain \"<\"")
	}
	if err := p.expect(">"); err != nil {
		return err
	}
	return p.optionalHash()
}

func (p *nameParser) optionalHash() error {
	if p.accept(",") {
		if err := p.integrity(); err != nil {
			return err
		}
	}
	return p.end()
}

// integrity is 'integrity=<' hashes '>', the hashes being those of the W3C's
// Subresource Integrity: separated by white space, each an algorithm, a hyphen,
// base64, and options after a question mark.
func (p *nameParser) integrity() error {
	if err := p.expect("integrity=<"); err != nil {
		return err
	}
	found := false
	for {
		for p.accept(" ") || p.accept("\t") {
		}
		if p.rest == "" || p.rest[0] == '>' {
			break
		}
		if err := p.hash(); err != nil {
			return err
		}
		found = true
	}
	if !found {
		return p.errorf("an integrity name needs at least one hash")
	}
	return p.expect(">")
}

func (p *nameParser) hash() error {
	if !p.accept("sha256") && !p.accept("sha384") && !p.accept("sha512") {
		return p.errorf("unknown hash algorithm: sha256, sha384 and sha512 are the ones there are")
	}
	if err := p.expect("-"); err != nil {
		return err
	}
	body := p.take("?> \t")
	digits := strings.TrimRight(body, "=")
	valid := digits != "" && len(body)-len(digits) <= 2
	for i := 0; i < len(digits) && valid; i++ {
		valid = isBase64(digits[i])
	}
	if !valid {
		p.rest = body + p.rest
		return p.errorf("the hash is not valid base64")
	}
	for p.accept("?") {
		p.take("?> \t")
	}
	return nil
}

func isBase64(ch byte) bool {
	return 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z' || '0' <= ch && ch <= '9' || ch == '+' || ch == '/'
}
