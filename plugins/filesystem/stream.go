package filesystem

import (
	"errors"
	"io"
	"math"

	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// fileInput reads a file from an offset on. Files are always ready: the disk is
// waited for when it is read.
type fileInput struct {
	wasiio.Always
	file   *file
	offset uint64
}

// Read reads where the last read has ended. It fails with an ErrorCode.
func (s *fileInput) Read(n int) ([]byte, error) {
	if s.offset > math.MaxInt64-uint64(n) {
		return nil, io.EOF
	}
	b := make([]byte, n)
	n, err := s.file.ReadAt(b, int64(s.offset))
	s.offset += uint64(n)
	switch {
	case n > 0:
		return b[:n], nil
	case errors.Is(err, io.EOF):
		return nil, io.EOF
	}
	return nil, codeOf(err)
}

func (s *fileInput) Close() error {
	s.file.release()
	return nil
}

// fileOutput writes a file from an offset on, or at its end.
type fileOutput struct {
	wasiio.Always
	file   *file
	offset uint64
	append bool
}

// writePermit is how many bytes one write to a file may have.
const writePermit = 1 << 20

func (*fileOutput) Permit() (int, error) { return writePermit, nil }

// Write writes where the last write has ended. It fails with an ErrorCode.
func (s *fileOutput) Write(p []byte) error {
	var err error
	switch {
	case s.append:
		err = appendTo(s.file, p)
	case s.offset > math.MaxInt64-uint64(len(p)):
		err = FileTooLarge
	default:
		_, err = s.file.WriteAt(p, int64(s.offset))
		s.offset += uint64(len(p))
	}
	if err != nil {
		return codeOf(err)
	}
	return nil
}

// Flush has nothing to do: what was written is the system's. sync is what makes it
// last.
func (*fileOutput) Flush() error { return nil }

func (s *fileOutput) Close() error {
	s.file.release()
	return nil
}

// appendAtEnd writes at what is the end of the file now. Where the system cannot
// append at once, others that write at the end at the same time may overwrite it.
func appendAtEnd(f *file, p []byte) error {
	fi, err := f.Stat()
	if err != nil {
		return err
	}
	_, err = f.WriteAt(p, fi.Size())
	return err
}
