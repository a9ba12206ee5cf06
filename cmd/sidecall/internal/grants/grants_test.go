package grants_test

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/go-digest"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/grants"
	"github.com/sidecall/sidecall/linker/manifest"
)

// asking is the manifest of an image with two components.
func asking(t *testing.T, app, other string) *manifest.Manifest {
	t.Helper()
	m, problems := manifest.Decode([]byte("apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents:\n"+
		"  app: { file: a.wasm, allow: { "+app+" } }\n  other: { file: b.wasm, allow: { "+other+" } }\n"),
		"/layers/sidecall.yaml", manifest.Options{Artifact: true, Dir: "/here"})
	if m == nil {
		t.Fatal(problems.Err())
	}
	return m
}

func never(grants.Request) bool { return false }

// TestDecide shows what each flag lets through, and what is left to be asked about.
func TestDecide(t *testing.T) {
	const app = `files: [{ host: ./in, guest: /in, readOnly: true }, { host: /etc, guest: /etc }], outboundHosts: ["https://a.example.com"], keyvalue: [orders]`
	const other = `files: [{ host: /root, guest: /in }], outboundHosts: ["https://a.example.com", "http://*"], sockets: [{ protocol: tcp, connect: 10.0.0.1, ports: 80 }]`
	for _, test := range []struct {
		name     string
		flags    string
		replaced string
		got      string // what is granted: component, kind=value
		open     int
		err      string
	}{
		{name: "nothing said", open: 8},
		{name: "none", flags: "none"},
		{name: "all", flags: "all", got: "app files=/here/in::/in::ro|app files=/etc::/etc|app outboundHosts=https://a.example.com|app keyvalue=orders|" +
			"other files=/root::/in|other outboundHosts=https://a.example.com|other outboundHosts=http://*|other sockets=tcp:connect:10.0.0.1:80"},
		{name: "an origin is for all who ask", flags: "none outboundHosts=https://a.example.com",
			got: "app outboundHosts=https://a.example.com|other outboundHosts=https://a.example.com"},
		{name: "no origin covers another", flags: "outboundHosts=https://*", open: 8, err: "--allow outboundHosts=https://*: this is not asked for"},
		{name: "the directory is the one that the flag says", flags: "none files=/mine::/in", got: "app files=/mine::/in::ro|other files=/mine::/in"},
		{name: "read only by the flag", flags: "none files=/mine::/etc::ro", got: "app files=/mine::/etc::ro"},
		{name: "not more than is asked for", flags: "none files=/mine::/in::rw", got: "app files=/mine::/in::ro|other files=/mine::/in"},
		{name: "another name for it", flags: "none files=/etc::/other", err: "--allow files=/etc::/other: this is not asked for"},
		{name: "by --dir", flags: "none", replaced: "/in", got: ""},
		{name: "by --dir, the rest is open", replaced: "/in", open: 7},
		{name: "a socket and a bucket", flags: "none sockets=tcp:connect:10.0.0.1:80 keyvalue=orders", got: "app keyvalue=orders|other sockets=tcp:connect:10.0.0.1:80"},
		{name: "a component's name is no part of it", flags: "none keyvalue=app.orders", err: "--allow keyvalue=app.orders: this is not asked for"},
	} {
		m := asking(t, app, other)
		allowed, err := grants.Parse(strings.Fields(test.flags))
		if err != nil {
			t.Fatal(err)
		}
		before := len(grants.Of(m))
		out, open, err := allowed.Decide(m, strings.Fields(test.replaced), never)
		if text := ""; err != nil || test.err != "" {
			if err != nil {
				text = err.Error()
			}
			if text != test.err {
				t.Errorf("%s: error %q, want %q", test.name, text, test.err)
			}
			continue
		}
		var got []string
		for _, r := range grants.Of(out) {
			got = append(got, r.Component+" "+r.Flag())
		}
		if strings.Join(got, "|") != test.got || len(open) != test.open {
			t.Errorf("%s:\n got %s\nwant %s\n%d open, want %d: %v", test.name, strings.Join(got, "|"), test.got, len(open), test.open, open)
		}
		if len(grants.Of(m)) != before {
			t.Errorf("%s: the image's own manifest was changed", test.name)
		}
	}
}

// TestTooMuchToRead: what nobody could read is not asked about.
func TestTooMuchToRead(t *testing.T) {
	for _, files := range []string{
		`[{ host: /a, guest: "/` + strings.Repeat("x", 400) + `" }]`,
		`[{ host: "/safe::/guest", guest: /x }]`, `[{ host: /x, guest: "/a::ro" }]`, `[{ host: /x, guest: "/a\0b" }]`,
	} {
		allowed, err := grants.Parse(nil)
		if err != nil {
			t.Fatal(err)
		}
		if _, open, err := allowed.Decide(asking(t, "files: "+files, "keyvalue: []"), nil, never); err == nil || open != nil {
			t.Errorf("%.60s: %v, %v", files, open, err)
		} else if len(err.Error()) > 300 || strings.ContainsRune(err.Error(), 0) {
			t.Errorf("%.60s: %q", files, err)
		}
	}
}

// TestMeans: what is shown cannot pass for something else.
func TestMeans(t *testing.T) {
	m := asking(t, `files: [{ host: "/tmp, as /in\n  other: read /x", guest: "/\u202egnp" }], keyvalue: ["\e[2J", "a b", "é"]`, "keyvalue: []")
	var got []string
	for _, r := range grants.Of(m) {
		got = append(got, r.Means)
	}
	want := []string{`read and write "/tmp, as /in\n  other: read /x", as "/\u202egnp"`, `use the bucket "\x1b[2J"`, `use the bucket "a b"`, `use the bucket "\u00e9"`}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for word, want := range map[string]string{"a/b:c=1": "a/b:c=1", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "": "''"} {
		if got := grants.ShellWord(word); got != want {
			t.Errorf("%q: %s, want %s", word, got, want)
		}
	}
}

// TestOutside: a manifest of one's own, and where its directories are.
func TestOutside(t *testing.T) {
	dir := t.TempDir()
	for _, d := range []string{"own/data", "elsewhere", "ownership"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "own", "link")); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	for host, want := range map[string]bool{".": false, "./data": false, "data/../data": false, "..": true, "../elsewhere": true, "../ownership": true, "./link": true, "/": true, "./not-there": false} {
		m, problems := manifest.Decode([]byte("apiVersion: sidecall.dev/v1alpha1\nkind: Composition\nmetadata: { name: x }\nmain: app\ncomponents:\n"+
			"  app: { file: a.wasm, allow: { files: [{ host: "+host+", guest: /x }] } }\n"), filepath.Join(dir, "own", "sidecall.yaml"), manifest.Options{})
		if m == nil {
			t.Fatal(problems.Err())
		}
		if err := os.WriteFile(m.File, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if got := len(grants.Outside(m)) == 1; got != want {
			t.Errorf("%s is outside: %v", host, got)
		}
	}
}

// TestMemory: answers are for one image, and for what they were about.
func TestMemory(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	memory := grants.OpenMemory()
	a, b := digest.FromString("a"), digest.FromString("b")
	list := grants.Of(asking(t, "keyvalue: [orders, users]", "keyvalue: [orders]"))
	if err := memory.Grant(a, "example.com/a:1", list[:1]); err != nil {
		t.Fatal(err)
	}
	for i, want := range []bool{true, false, false} { // the last is another component's
		if got := memory.Granted(a)(list[i]); got != want {
			t.Errorf("%v: %v", list[i], got)
		}
		if memory.Granted(b)(list[i]) {
			t.Errorf("%v was granted to another image", list[i])
		}
	}
	for _, d := range []digest.Digest{"", "sha256:../../x", "x"} {
		if memory.Granted(d)(list[0]) || memory.Grant(d, "x", list) == nil {
			t.Errorf("%q is taken for a digest", d)
		}
	}
	var none *grants.Memory
	if none.Granted(a)(list[0]) || none.Grant(a, "x", list) == nil {
		t.Error("no memory remembers")
	}
}

// TestLinkInPlaceOfDirectory: a guest that puts a link where a directory was that it had
// been granted is asked about again, and what is shown is where the link leads.
func TestLinkInPlaceOfDirectory(t *testing.T) {
	t.Setenv("XDG_STATE_HOME", t.TempDir())
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	inner, secret := filepath.Join(dir, "data", "inner"), filepath.Join(dir, "secret")
	for _, d := range []string{inner, secret} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	m := asking(t, "files: [{ host: "+filepath.ToSlash(inner)+", guest: /inner }]", "keyvalue: []")
	memory, image := grants.OpenMemory(), digest.FromString("image")
	if err := memory.Grant(image, "example.com/a:1", grants.Of(m)); err != nil {
		t.Fatal(err)
	}
	decide := func() []grants.Request {
		t.Helper()
		_, open, err := (&grants.Allowed{}).Decide(m, nil, memory.Granted(image))
		if err != nil {
			t.Fatal(err)
		}
		return open
	}
	if open := decide(); len(open) != 0 {
		t.Errorf("asked again about what was granted: %v", open)
	}
	if err := os.Remove(inner); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, inner); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if open := decide(); len(open) != 1 || open[0].Value != secret+"::/inner" {
		t.Errorf("the link is granted as the directory was: %v", open)
	}
}

// TestNoMemoryInWorkingDirectory: no answer is taken from where one happens to be.
func TestNoMemoryInWorkingDirectory(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no $HOME")
	}
	t.Setenv("XDG_STATE_HOME", "state")
	t.Setenv("HOME", "home")
	if grants.OpenMemory() != nil {
		t.Error("a directory relative to the working directory is trusted")
	}
}

// TestMemoryIsLink: an answer is a file that is there itself, as it is written.
func TestMemoryIsLink(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("XDG_STATE_HOME", dir)
	memory, image := grants.OpenMemory(), digest.FromString("a")
	list := grants.Of(asking(t, "keyvalue: [orders]", "keyvalue: []"))
	if err := memory.Grant(image, "example.com/a:1", list); err != nil {
		t.Fatal(err)
	}
	file, moved := filepath.Join(dir, "sidecall", "grants", "sha256-"+image.Encoded()+".json"), filepath.Join(dir, "moved")
	if err := os.Rename(file, moved); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(moved, file); err != nil {
		t.Skipf("no symbolic links here: %v", err)
	}
	if memory.Granted(image)(list[0]) {
		t.Error("an answer is read through a link")
	}
}
