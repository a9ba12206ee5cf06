package filesystem_test

import (
	"testing"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/filesystem"
	"github.com/sidecall/sidecall/plugins/internal/plugintest"
)

// TestDescriptors opens more than an instance may have open: files, directories, and
// streams of directories.
func TestDescriptors(t *testing.T) {
	q := plugintest.Descriptors(t, 16)
	f := granted(t, false) // has one open
	f.put("file", "x")
	f.put("dir/file", "x")
	file := []value.Value{f.dir, noFollow, str("file"), bits(open(0)), bits(r)}
	dir := []value.Value{f.dir, noFollow, str("dir"), bits(filesystem.OpenDirectory), bits(r)}
	const openAt, readDirectory = "[method]descriptor.open-at", "[method]descriptor.read-directory"
	opened := []value.Value{f.Ok(types, openAt, file...), f.Ok(types, openAt, dir...), f.Ok(types, readDirectory, f.dir)}
	for range 3 {
		for _, got := range []string{f.Fails(types, openAt, file...), f.Fails(types, openAt, dir...), f.Fails(types, readDirectory, f.dir)} {
			if got != "insufficient-memory" {
				t.Errorf("got %s", got)
			}
		}
		if q.Used() != 4 {
			t.Errorf("%d descriptors are used", q.Used())
		}
		// What is dropped makes room, and what fails for another reason takes none.
		plugintest.Drop(opened[0])
		if got := f.Fails(types, openAt, f.dir, noFollow, str("nothing"), bits(open(0)), bits(r)); got != "no-entry" {
			t.Errorf("got %s", got)
		}
		opened = append(opened[1:], f.Ok(types, openAt, file...))
	}
	// A stream keeps its file open.
	in := f.Ok(types, "[method]descriptor.read-via-stream", plugintest.Lend(opened[2]), u64(0))
	plugintest.Drop(opened[2])
	if got := f.Fails(types, openAt, file...); got != "insufficient-memory" {
		t.Errorf("got %s", got)
	}
	plugintest.Drop(in)
	opened[2] = f.Ok(types, openAt, file...)
	for _, o := range opened {
		plugintest.Drop(o)
	}
	if q.Used() != 1 {
		t.Errorf("%d descriptors are used at the end", q.Used())
	}
}
