package keyvalue

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"os"
	"path/filepath"
)

// log is a bucket's file: its changes in the order in which they were made. What was
// written survives the end of the process, not that of the machine: the file is
// synced when it is written anew, and when the system does.
//
// A file is a header and records. A record is one step of the bucket: the length of
// what follows the sum, a sum of it (CRC-32C), and changes: 's', key and value, or
// 'd' and key, each with its length before it. Numbers are little-endian, lengths
// varints.
type log struct {
	path string
	file *os.File
	size int64
	lost int64 // bytes that were cut off when it was opened
}

const (
	logHeader    = "sidecall bucket 1\n"
	recordHeader = 8
	// rewriteSlack is how much of a file may be of no use before it is written anew,
	// beside as much as is of use.
	rewriteSlack = 1 << 20
)

// newSuffix is what a file's name ends in while it is written. No bucket's has a "=".
const newSuffix = "=new-*"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// openLog opens or makes a file and calls replay for each change in it. A last record
// that was not written to its end, as a process that was killed leaves it, is cut off.
func openLog(path string, replay func(change)) (_ *log, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = f.Close() // the first error says more
		}
	}()
	b, err := io.ReadAll(f)
	if err != nil {
		return nil, err
	}
	l := &log{path: path, file: f}
	if len(b) < len(logHeader) && bytes.HasPrefix([]byte(logHeader), b) {
		// It is new, or hardly begun.
		if err := l.cut(0); err != nil {
			return nil, err
		}
		return l, l.write([]byte(logHeader))
	}
	if !bytes.HasPrefix(b, []byte(logHeader)) {
		return nil, errors.New("its file is not one of a bucket")
	}
	n, err := replayAll(b, replay)
	if err != nil {
		return nil, err
	}
	l.lost = int64(len(b) - n)
	return l, l.cut(int64(n))
}

// replayAll reads records and returns where the last whole one ends.
func replayAll(b []byte, replay func(change)) (end int, err error) {
	at := len(logHeader)
	for {
		rest := b[at:]
		if len(rest) < recordHeader {
			return at, nil
		}
		size := int64(binary.LittleEndian.Uint32(rest))
		if size > int64(len(rest)-recordHeader) {
			return at, nil
		}
		body := rest[recordHeader : recordHeader+size]
		changes, err := decode(body)
		if crc32.Checksum(body, castagnoli) != binary.LittleEndian.Uint32(rest[4:]) {
			err = errors.New("the sum is another")
		}
		if err != nil {
			if at+recordHeader+len(body) == len(b) {
				return at, nil // the last one
			}
			return 0, fmt.Errorf("the record at byte %d is damaged: %w", at, err)
		}
		for _, c := range changes {
			replay(c)
		}
		at += recordHeader + len(body)
	}
}

// change is a key that was set, or deleted.
type change struct {
	pair
	deleted bool
}

// encode makes a record.
func encode(changes []change) []byte {
	b := make([]byte, recordHeader)
	text := func(s string) {
		b = binary.AppendUvarint(b, uint64(len(s)))
		b = append(b, s...)
	}
	for _, c := range changes {
		if c.deleted {
			b = append(b, 'd')
			text(c.key)
			continue
		}
		b = append(b, 's')
		text(c.key)
		text(string(c.value))
	}
	binary.LittleEndian.PutUint32(b, uint32(len(b)-recordHeader))
	binary.LittleEndian.PutUint32(b[4:], crc32.Checksum(b[recordHeader:], castagnoli))
	return b
}

var errChange = errors.New("a change that is none")

func decode(b []byte) (changes []change, err error) {
	text := func() (s []byte) {
		n, used := binary.Uvarint(b)
		if used <= 0 || n > uint64(len(b)-used) {
			err, b = errChange, nil
			return nil
		}
		s, b = b[used:used+int(n)], b[used+int(n):]
		return s
	}
	for len(b) > 0 && err == nil {
		kind := b[0]
		b = b[1:]
		c := change{deleted: kind == 'd'}
		if kind != 's' && kind != 'd' {
			return nil, errChange
		}
		c.key = string(text())
		if !c.deleted {
			c.value = bytes.Clone(text())
		}
		changes = append(changes, c)
	}
	return changes, err
}

// append writes a step. If that fails, the file is as before.
func (l *log) append(changes []change) error {
	before := l.size
	record := encode(changes)
	if len(record) > math.MaxUint32 {
		return errors.New("a step of more than 4 GiB")
	}
	if err := l.write(record); err != nil {
		return errors.Join(err, l.cut(before))
	}
	return nil
}

func (l *log) write(b []byte) error {
	n, err := l.file.Write(b)
	l.size += int64(n)
	return err
}

// cut ends the file at a byte, and goes there.
func (l *log) cut(at int64) error {
	if err := l.file.Truncate(at); err != nil {
		return err
	}
	_, err := l.file.Seek(at, io.SeekStart)
	l.size = at
	return err
}

// rewrite writes the file anew, with nothing but what there is, and puts it in place
// of the old one at once.
func (l *log) rewrite(pairs func(yield func(pair) bool)) error {
	f, err := os.CreateTemp(filepath.Dir(l.path), filepath.Base(l.path)+newSuffix)
	if err != nil {
		return err
	}
	next := &log{path: l.path, file: f}
	err = next.write([]byte(logHeader))
	for p := range pairs {
		if err == nil {
			err = next.write(encode([]change{{pair: p}}))
		}
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = os.Rename(f.Name(), l.path)
	}
	if err != nil {
		return errors.Join(err, f.Close(), os.Remove(f.Name()))
	}
	_ = l.file.Close() // what it had is in the new one
	*l = *next
	return nil
}
