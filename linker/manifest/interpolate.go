package manifest

import (
	"fmt"
	"strings"
)

// maxNested bounds variables in the defaults of variables.
const maxNested = 8

// maxExpanded bounds a value after variables were put in, in bytes.
const maxExpanded = 1 << 20

// varError is a problem with a variable: what, and what to write instead. unset is the
// variable's name, if that it is not set is the problem.
type varError struct{ msg, hint, unset string }

func (e *varError) Error() string { return e.msg }

// interpolate puts variables into s: ${VAR}, ${VAR:-default} and ${VAR-default},
// ${VAR:?message} and ${VAR?message}; with the colon an empty variable counts as
// not set. $$ is a dollar sign.
func interpolate(s string, lookup func(string) (string, bool), depth int) (string, error) {
	if !strings.Contains(s, "$") {
		return s, nil
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(s, "$")
		b.WriteString(before)
		if b.Len() > maxExpanded {
			return "", &varError{msg: fmt.Sprintf("the text is longer than %d bytes with its variables", maxExpanded)}
		}
		if !found {
			return b.String(), nil
		}
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			s = rest[1:]
		case strings.HasPrefix(rest, "{"):
			end := closing(rest)
			if end < 0 {
				return "", &varError{msg: fmt.Sprintf("%q has no closing brace", "$"+clip(rest)), hint: "${NAME}, or $$ for a dollar sign"}
			}
			v, err := variable(rest[1:end], lookup, depth)
			if err != nil {
				return "", err
			}
			b.WriteString(v)
			s = rest[end+1:]
		default:
			return "", &varError{msg: fmt.Sprintf("%q is neither a variable nor a dollar sign", "$"+clip(rest)), hint: "${NAME} for a variable, $$ for a dollar sign"}
		}
	}
}

// closing returns the index of the brace that closes the one at s[0], -1 without.
func closing(s string) int {
	open := 0
	for i := range len(s) {
		switch s[i] {
		case '{':
			open++
		case '}':
			if open--; open == 0 {
				return i
			}
		}
	}
	return -1
}

// variable evaluates the inside of ${…}.
func variable(s string, lookup func(string) (string, bool), depth int) (string, error) {
	n := 0
	for n < len(s) && (s[n] == '_' || s[n]|0x20 >= 'a' && s[n]|0x20 <= 'z' || n > 0 && s[n] >= '0' && s[n] <= '9') {
		n++
	}
	name, op := s[:n], s[n:]
	if name == "" {
		return "", &varError{msg: fmt.Sprintf("%q does not name a variable", "${"+clip(s)+"}"), hint: "${NAME}: letters, digits and _, not starting with a digit"}
	}
	value, set := lookup(name)
	if after, ok := strings.CutPrefix(op, ":"); ok {
		op, set = after, set && value != ""
	}
	switch {
	case op == "" && len(s) == n:
		if !set {
			return "", &varError{"variable " + name + " is not set", "${" + name + ":-default} if it may be absent", name}
		}
		return value, nil
	case strings.HasPrefix(op, "-"):
		if set {
			return value, nil
		}
		if depth >= maxNested {
			return "", &varError{msg: fmt.Sprintf("variables are nested more than %d deep", maxNested)}
		}
		return interpolate(op[1:], lookup, depth+1)
	case strings.HasPrefix(op, "?"):
		if set {
			return value, nil
		}
		if op == "?" {
			return "", &varError{"variable " + name + " is not set", "", name}
		}
		return "", &varError{"variable " + name + " is not set: " + op[1:], "", name}
	}
	return "", &varError{msg: fmt.Sprintf("%q is not understood", "${"+clip(s)+"}"), hint: "${NAME}, ${NAME:-default} or ${NAME:?message}"}
}

// clip shortens text for a message.
func clip(s string) string {
	const most = 40
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "") + "…"
}
