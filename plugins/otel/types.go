package otel

import (
	"encoding/base64"
	"encoding/json"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.opentelemetry.io/otel/attribute"

	"github.com/sidecall/sidecall/host/value"
)

// reader reads names, texts and attributes within what there is room for.
type reader struct {
	// longest is how many bytes one text has. A negative one is any.
	longest int
	// room is how many bytes there may be in all from here on.
	room int
}

// perAttribute is what an attribute takes beside its texts, in bytes.
const perAttribute = 64

// text returns a copy of as much of a text as may be.
func (r *reader) text(s string) string {
	n := len(s)
	if r.longest >= 0 {
		n = min(n, r.longest)
	}
	n = min(n, r.room)
	for n > 0 && n < len(s) && !utf8.RuneStart(s[n]) {
		n--
	}
	r.room -= n
	return strings.Clone(s[:n])
}

// take reports whether there is room for n bytes more, and takes it.
func (r *reader) take(n int) bool {
	if n > r.room {
		return false
	}
	r.room -= n
	return true
}

// longestKey is how long a key is, in bytes.
const longestKey = 256

// proper reports whether a key may be a component's. Those of the host begin with its name,
// and some exporters write all but letters and digits as underscores.
func proper(key string) bool {
	rest, host := strings.CutPrefix(key, "sidecall")
	host = host && rest != "" && !unicode.IsLetter(rune(rest[0])) && !unicode.IsDigit(rune(rest[0]))
	return key != "" && len(key) <= longestKey && !host
}

// attributes reads a list of key-value, of which at most limit are kept, a negative one
// being any. Of two with the same key the last counts. dropped are those that were too many
// or had no room or no proper key.
func (r *reader) attributes(list value.Value, limit int) (all []attribute.KeyValue, dropped int) {
	n := list.Len()
	at := map[attribute.Key]int{}
	for i := range n {
		if limit >= 0 && len(all) >= limit || r.room < perAttribute {
			return all, dropped + n - i
		}
		key := list.At(i).At(0).Str()
		if !proper(key) || !r.take(perAttribute+len(key)) {
			dropped++
			continue
		}
		kv := attribute.KeyValue{Key: attribute.Key(strings.Clone(key))}
		kv.Value = r.value(list.At(i).At(1).Str())
		if before, ok := at[kv.Key]; ok {
			all[before] = kv
			continue
		}
		at[kv.Key] = len(all)
		all = append(all, kv)
	}
	return all, dropped
}

const (
	// longestJSON is how long a value is to be read as JSON, in bytes; longer ones are texts.
	longestJSON = 64 << 10
	// octets is what texts begin with that are bytes.
	octets = "data:application/octet-stream;base64,"
)

// value reads a value, which is JSON. What is none, and what attributes of spans cannot be,
// objects and lists of several types, is the text as it is.
func (r *reader) value(s string) attribute.Value {
	if len(s) > longestJSON {
		return attribute.StringValue(r.text(s))
	}
	d := json.NewDecoder(strings.NewReader(s))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil || d.More() {
		return attribute.StringValue(r.text(s))
	}
	switch v := v.(type) {
	case string:
		if encoded, ok := strings.CutPrefix(v, octets); ok && (r.longest < 0 || len(v) <= r.longest) {
			if b, err := base64.StdEncoding.DecodeString(encoded); err == nil && r.take(len(b)) {
				return attribute.ByteSliceValue(b)
			}
		}
		return attribute.StringValue(r.text(v))
	case bool:
		return attribute.BoolValue(v)
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return attribute.Int64Value(n)
		}
		if f, err := v.Float64(); err == nil && !math.IsInf(f, 0) {
			return attribute.Float64Value(f)
		}
	case []any:
		if list, ok := r.list(v); ok {
			return list
		}
	}
	return attribute.StringValue(r.text(s))
}

// list reads a list whose elements are of one type, of which it keeps those that there is
// room for.
func (r *reader) list(all []any) (attribute.Value, bool) {
	if strs, ok := elements(all, func(v any) (string, bool) { s, ok := v.(string); return s, ok }); ok {
		for i := range strs {
			if !r.take(16) {
				strs = strs[:i]
				break
			}
			strs[i] = r.text(strs[i])
		}
		return attribute.StringSliceValue(strs), true
	}
	if ints, ok := elements(all, func(v any) (int64, bool) {
		n, _ := v.(json.Number)
		i, err := n.Int64()
		return i, err == nil
	}); ok {
		return attribute.Int64SliceValue(cut(r, ints)), true
	}
	if floats, ok := elements(all, func(v any) (float64, bool) {
		n, _ := v.(json.Number)
		f, err := n.Float64()
		return f, err == nil
	}); ok {
		return attribute.Float64SliceValue(cut(r, floats)), true
	}
	if bools, ok := elements(all, func(v any) (bool, bool) { b, ok := v.(bool); return b, ok }); ok {
		return attribute.BoolSliceValue(cut(r, bools)), true
	}
	return attribute.Value{}, false
}

// elements are those of a list, if all are what one of them is to be.
func elements[T any](all []any, one func(any) (T, bool)) ([]T, bool) {
	out := make([]T, len(all))
	for i, v := range all {
		var ok bool
		if out[i], ok = one(v); !ok {
			return nil, false
		}
	}
	return out, true
}

// cut takes as many elements as there is room for, 8 bytes each.
func cut[T any](r *reader, all []T) []T {
	n := min(len(all), max(0, r.room)/8)
	r.room -= 8 * n
	return all[:n]
}
