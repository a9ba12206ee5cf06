package printable_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/sidecall/sidecall/components/printable"
)

func TestText(t *testing.T) {
	for _, test := range []struct{ in, want string }{
		{"", ""},
		{"wasi:io/streams@0.2.12 #ß \u00a0 日本\u3000語 \\n", "wasi:io/streams@0.2.12 #ß \u00a0 日本\u3000語 \\n"},
		{"\x1b[2Jevil\nfake: line", `\x1b[2Jevil\nfake: line`},
		{"a\tb\r\x00\x7f", `a\tb\r\x00\x7f`},
		{"c1 \u009b31m, bidi \u202e\u2066\u200f, none \u200b\ufeff, lines \u2028\u0085", `c1 \u009b31m, bidi \u202e\u2066\u200f, none \u200b\ufeff, lines \u2028\u0085`},
		{"bad \xff\xc3", `bad \xff\xc3`},
		{"tag \U000e0041", `tag \U000e0041`},
	} {
		got := printable.Text(test.in)
		if got != test.want {
			t.Errorf("%q: got %q, want %q", test.in, got, test.want)
		}
		if again := printable.Text(got); again != got {
			t.Errorf("%q: the second time %q", got, again)
		}
	}
}

func TestLines(t *testing.T) {
	const want = "first\n  sidecall: ok\\x1b[1m\n  \tthird"
	if got := printable.Lines("first\nsidecall: ok\x1b[1m\n\tthird", "  "); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{"", "plain", "\x1b[2J\u202e\xff\n", "\U000e0041\u009b\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		text := printable.Text(s)
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("%q: %q", s, text)
		}
		encoded, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		shown := printable.JSON(encoded)
		if strings.ContainsFunc(string(shown), func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Errorf("%q as JSON: %q", s, shown)
		}
		var want, got string
		if json.Unmarshal(encoded, &want) != nil || json.Unmarshal(shown, &got) != nil || got != want {
			t.Errorf("%q as JSON: %q, which means %q", s, shown, got)
		}
	})
}
