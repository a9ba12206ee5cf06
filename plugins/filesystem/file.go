package filesystem

import (
	"errors"
	"io"
	"math"

	wasiio "github.com/sidecall/sidecall/plugins/io"
)

// readLimit is the number of bytes that one read of a file returns at most,
// whatever the guest asks for.
const readLimit = 1 << 20

// control calls f with the file's descriptor.
func (f *file) control(do func(fd int) error) error {
	conn, err := f.SyscallConn()
	if err != nil {
		return err
	}
	var result error
	if err := conn.Control(func(fd uintptr) { result = do(int(fd)) }); err != nil {
		return err
	}
	return result
}

// readAt is read: end is set when the file ends within what was asked for.
func (d *Descriptor) readAt(length, offset uint64) (b []byte, end bool, err error) {
	f, err := d.readable()
	if err != nil {
		return nil, false, err
	}
	if offset > math.MaxInt64 {
		return nil, false, Invalid
	}
	b = make([]byte, min(length, readLimit))
	n, err := f.ReadAt(b, int64(offset))
	if errors.Is(err, io.EOF) {
		return b[:n], true, nil
	}
	if n > 0 { // what was read counts; the error comes again
		err = nil
	}
	return b[:n], false, err
}

// writeAt is write.
func (d *Descriptor) writeAt(b []byte, offset uint64) (int, error) {
	f, err := d.writable()
	if err != nil {
		return 0, err
	}
	if offset > math.MaxInt64-uint64(len(b)) {
		return 0, FileTooLarge
	}
	n, err := f.WriteAt(b, int64(offset))
	if n > 0 {
		err = nil
	}
	return n, err
}

func (d *Descriptor) setSize(size uint64) error {
	f, err := d.writable()
	if err != nil {
		return err
	}
	if size > math.MaxInt64 {
		return FileTooLarge
	}
	return f.Truncate(int64(size))
}

// sync is sync. That of a directory makes its entries last.
func (d *Descriptor) sync() error {
	if d.dir == nil {
		return d.file.Sync()
	}
	f, err := d.dir.Open(".")
	if err != nil {
		return err
	}
	defer f.Close()
	return f.Sync()
}

// syncData is sync-data.
func (d *Descriptor) syncData() error {
	if d.dir != nil {
		return d.sync()
	}
	return fdatasync(d.file)
}

// advise is advise. What is advised need not be done.
func (d *Descriptor) advise(offset, length uint64, advice int) error {
	if d.dir != nil {
		return BadDescriptor
	}
	if offset > math.MaxInt64 || length > math.MaxInt64 {
		return Invalid
	}
	return d.file.control(func(fd int) error { return fadvise(fd, int64(offset), int64(length), advice) })
}

func (d *Descriptor) readViaStream(offset uint64) (wasiio.Input, error) {
	f, err := d.readable()
	if err != nil {
		return nil, err
	}
	return &fileInput{file: f.retain(), offset: offset}, nil
}

func (d *Descriptor) writeViaStream(offset uint64) (wasiio.Output, error) {
	f, err := d.writable()
	if err != nil {
		return nil, err
	}
	return &fileOutput{file: f.retain(), offset: offset}, nil
}

func (d *Descriptor) appendViaStream() (wasiio.Output, error) {
	f, err := d.writable()
	if err != nil {
		return nil, err
	}
	return &fileOutput{file: f.retain(), append: true}, nil
}
