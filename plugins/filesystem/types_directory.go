package filesystem

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/wit"
)

// follow reads path-flags.
func follow(v value.Value) bool { return v.Flags()&pathSymlinkFollow != 0 }

func readDirectory(c *host.Call, d *Descriptor, _ []value.Value) (value.Value, error) {
	held, err := c.Descriptors().Take()
	if err != nil {
		return value.Value{}, err
	}
	s, err := d.readDirectory()
	if err != nil {
		held.Give()
		return value.Value{}, err
	}
	s.held = held
	return c.Own(wit.Resource("wasi:filesystem/types", "directory-entry-stream"), s), nil
}

func createDirectoryAt(d *Descriptor, args []value.Value) error {
	path := args[0].Str()
	if err := d.change(path); err != nil {
		return err
	}
	const perm = 0o777 // less the process's umask
	return d.dir.Mkdir(path, perm)
}

func statAt(_ *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	fi, err := d.statAt(follow(args[0]), args[1].Str())
	if err != nil {
		return value.Value{}, err
	}
	return descriptorStat(fi), nil
}

func setTimesAt(d *Descriptor, args []value.Value) error {
	t, err := newTimes(args[2], args[3])
	if err != nil {
		return err
	}
	return d.setTimesAt(follow(args[0]), args[1].Str(), t)
}

func linkAt(d *Descriptor, args []value.Value) error {
	to, err := host.Object[*Descriptor](args[2])
	if err != nil {
		return err
	}
	return d.linkAt(follow(args[0]), args[1].Str(), to, args[3].Str())
}

func openAt(c *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	held, err := c.Descriptors().Take()
	if err != nil {
		return value.Value{}, err
	}
	opened, err := d.openAt(follow(args[0]), args[1].Str(), OpenFlags(args[2].Flags()), Flags(args[3].Flags()))
	if err != nil {
		held.Give()
		return value.Value{}, err
	}
	return ownDescriptor(c, opened.holding(held)), nil
}

func readlinkAt(_ *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	target, err := d.readlinkAt(args[0].Str())
	return value.String(target), err
}

func removeDirectoryAt(d *Descriptor, args []value.Value) error {
	path := args[0].Str()
	if err := d.change(path); err != nil {
		return err
	}
	return d.removeDirectory(path)
}

func renameAt(d *Descriptor, args []value.Value) error {
	to, err := host.Object[*Descriptor](args[1])
	if err != nil {
		return err
	}
	return d.renameAt(args[0].Str(), to, args[2].Str())
}

func symlinkAt(d *Descriptor, args []value.Value) error {
	return d.symlinkAt(args[0].Str(), args[1].Str())
}

func unlinkFileAt(d *Descriptor, args []value.Value) error {
	path := args[0].Str()
	if err := d.change(path); err != nil {
		return err
	}
	return d.unlinkFile(path)
}

func getMetadataHashAt(_ *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	fi, err := d.statAt(follow(args[0]), args[1].Str())
	if err != nil {
		return value.Value{}, err
	}
	return metadataHash(fi), nil
}

func readDirectoryEntry(c *host.Call, args []value.Value) (value.Value, error) {
	s, err := host.Object[*directoryEntryStream](args[0])
	if err != nil {
		return value.Value{}, err
	}
	e, err := s.next(func(name string) { c.Refused(s.from.unnamed(name)) })
	switch {
	case err != nil:
		return wire.ErrCode(codeOf(err))
	case e == nil:
		return wire.Ok(value.None())
	}
	return wire.Ok(value.Some(value.Record(value.Enum(int(typeOf(e.Type()))), value.String(e.Name()))))
}
