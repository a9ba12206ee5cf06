package filesystem

import (
	"encoding/binary"
	"hash/maphash"
	"io/fs"
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/clocks"
)

// DescriptorType is the enum descriptor-type.
type DescriptorType int

// The cases of descriptor-type.
const (
	TypeUnknown DescriptorType = iota
	TypeBlockDevice
	TypeCharacterDevice
	TypeDirectory
	TypeFIFO
	TypeSymbolicLink
	TypeRegularFile
	TypeSocket
)

var descriptorTypeNames = [...]string{"unknown", "block-device", "character-device", "directory", "fifo",
	"symbolic-link", "regular-file", "socket"}

// String returns the case's name.
func (t DescriptorType) String() string { return descriptorTypeNames[t] }

func typeOf(m fs.FileMode) DescriptorType {
	switch {
	case m.IsRegular():
		return TypeRegularFile
	case m.IsDir():
		return TypeDirectory
	case m&fs.ModeSymlink != 0:
		return TypeSymbolicLink
	case m&fs.ModeCharDevice != 0:
		return TypeCharacterDevice
	case m&fs.ModeDevice != 0:
		return TypeBlockDevice
	case m&fs.ModeNamedPipe != 0:
		return TypeFIFO
	case m&fs.ModeSocket != 0:
		return TypeSocket
	}
	return TypeUnknown
}

// details is what fs.FileInfo does not have. Times that the system does not keep
// are zero.
type details struct {
	device, inode  uint64
	links          uint64
	access, status time.Time
}

// descriptorStat makes a descriptor-stat.
func descriptorStat(fi fs.FileInfo) value.Value {
	d := detailsOf(fi)
	return value.Record(
		value.Enum(int(typeOf(fi.Mode()))),
		value.U64(d.links),
		value.U64(uint64(fi.Size())),
		optionalTime(d.access),
		optionalTime(fi.ModTime()),
		optionalTime(d.status),
	)
}

func optionalTime(t time.Time) value.Value {
	if t.IsZero() || t.Unix() < 0 { // a datetime is not before 1970
		return value.None()
	}
	return value.Some(clocks.Datetime(t))
}

// hashSeed keeps guests from reading inode and device numbers out of hashes.
var hashSeed = maphash.MakeSeed()

// metadataHash makes a metadata-hash-value. The lower half is that of which file it
// is, for programs use it as the number of the inode, which stays; the upper half
// changes with the contents.
func metadataHash(fi fs.FileInfo) value.Value {
	d := detailsOf(fi)
	b := binary.LittleEndian.AppendUint64(nil, d.device)
	b = binary.LittleEndian.AppendUint64(b, d.inode)
	lower := maphash.Bytes(hashSeed, b)
	b = binary.LittleEndian.AppendUint64(b, uint64(fi.Size()))
	b = binary.LittleEndian.AppendUint64(b, uint64(fi.ModTime().UnixNano()))
	return value.Record(value.U64(lower), value.U64(maphash.Bytes(hashSeed, b)))
}
