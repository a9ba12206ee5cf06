package wit

import (
	"cmp"
	"strconv"
	"strings"
)

// Version is a version as Semantic Versioning 2.0.0 defines it.
type Version struct {
	Major, Minor, Patch uint64
	// Pre and Build are what follows "-" and "+", empty when absent.
	Pre, Build string
}

// ParseVersion parses "major.minor.patch[-pre][+build]". The error is a *NameError.
func ParseVersion(s string) (Version, error) {
	fail := func(at int, msg string) (Version, error) {
		return Version{}, &NameError{Name: s, Offset: at, Msg: msg}
	}
	if s == "" {
		return fail(0, "a version must not be empty")
	}
	var v Version
	at := 0
	for i, dst := range [...]*uint64{&v.Major, &v.Minor, &v.Patch} {
		if i > 0 {
			if at == len(s) || s[at] != '.' {
				return fail(at, "a version has three numbers, as in 1.2.3")
			}
			at++
		}
		end := at
		for end < len(s) && '0' <= s[end] && s[end] <= '9' {
			end++
		}
		if end == at {
			return fail(at, "a version has three numbers, as in 1.2.3")
		}
		if s[at] == '0' && end > at+1 {
			return fail(at, "a number of a version must not start with 0")
		}
		n, err := strconv.ParseUint(s[at:end], 10, 64)
		if err != nil {
			return fail(at, "a number of a version is too large")
		}
		*dst, at = n, end
	}
	return v.parseTail(s, at)
}

func (v Version) parseTail(s string, at int) (Version, error) {
	rest := s[at:]
	if pre, ok := strings.CutPrefix(rest, "-"); ok {
		pre, _, _ = strings.Cut(pre, "+")
		if off, msg := badIdentifiers(pre, true); msg != "" {
			return Version{}, &NameError{Name: s, Offset: at + 1 + off, Msg: msg}
		}
		v.Pre, rest = pre, rest[1+len(pre):]
	}
	if build, ok := strings.CutPrefix(rest, "+"); ok {
		if off, msg := badIdentifiers(build, false); msg != "" {
			return Version{}, &NameError{Name: s, Offset: len(s) - len(build) + off, Msg: msg}
		}
		v.Build, rest = build, ""
	}
	if rest != "" {
		return Version{}, &NameError{Name: s, Offset: len(s) - len(rest), Msg: "unexpected character in a version"}
	}
	return v, nil
}

// badIdentifiers checks a list of identifiers joined by dots; pre-releases may
// not have numbers with leading zeros.
func badIdentifiers(s string, pre bool) (at int, msg string) {
	for _, id := range strings.Split(s, ".") {
		if id == "" {
			return at, "a pre-release or build identifier of a version must not be empty"
		}
		numeric := true
		for i := 0; i < len(id); i++ {
			ch := id[i]
			letter := 'a' <= ch && ch <= 'z' || 'A' <= ch && ch <= 'Z' || ch == '-'
			if !letter && (ch < '0' || ch > '9') {
				return at + i, "unexpected character in a version"
			}
			numeric = numeric && !letter
		}
		if pre && numeric && len(id) > 1 && id[0] == '0' {
			return at, "a number of a pre-release must not start with 0"
		}
		at += len(id) + 1
	}
	return 0, ""
}

// String returns the version as it was written.
func (v Version) String() string {
	s := strconv.FormatUint(v.Major, 10) + "." + strconv.FormatUint(v.Minor, 10) + "." + strconv.FormatUint(v.Patch, 10)
	if v.Pre != "" {
		s += "-" + v.Pre
	}
	if v.Build != "" {
		s += "+" + v.Build
	}
	return s
}

// Compare orders by precedence: negative if v comes before w. Build metadata
// does not count.
func (v Version) Compare(w Version) int {
	if c := cmp.Or(cmp.Compare(v.Major, w.Major), cmp.Compare(v.Minor, w.Minor), cmp.Compare(v.Patch, w.Patch)); c != 0 {
		return c
	}
	switch {
	case v.Pre == w.Pre:
		return 0
	case v.Pre == "":
		return 1
	case w.Pre == "":
		return -1
	}
	return comparePre(strings.Split(v.Pre, "."), strings.Split(w.Pre, "."))
}

func comparePre(a, b []string) int {
	for i := range min(len(a), len(b)) {
		if a[i] == b[i] {
			continue
		}
		an, bn := isNumber(a[i]), isNumber(b[i])
		switch {
		case an && bn:
			return cmp.Or(cmp.Compare(len(a[i]), len(b[i])), cmp.Compare(a[i], b[i]))
		case an:
			return -1
		case bn:
			return 1
		}
		return cmp.Compare(a[i], b[i])
	}
	return cmp.Compare(len(a), len(b))
}

func isNumber(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// Track returns the name of the set of versions that are compatible with v:
// "1" for 1.x.y, "0.2" for 0.2.y. Versions 0.0.z and pre-releases are compatible
// with nothing but themselves: the track is empty.
func (v Version) Track() string {
	switch {
	case v.Pre != "":
		return ""
	case v.Major > 0:
		return strconv.FormatUint(v.Major, 10)
	case v.Minor > 0:
		return "0." + strconv.FormatUint(v.Minor, 10)
	}
	return ""
}

// CompatibleKey returns the name with its version replaced by the version's
// track: names with the same key are compatible. ok is false for names that are
// compatible with themselves only: those without version, pre-releases, 0.0.z.
func CompatibleKey(name string) (key string, ok bool) {
	base, version, found := strings.Cut(name, "@")
	if !found || strings.ContainsAny(base, "<[") {
		return "", false
	}
	v, err := ParseVersion(version)
	if err != nil || v.Track() == "" {
		return "", false
	}
	return base + "@" + v.Track(), true
}

// Compatible reports whether an import named a may be given what is named b, the
// types permitting: the names are the same, or have versions of one track.
func Compatible(a, b string) bool {
	if a == b {
		return true
	}
	ka, ok := CompatibleKey(a)
	if !ok {
		return false
	}
	kb, ok := CompatibleKey(b)
	return ok && ka == kb
}

// isCanonVersion reports whether s is a "canonversion": 1, 0.2, 0.0.3 or 0.0.0.
func isCanonVersion(s string) bool {
	if s == "0.0.0" {
		return true
	}
	for _, zero := range [...]string{"0.0.", "0."} {
		if rest, ok := strings.CutPrefix(s, zero); ok {
			s = rest
			break
		}
	}
	return isNumber(s) && s[0] != '0'
}

// CheckVersionSuffix reports why a "versionsuffix" attribute does not fit the
// version of its interface name: the version must be a canonversion, and the two
// together a version.
func CheckVersionSuffix(version, suffix string) error {
	if !isCanonVersion(version) {
		return &NameError{Name: version, Msg: "a version suffix needs an interface name with a canonical version, as in @0.2"}
	}
	_, err := ParseVersion(version + suffix)
	return err
}
