package store

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Bounds of what an index, a manifest or a configuration may hold: a descriptor in
// memory takes a hundred times what an empty one takes as text.
const (
	maxJSONValues = 50_000 // values and keys
	maxJSONDepth  = 32     // maps and lists in each other
)

// DecodeJSON is json.Unmarshal for what comes with an image: at most MaxManifestSize
// bytes, 50,000 values, and 32 of them in each other.
func DecodeJSON(data []byte, v any) error {
	if len(data) > MaxManifestSize {
		return &tooMuch{fmt.Sprintf("it has %d bytes, more than %d", len(data), MaxManifestSize)}
	}
	values, depth, quoted := 1, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			values++
			depth++
		case c == '}' || c == ']':
			depth--
		case c == ',' || c == ':':
			values++
		}
		if values > maxJSONValues {
			return &tooMuch{fmt.Sprintf("it has more than %d values", maxJSONValues)}
		}
		if depth > maxJSONDepth {
			return &tooMuch{fmt.Sprintf("its values are nested more than %d deep", maxJSONDepth)}
		}
	}
	return json.Unmarshal(data, v)
}

// decodeJSON is DecodeJSON with an error that names what could not be decoded.
func decodeJSON(ref, what string, data []byte, v any) error {
	err := DecodeJSON(data, v)
	var large *tooMuch
	if errors.As(err, &large) {
		return &Error{Ref: ref, Msg: what + " is not usable", Err: err}
	}
	if err != nil {
		return &Error{Ref: ref, Msg: what + " is not JSON", Err: err}
	}
	return nil
}

// tooMuch says which bound JSON is beyond.
type tooMuch struct{ text string }

func (e *tooMuch) Error() string { return e.text }
