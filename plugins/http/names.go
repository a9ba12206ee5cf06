package http

import (
	"net/url"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// methods are the cases of the variant method, before other.
var methods = [...]string{"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}

// methodValue makes a method.
func methodValue(name string) value.Value {
	for i, m := range methods {
		if m == name {
			return value.Variant(i, nil)
		}
	}
	return wire.Case(len(methods), value.String(name))
}

// readMethod reads a method; ok is false if other holds none.
func readMethod(v value.Value) (name string, ok bool) {
	if v.Case() < len(methods) {
		return methods[v.Case()], true
	}
	name = wire.Payload(v).Str()
	return name, httpguts.ValidHeaderFieldName(name) // a method is a token, as a field's name is
}

// schemes are the cases of the variant scheme, before other.
var schemes = [...]string{"http", "https"}

// schemeValue makes an option<scheme>, none for "".
func schemeValue(name string) value.Value {
	if name == "" {
		return value.None()
	}
	for i, s := range schemes {
		if s == name {
			return value.Some(value.Variant(i, nil))
		}
	}
	return value.Some(wire.Case(len(schemes), value.String(name)))
}

// readScheme reads an option<scheme>.
func readScheme(v value.Value) (name string, ok bool) {
	s, some := wire.Option(v)
	if !some {
		return "", true
	}
	if s.Case() < len(schemes) {
		return schemes[s.Case()], true
	}
	name = strings.ToLower(wire.Payload(s).Str())
	return name, validScheme(name)
}

func validScheme(s string) bool {
	for i, r := range s {
		letter := 'a' <= r && r <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", r)) {
			return false
		}
	}
	return s != ""
}

// validAuthority checks an authority: a host with an optional port, and nothing
// that could be taken for another part of a request.
func validAuthority(s string) bool {
	if s == "" || strings.ContainsAny(s, "/?#@\\ ") || !visible(s) {
		return false
	}
	u, err := url.Parse("//" + s)
	return err == nil && u.Host == s && u.Hostname() != ""
}

// validPath checks a path with query.
func validPath(s string) bool {
	if strings.ContainsAny(s, "# ") || !visible(s) {
		return false
	}
	if s == "" || s == "*" || s[0] == '?' {
		return true
	}
	_, err := url.ParseRequestURI(s)
	return s[0] == '/' && err == nil
}

// visible reports whether s is of visible ASCII characters, or of bytes beyond ASCII.
func visible(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] == 0x7f {
			return false
		}
	}
	return true
}
