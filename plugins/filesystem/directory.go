package filesystem

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"unicode/utf8"

	"github.com/sidecall/sidecall/host"
)

// directoryEntryStream is behind the resource directory-entry-stream.
type directoryEntryStream struct {
	dir     *os.File
	held    *host.Descriptor
	entries []fs.DirEntry // read, not yet returned
	err     error         // what comes after entries
	from    source
}

// entriesAtOnce is how many entries are read, and kept, at a time.
const entriesAtOnce = 128

func (d *Descriptor) readDirectory() (*directoryEntryStream, error) {
	if d.dir == nil {
		return nil, NotDirectory
	}
	f, err := d.dir.Open(".")
	if err != nil {
		return nil, err
	}
	return &directoryEntryStream{dir: f, from: d.from}, nil
}

// next returns the next entry, nil at the end. Names that are not UTF-8, which a string
// cannot hold, are told to skipped: an error for one would end a program's whole listing.
func (s *directoryEntryStream) next(skipped func(name string)) (fs.DirEntry, error) {
	for {
		if len(s.entries) == 0 && s.err == nil {
			s.entries, s.err = s.dir.ReadDir(entriesAtOnce)
		}
		if len(s.entries) == 0 {
			if errors.Is(s.err, io.EOF) {
				return nil, nil
			}
			return nil, s.err
		}
		e := s.entries[0]
		s.entries = s.entries[1:]
		if utf8.ValidString(e.Name()) {
			return e, nil
		}
		skipped(e.Name())
	}
}

// Drop closes the directory.
func (s *directoryEntryStream) Drop() {
	_ = s.dir.Close() // nobody is left to be told
	s.held.Give()
}
