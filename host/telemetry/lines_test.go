package telemetry

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
)

// TestLines writes in parts and looks which entries come of it.
func TestLines(t *testing.T) {
	long := strings.Repeat("x", MaxLine)
	for _, test := range []struct {
		name   string
		writes []string
		want   []string
	}{
		{"nothing", nil, nil},
		{"one", []string{"a\n"}, []string{"a"}},
		{"two at once", []string{"a\nb\n"}, []string{"a", "b"}},
		{"in parts", []string{"a", "b", "c\nd", "\n"}, []string{"abc", "d"}},
		{"no end", []string{"a\nb"}, []string{"a", "b"}},
		{"empty lines", []string{"\n\na\n"}, []string{"", "", "a"}},
		{"lines of Windows", []string{"a\r\nb\r\n"}, []string{"a", "b"}},
		{"as long as may be", []string{long + "\n"}, []string{long}},
		{"longer", []string{long + "y\n"}, []string{long, "y"}},
		{"longer, in parts", []string{"a", long, "y"}, []string{"a" + long[1:], "xy"}},
		{"much longer", []string{long + long + "y"}, []string{long, long, "y"}},
		{"not UTF-8", []string{"a\xffb\n"}, []string{"a\uFFFDb"}},
		{"colours", []string{"\x1b[31mred\n"}, []string{"\x1b[31mred"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			stdio := GuestOutput(zerolog.New(&out), "shop")("app")
			for _, w := range test.writes {
				if n, err := io.WriteString(stdio.Err, w); n != len(w) || err != nil {
					t.Errorf("write: %d, %v", n, err)
				}
			}
			if err := stdio.Err.(io.Closer).Close(); err != nil {
				t.Error(err)
			}
			var got []string
			for dec := json.NewDecoder(&out); dec.More(); {
				var e struct{ Composition, Component, Stream, Message string }
				if err := dec.Decode(&e); err != nil {
					t.Fatal(err)
				}
				if e.Composition != "shop" || e.Component != "app" || e.Stream != "stderr" {
					t.Errorf("entry %+v", e)
				}
				got = append(got, e.Message)
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestBuffer looks that a line without end takes no more memory than it may.
func TestBuffer(t *testing.T) {
	l := &lines{log: zerolog.Nop()}
	block := bytes.Repeat([]byte("x"), 1000)
	for range 10_000 {
		l.Write(block)
	}
	if c := cap(l.rest); c > 4*MaxLine {
		t.Errorf("%d bytes are kept", c)
	}
}
