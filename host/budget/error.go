package budget

import (
	"fmt"
	"strings"
)

// Error tells that a quota is used up.
type Error struct {
	// Spec is the quota's.
	Spec
	// Used is how much of it was in use, Asked how much more was asked for.
	Used, Asked uint64
	// Alone is set if nobody else takes of the quota: to wait does not help.
	Alone bool
}

// Temporary reports whether there can be room later, when others have given back.
func (e *Error) Temporary() bool { return !e.Alone && e.Asked <= e.Limit }

// Error says whose quota it is, of what, the numbers, and what to change.
func (e *Error) Error() string {
	var b strings.Builder
	of := ""
	if e.Unit == Bytes {
		of = "of "
	}
	fmt.Fprintf(&b, "%s may have %s %s%s", e.Owner, e.Unit.format(e.Limit), of, e.What)
	if e.Asked > e.Limit {
		fmt.Fprintf(&b, ": %s are needed", e.Unit.format(e.Asked))
	} else {
		fmt.Fprintf(&b, ": %s are in use, %s more were asked for", e.Unit.format(e.Used), e.Unit.format(e.Asked))
	}
	if e.Change != "" {
		fmt.Fprintf(&b, "; the limit is set by %s", e.Change)
	}
	return b.String()
}

// format writes a number of bytes with at most one decimal, never as 0 if it is not.
func (u Unit) format(n uint64) string {
	if u != Bytes {
		return fmt.Sprint(n)
	}
	units := []string{"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	i, f := 0, float64(n)
	for f >= 1024 && i < len(units)-1 {
		i, f = i+1, f/1024
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") + units[i]
}
