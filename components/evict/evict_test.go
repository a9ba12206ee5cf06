package evict

import (
	"testing"
	"time"
)

func TestGoes(t *testing.T) {
	hour := time.Now().Add(-time.Hour)
	for _, c := range []struct {
		rule  Rule
		total int64
		want  bool
	}{
		{Rule{}, 1 << 40, false},
		{Rule{KeepFor: time.Minute}, 1, true},
		{Rule{KeepFor: 2 * time.Hour}, 1, false},
		{Rule{MaxSize: 10}, 10, false},
		{Rule{MaxSize: 10}, 11, true},
		{Rule{Crowded: func() bool { return true }}, 1, true},
		{Rule{Crowded: func() bool { return false }}, 1, false},
	} {
		if got := c.rule.Goes(hour, c.total); got != c.want {
			t.Errorf("%+v, %d bytes: %v", c.rule, c.total, got)
		}
	}
}
