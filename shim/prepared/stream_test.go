package prepared_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/sidecall/sidecall/shim/prepared"
)

var key = strings.Repeat("0f", 32)

func sum(data string) string {
	s := sha256.Sum256([]byte(data))
	return hex.EncodeToString(s[:])
}

// read reads a stream into a new directory.
func read(t testing.TB, stream []byte) (prepared.About, fs.FS, error) {
	t.Helper()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	about, err := prepared.Read(bytes.NewReader(stream), root)
	return about, root.FS(), err
}

func TestRoundTrip(t *testing.T) {
	dir := fstest.MapFS{key + "/a-1": {Data: []byte("code")}, key + "/a-1.sum": {Data: []byte(sum("code"))}, "images/x": {Data: []byte("other")}}
	var b bytes.Buffer
	if err := prepared.Write(&b, prepared.About{Command: "serve"}, dir); err != nil {
		t.Fatal(err)
	}
	about, got, err := read(t, b.Bytes())
	if err != nil || about.Command != "serve" {
		t.Fatalf("%+v, %v", about, err)
	}
	for name, want := range map[string]string{key + "/a-1": "code", key + "/a-1.sum": sum("code"), prepared.AboutFile: `{"command":"serve"}`} {
		data, err := fs.ReadFile(got, name)
		info, statErr := fs.Stat(got, name)
		if err != nil || statErr != nil || string(data) != want || info.Mode().Perm() != 0o444 {
			t.Errorf("%s: %q, %v, %v", name, data, err, statErr)
		}
	}
	if _, err := fs.Stat(got, "images/x"); err == nil {
		t.Error("what is no compiled code was taken along")
	}
}

// entry is a file in a stream that nobody of ours has written.
type entry struct {
	name, data string
	kind       byte
}

func stream(entries ...entry) []byte {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e.name, Mode: 0o6777, Size: int64(len(e.data)), Typeflag: e.kind, Linkname: "/etc/shadow"}
		if e.kind == 0 {
			h.Typeflag = tar.TypeReg
		}
		_ = t.WriteHeader(h)
		_, _ = t.Write([]byte(e.data))
	}
	_ = t.Close()
	return b.Bytes()
}

// TestHostile: a process that strangers have taken over can write what it likes.
func TestHostile(t *testing.T) {
	about := entry{name: prepared.AboutFile, data: `{"command":"run"}`}
	good := []entry{about, {name: key + "/a", data: "x"}, {name: key + "/a.sum", data: sum("x")}}
	if _, _, err := read(t, stream(good...)); err != nil {
		t.Fatal(err)
	}
	for want, s := range map[string][]byte{
		"it is no archive":                        []byte(strings.Repeat("{", 600)),
		"it is no archive: EOF":                   nil,
		"it does not begin with ready.json":       stream(good[1:]...),
		`the command is "rm"`:                     stream(entry{name: prepared.AboutFile, data: `{"command":"rm"}`}),
		"invalid character":                       stream(entry{name: prepared.AboutFile, data: `no JSON`}),
		`"../../x" is no name of compiled code`:   stream(about, entry{name: "../../x", data: "x"}),
		`"/etc/cron.d/x" is no name`:              stream(about, entry{name: "/etc/cron.d/x", data: "x"}),
		key + `/../x" is no name`:                 stream(about, entry{name: key + "/../x", data: "x"}),
		key + `/..\\" is no name`:                 stream(about, entry{name: key + `/..\`, data: "x"}),
		key + `/b" is not a regular file`:         stream(about, entry{key + "/b", "", tar.TypeSymlink}),
		key + `/c" is not a regular file`:         stream(about, entry{key + "/c", "", tar.TypeLink}),
		key + `/d" is not a regular file`:         stream(about, entry{key + "/d", "", tar.TypeFifo}),
		`e" is not a regular file`:                stream(about, entry{"e", "", tar.TypeDir}),
		`ready.json" is no name`:                  stream(about, about),
		"a is not what its sum says":              stream(about, entry{name: key + "/a", data: "y"}, good[2]),
		"b is not what its sum says":              stream(append(good, entry{name: key + "/b", data: "y"})...),
		"it has sums of files that are not there": stream(about, good[2]),
		"b.sum has 1 bytes, which is no sum":      stream(append(good, entry{name: key + "/b.sum", data: "y"})...),
		"file exists":                             stream(append(good, good[1])...),
	} {
		_, got, err := read(t, s)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		_ = fs.WalkDir(got, ".", func(name string, e fs.DirEntry, err error) error {
			if err == nil && !e.IsDir() && !e.Type().IsRegular() {
				t.Errorf("%s was made, a %s", name, e.Type())
			}
			if info, err := e.Info(); err == nil && info.Mode()&(fs.ModeSetuid|fs.ModeSetgid|0o022) != 0 {
				t.Errorf("%s was made with mode %s", name, info.Mode())
			}
			return nil
		})
	}
	// A size that is only said.
	head := stream(about, entry{name: key + "/a", data: "x"})
	at := bytes.Index(head, []byte(key+"/a"))
	copy(head[at+124:], "77777777777")
	sumAt := head[at+148 : at+156]
	copy(sumAt, "        ")
	total := 0
	for _, c := range head[at : at+512] {
		total += int(c)
	}
	copy(sumAt, []byte{byte('0' + total>>15&7), byte('0' + total>>12&7), byte('0' + total>>9&7), byte('0' + total>>6&7), byte('0' + total>>3&7), byte('0' + total&7), 0, ' '})
	if _, _, err := read(t, head); err == nil || !strings.Contains(err.Error(), "it has more than 1073741824 bytes") {
		t.Errorf("a size: %v", err)
	}
}

// FuzzRead: nothing that a stream says makes a file outside of its directory, or panics.
func FuzzRead(f *testing.F) {
	f.Add(stream(entry{name: prepared.AboutFile, data: `{"command":"run"}`}, entry{name: key + "/a", data: "x"}, entry{name: key + "/a.sum", data: sum("x")}))
	f.Fuzz(func(t *testing.T, data []byte) {
		if about, _, err := read(t, data); err == nil && about.Command != "run" && about.Command != "serve" {
			t.Errorf("%+v", about)
		}
	})
}
