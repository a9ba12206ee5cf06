package store

import (
	"fmt"
	"path"
	"strings"
)

// Name is the name of a component or a composition that is safe as part of a path, on
// every system, and in every message: one to 200 letters of ASCII, digits, hyphens and
// underscores. Names come from who made an image; only NewName and NameOf make one of
// these, so that who has one need not look at it again. The zero Name is none.
type Name struct{ text string }

// maxName leaves room for endings where a file's name has at most 255 bytes.
const maxName = 200

// NewName checks a name. The error says what is wrong with it.
func NewName(text string) (Name, error) {
	switch {
	case text == "":
		return Name{}, fmt.Errorf("the name is empty")
	case len(text) > maxName:
		return Name{}, fmt.Errorf("the name %.40q… has %d bytes, more than %d", text, len(text), maxName)
	case strings.ContainsFunc(text, func(r rune) bool { return !inName(r) }):
		return Name{}, fmt.Errorf("the name %+q has other characters than letters of ASCII, digits, - and _", text)
	case text[0] == '-':
		return Name{}, fmt.Errorf("the name %q begins with a hyphen", text)
	case device(text):
		return Name{}, fmt.Errorf("the name %q is that of a device on Windows", text)
	}
	return Name{text}, nil
}

// NameOf makes a name of a file's: without directories and the ending .wasm, and with
// hyphens for what no name has. It is "component" where nothing is left.
func NameOf(file string) Name {
	base := strings.TrimSuffix(path.Base(strings.ReplaceAll(file, `\`, "/")), ".wasm")
	base = strings.Map(func(r rune) rune {
		if inName(r) {
			return r
		}
		return '-'
	}, base)
	base = strings.TrimLeft(base[:min(len(base), maxName)], "-")
	if name, err := NewName(base); err == nil {
		return name
	}
	return Name{"component"}
}

func inName(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_'
}

// device tells whether Windows takes a file's name, whatever its ending, for a device.
func device(name string) bool {
	switch name = strings.ToLower(name); name {
	case "con", "prn", "aux", "nul":
		return true
	}
	return len(name) == 4 && (strings.HasPrefix(name, "com") || strings.HasPrefix(name, "lpt")) && name[3] >= '0' && name[3] <= '9'
}

// String is the name itself.
func (n Name) String() string { return n.text }

// File is the name of the component's file in a composition that is laid out.
func (n Name) File() string { return n.text + ".wasm" }

// same is equal for names whose files would be one where case does not count.
func (n Name) same() string { return strings.ToLower(n.text) }

// collision finds two names whose files would be the same.
func collision(names []Name) (one, other Name, found bool) {
	seen := map[string]Name{}
	for _, n := range names {
		if one, found = seen[n.same()]; found {
			return one, n, true
		}
		seen[n.same()] = n
	}
	return Name{}, Name{}, false
}
