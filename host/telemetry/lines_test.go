package telemetry

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"
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
			stdio := GuestOutput(toLog(&out), "shop")("app", t.Context)
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
	l := &lines{log: zerolog.Nop(), to: &ComponentLog{}, running: t.Context}
	block := bytes.Repeat([]byte("x"), 1000)
	for range 10_000 {
		l.Write(block)
	}
	if c := cap(l.rest); c > 4*MaxLine {
		t.Errorf("%d bytes are kept", c)
	}
}

// TestLinesOfSpans writes for one call after the other.
func TestLinesOfSpans(t *testing.T) {
	var out bytes.Buffer
	var now context.Context
	stdio := GuestOutput(toLog(&out), "shop")("app", func() context.Context { return now })
	span := func(id byte) context.Context {
		return trace.ContextWithSpanContext(t.Context(), trace.NewSpanContext(trace.SpanContextConfig{TraceID: trace.TraceID{id}, SpanID: trace.SpanID{id}}))
	}
	for _, now = range []context.Context{t.Context(), span(1), span(2)} {
		if _, err := io.WriteString(stdio.Out, "hello\n"); err != nil {
			t.Error(err)
		}
	}
	want := `{"level":"info","composition":"shop","component":"app","stream":"stdout","message":"hello"}
{"level":"info","composition":"shop","component":"app","stream":"stdout","trace_id":"01000000000000000000000000000000","span_id":"0100000000000000","message":"hello"}
{"level":"info","composition":"shop","component":"app","stream":"stdout","trace_id":"02000000000000000000000000000000","span_id":"0200000000000000","message":"hello"}
`
	if out.String() != want {
		t.Errorf("got\n%s", &out)
	}
}

// toLog is a log of every component that has no bounds.
func toLog(w io.Writer) func(string) *ComponentLog {
	return func(string) *ComponentLog { return &ComponentLog{Log: zerolog.New(w)} }
}
