package http

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"

	"github.com/sidecall/sidecall/host/value"
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
	fieldsLimit = 1 << 20
	// fieldOverhead is how many bytes an entry takes beside its name and value, as
	// HTTP/2 counts them (RFC 9113 section 10.5.1).
	fieldOverhead = 32
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
	f.remove(name)
	return nil
}

// remove deletes entries of any name.
func (f *fields) remove(name string) {
	f.entries = slices.DeleteFunc(f.entries, func(e field) bool {
		if !strings.EqualFold(e.name, name) {
			return false
		}
		f.size -= len(e.name) + len(e.value) + fieldOverhead
		return true
	})
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

// Retained makes fields a host.Retainer: each may be large, and a guest may have many.
func (f *fields) Retained() int { return f.size }

func (f *fields) clone() *fields {
	return &fields{entries: slices.Clone(f.entries), size: f.size}
}

// mayTrail reports whether none of the fields, which may be nil, has to come before a
// body: what frames it, routes it or says what it is (RFC 9110 section 6.5.1).
func (f *fields) mayTrail() bool {
	return f == nil || !slices.ContainsFunc(f.entries, func(e field) bool { return !httpguts.ValidTrailerHeader(e.name) })
}

// valid reports whether the fields, which came from net/http, are what a guest could
// have made: net/http's client takes names with spaces.
func (f *fields) valid() bool {
	return !slices.ContainsFunc(f.entries, func(e field) bool {
		return !httpguts.ValidHeaderFieldName(e.name) || !httpguts.ValidHeaderFieldValue(string(e.value))
	})
}

// tooLarge tells of fields that a server sent and that are larger than limit bytes:
// by the case one if a single field is, else by the case all.
func (f *fields) tooLarge(limit int64, all, one Code) *Error {
	if int64(f.size) <= limit {
		return nil
	}
	for _, e := range f.entries {
		if n := len(e.name) + len(e.value) + fieldOverhead; int64(n) > limit {
			return with(one, value.Record(value.Some(value.String(e.name)), value.Some(value.U32(uint32(n)))))
		}
	}
	return with(all, value.Some(value.U32(uint32(f.size))))
}

// header makes what net/http takes.
func (f *fields) header() http.Header {
	h := make(http.Header, len(f.entries))
	for _, e := range f.entries {
		h.Add(e.name, string(e.value))
	}
	return h
}

// fromHeader makes fields of a header that net/http gives, in a fixed order and without
// what belongs to the connection: what is ours, and what the field Connection names (RFC
// 9110 section 7.6.1).
func fromHeader(h http.Header) *fields {
	named := connectionOptions(h)
	return fromMap(h, func(name string) bool {
		return slices.Contains(ours, name) || slices.Contains(named, name) ||
			name == "te" && !acceptsTrailers(h)
	})
}

// fromTrailer makes fields of trailers, without what may only stand in a header.
func fromTrailer(h http.Header) *fields {
	return fromMap(h, func(name string) bool {
		return slices.Contains(ours, name) || !httpguts.ValidTrailerHeader(name)
	})
}

// connectionOptions are the fields that the field Connection names, in lower case.
func connectionOptions(h http.Header) (names []string) {
	for _, list := range h["Connection"] {
		for name := range strings.SplitSeq(list, ",") {
			names = append(names, strings.ToLower(strings.Trim(name, " \t")))
		}
	}
	return names
}

// acceptsTrailers reports whether the field TE says that and nothing else, which is all of
// it that means something behind the connection.
func acceptsTrailers(h http.Header) bool {
	te := h["Te"]
	return len(te) == 1 && strings.EqualFold(strings.Trim(te[0], " \t"), "trailers")
}

func fromMap(h http.Header, leaveOut func(lower string) bool) *fields {
	f := &fields{immutable: true}
	names := make([]string, 0, len(h))
	for name := range h {
		if !leaveOut(strings.ToLower(name)) {
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
