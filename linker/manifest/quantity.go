package manifest

import (
	"strconv"
	"strings"
	"time"
)

// string is the text of a key, empty if it is not there.
func (v *value) string(key string) string {
	if e := v.get(key); e != nil {
		return e.text
	}
	return ""
}

// number is the value of a key of the shapes count and countOr0, 0 if it is not
// there. Those shapes hold no number that an int does not.
func (v *value) number(key string) int {
	n, _ := strconv.Atoi(v.string(key))
	return n
}

// duration is the value of a key of the shape timeSpan, 0 if it is not there.
func (v *value) duration(key string) time.Duration {
	d, _ := time.ParseDuration(v.string(key))
	return d
}

// size is the value of a key of the shape byteCount in bytes, 0 if it is not there.
func (v *value) size(key string) int64 {
	digits, scale := v.string(key), int64(1)
	for i, unit := range []string{"Ki", "Mi", "Gi"} {
		if d, ok := strings.CutSuffix(digits, unit); ok {
			digits, scale = d, 1<<(10*(i+1))
		}
	}
	n, _ := strconv.ParseInt(digits, 10, 64)
	return n * scale
}
