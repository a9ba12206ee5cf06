package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
)

// hostile is what somebody writes who wants to be taken for sidecall: it clears the
// screen, begins a line of its own, sets the title, and turns the order of letters.
const hostile = "\x1b[2J\u009b31mevil\nfake: ok\r\x1b]0;t\x07\u202ex\u200b\xff"

// shown runs sidecall and returns what a terminal would be given.
func shown(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	Main(append([]string{"--color=never"}, args...), strings.NewReader(""), &out, &err)
	text := out.String() + err.String()
	harmless(t, strings.Join(args, " "), text)
	return text
}

// harmless fails unless text shows what it is.
func harmless(t *testing.T, what, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "fake") {
			t.Errorf("%s: a line of a stranger's own:\n%q", what, text)
		}
		if strings.ContainsFunc(strings.TrimRight(line, "\n"), func(r rune) bool { return r != '\t' && !unicode.IsGraphic(r) }) || strings.Contains(line, "\xff") {
			t.Errorf("%s: a terminal would act on %q", what, line)
		}
	}
}

func TestStrangersNames(t *testing.T) {
	t.Chdir(t.TempDir())
	name := strings.ToValidUTF8(hostile, "?") + "\n\nwasm stack trace:\n\tfake"
	if err := os.WriteFile("names.wasm", named(name), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, engine := range []string{"compiler", "interpreter"} {
		if text := shown(t, "run", "--engine="+engine, "--cache-dir=off", "names.wasm"); !strings.Contains(text, `evil\nfake`) || !strings.Contains(text, "_start") {
			t.Errorf("%s: the stack is not whole:\n%s", engine, text)
		}
	}
}

// named is a command whose function traps under a name.
func named(name string) []byte {
	m := []byte("\x00asm\x01\x00\x00\x00" +
		"\x01\x04\x01\x60\x00\x00" + // the type of a function without parameters
		"\x03\x03\x02\x00\x00" +
		"\x05\x03\x01\x00\x01" +
		"\x07\x13\x02\x06memory\x02\x00\x06_start\x00\x01" +
		"\x0a\x0a\x02\x03\x00\x00\x0b\x04\x00\x10\x00\x0b")
	section := func(id byte, content []byte) []byte {
		return append(append([]byte{id}, uleb(len(content))...), content...)
	}
	text := func(s string) []byte { return append(uleb(len(s)), s...) }
	names := append([]byte{2, 0}, text(name)...)
	names = append(append(names, 1), text("_start")...)
	return append(m, section(0, append(text("name"), section(1, names)...))...)
}

func uleb(n int) []byte {
	var out []byte
	for ; n >= 0x80; n >>= 7 {
		out = append(out, byte(n)|0x80)
	}
	return append(out, byte(n))
}

func TestStrangersManifest(t *testing.T) {
	guest, err := os.ReadFile(journal)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("a.wasm", guest, 0o644); err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(strings.ToValidUTF8(hostile, "?")) // YAML reads JSON
	if err != nil {
		t.Fatal(err)
	}
	for i, manifest := range []string{
		`{HOSTILE: 1}`,
		`{apiVersion: HOSTILE, kind: HOSTILE}`,
		`{metadata: {name: HOSTILE}, main: HOSTILE, components: {HOSTILE: {file: ./a.wasm}}}`,
		`{metadata: {name: x}, main: a, components: {a: {file: HOSTILE}}}`,
		`{metadata: {name: x}, main: a, components: {a: {image: HOSTILE}}}`,
		`{metadata: {name: x}, main: a, components: {a: {file: ./a.wasm, imports: {HOSTILE: a, "wasi:cli/stdin": HOSTILE}}}}`,
		`{metadata: {name: x}, main: a, components: {a: {file: ./a.wasm, env: {HOSTILE: HOSTILE, "${HOSTILE}": "$"}, config: {HOSTILE: "${HOSTILE}"}}}}`,
		`{metadata: {name: x}, main: a, components: {a: {file: ./a.wasm, args: [HOSTILE], allow: {files: [{host: HOSTILE, guest: HOSTILE}], outboundHosts: [HOSTILE], sockets: [HOSTILE], buckets: [HOSTILE]}}}}`,
		`{metadata: {name: x}, main: a, components: {a: {file: ./a.wasm}}, http: {listen: HOSTILE, chain: [HOSTILE]}}`,
		"# " + strings.ToValidUTF8(hostile, "?") + "\n{x: 1}",
	} {
		manifest = strings.ReplaceAll(manifest, "HOSTILE", string(quoted))
		if !strings.Contains(manifest, "apiVersion") {
			manifest = strings.Replace(manifest, "{", `{apiVersion: sidecall.dev/v1alpha1, kind: Composition, `, 1)
		}
		file := fmt.Sprintf("m%d.yaml", i)
		if err := os.WriteFile(file, []byte(manifest), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, command := range [][]string{{"check"}, {"check", "-o", "json"}, {"run", "--cache-dir=off"}, {"graph"}, {"graph", "-o", "json"}, {"graph", "-o", "dot"}, {"graph", "-o", "mermaid"}, {"plan"}, {"pack", "-o", "out"}} {
			shown(t, append(command, file)...)
		}
	}
}

// TestStrangersProcess asks a process that is not what it seems.
func TestStrangersProcess(t *testing.T) {
	dir, err := os.MkdirTemp("", "sc") // short: the names of sockets have little room
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) }) // it is temporary anyway
	l, err := net.Listen("unix", filepath.Join(dir, "1.sock"))
	if err != nil {
		t.Fatal(err)
	}
	failing := false
	s := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, _ := json.Marshal(hostile) // a string can be marshalled
		switch {
		case failing:
			http.Error(w, hostile, http.StatusTeapot)
		case strings.HasSuffix(r.URL.Path, "status"):
			fmt.Fprintf(w, `{"pid":1,"composition":%[1]s,"command":%[1]s,"version":%[1]s,"started":"2026-01-01T00:00:00Z","address":%[1]s,"instances":{"policy":%[1]s},"components":[{"name":%[1]s,"source":%[1]s}]}`, h)
		case strings.HasSuffix(r.URL.Path, "graph"):
			fmt.Fprint(w, strings.ReplaceAll(hostile, "\n", " "))
		case strings.HasSuffix(r.URL.Path, "functions"):
			fmt.Fprintf(w, `[{"name":%[1]s,"type":%[1]s,"why":%[1]s}]`, h)
		default:
			clean := strings.ReplaceAll(string(h), `\n`, "")
			fmt.Fprintf(w, `{"message":%[1]s,"result":%[1]s}`, clean)
		}
	})}
	t.Cleanup(func() { _ = s.Close() })
	go func() { _ = s.Serve(l) }() // ends with Close
	for _, failing = range []bool{false, true} {
		for _, args := range [][]string{{"ps"}, {"ps", "-o", "json"}, {"ps", "1"}, {"top", "--once"}, {"top", "-o", "json", "-n", "1"}, {"graph", "--running=1"}, {"graph", "--running=1", "-o", "json"}, {"call"}, {"call", "-o", "json"}, {"call", "f()"}} {
			shown(t, append(args, "--control="+dir)...)
		}
	}
}

func TestStrangersRegistry(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	text := strings.ToValidUTF8(hostile, "?")
	body, err := json.Marshal(map[string]any{"errors": []any{map[string]any{"code": text, "message": text, "detail": text}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, status := range []int{401, 403, 404, 500} {
		registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+strings.ReplaceAll(text, "\n", "")+`"`)
			w.WriteHeader(status)
			_, _ = w.Write(body)
		}))
		ref := strings.TrimPrefix(registry.URL, "http://") + "/x:1"
		shown(t, "run", ref)
		shown(t, "pull", ref)
		registry.Close()
	}
}

func TestStrangersLog(t *testing.T) {
	for _, format := range []string{"text", "json"} {
		for _, color := range []string{"never", "always"} {
			var out bytes.Buffer
			log := newLogger(&settings.Settings{LogFormat: format, LogLevel: zerolog.InfoLevel, Color: color}, &out)
			log.Warn().Str("path", hostile).Strs("stack", []string{hostile}).Str(hostile, "x").Err(errors.New(hostile)).Msg(hostile)
			text := out.String()
			if strings.Count(text, "evil") != 5 || strings.Count(text, "\n") != 1 {
				t.Errorf("%s: %q", format, text)
			}
			if format == "json" && !json.Valid([]byte(text)) {
				t.Errorf("not JSON: %s", text)
			}
			if color == "never" || format == "json" {
				harmless(t, format, text)
			} else if strings.Contains(text, "\x1b[2J") || strings.Contains(text, "\u202e") {
				t.Errorf("%s in colours: %q", format, text)
			}
		}
	}
}
