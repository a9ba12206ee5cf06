package http

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// headerError is a case of the variant header-error. It is an error.
type headerError int

const (
	invalidSyntax headerError = iota
	forbidden
	immutable
)

func (e headerError) Error() string {
	return [...]string{"invalid-syntax", "forbidden", "immutable"}[e]
}

// errTooManyFields is the trap of fields that take too much of the host's memory.
var errTooManyFields = errors.New("fields of more than 1 MiB")

const (
	fieldsLimit   = 1 << 20
	fieldOverhead = 32 // bytes that an entry takes beside its name and value
)

// field is one entry. Its name is kept as it was given.
type field struct {
	name  string
	value []byte
}

// fields is behind the resource fields: headers or trailers.
type fields struct {
	entries   []field
	size      int
	immutable bool
}

// ours are headers that belong to the connection, so the host sets them; a guest
// could otherwise smuggle a request into another.
var ours = []string{"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection",
	"transfer-encoding", "upgrade", "host", "http2-settings"}

// check checks a name.
func (f *fields) check(name string) error {
	switch {
	case !httpguts.ValidHeaderFieldName(name):
		return invalidSyntax
	case slices.Contains(ours, strings.ToLower(name)):
		return forbidden
	case f.immutable:
		return immutable
	}
	return nil
}

// add adds entries of one name, or, if one of them is not valid, none.
func (f *fields) add(name string, values ...[]byte) error {
	if err := f.check(name); err != nil {
		return err
	}
	size := f.size
	for _, v := range values {
		if !httpguts.ValidHeaderFieldValue(string(v)) {
			return invalidSyntax
		}
		size += len(name) + len(v) + fieldOverhead
	}
	if size > fieldsLimit {
		return errTooManyFields
	}
	for _, v := range values {
		f.entries = append(f.entries, field{name, v})
	}
	f.size = size
	return nil
}

func (f *fields) delete(name string) error {
	if err := f.check(name); err != nil {
		return err
	}
	f.entries = slices.DeleteFunc(f.entries, func(e field) bool {
		if !strings.EqualFold(e.name, name) {
			return false
		}
		f.size -= len(e.name) + len(e.value) + fieldOverhead
		return true
	})
	return nil
}

// set replaces all entries of a name.
func (f *fields) set(name string, values ...[]byte) error {
	next := fields{entries: slices.Clone(f.entries), size: f.size, immutable: f.immutable}
	if err := next.delete(name); err != nil {
		return err
	}
	if err := next.add(name, values...); err != nil {
		return err
	}
	*f = next
	return nil
}

func (f *fields) get(name string) (values [][]byte) {
	for _, e := range f.entries {
		if strings.EqualFold(e.name, name) {
			values = append(values, e.value)
		}
	}
	return values
}

func (f *fields) clone() *fields {
	return &fields{entries: slices.Clone(f.entries), size: f.size}
}

// header makes what net/http takes.
func (f *fields) header() http.Header {
	h := make(http.Header, len(f.entries))
	for _, e := range f.entries {
		h.Add(e.name, string(e.value))
	}
	return h
}

// fromHeader makes fields of what net/http gives, in a fixed order and without what
// belongs to the connection.
func fromHeader(h http.Header) *fields {
	f := &fields{immutable: true}
	names := make([]string, 0, len(h))
	for name := range h {
		if !slices.Contains(ours, strings.ToLower(name)) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		for _, v := range h[name] {
			lower := strings.ToLower(name)
			f.entries = append(f.entries, field{lower, []byte(v)})
			f.size += len(name) + len(v) + fieldOverhead
		}
	}
	return f
}
