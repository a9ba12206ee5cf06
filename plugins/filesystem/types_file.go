package filesystem

import (
	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	wasiio "github.com/sidecall/sidecall/plugins/io"
)

func readViaStream(c *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	in, err := d.readViaStream(args[0].U64())
	if err != nil {
		return value.Value{}, err
	}
	return wasiio.OwnInput(c, in), nil
}

func writeViaStream(c *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	out, err := d.writeViaStream(args[0].U64())
	if err != nil {
		return value.Value{}, err
	}
	return wasiio.OwnOutput(c, out), nil
}

func appendViaStream(c *host.Call, d *Descriptor, _ []value.Value) (value.Value, error) {
	out, err := d.appendViaStream()
	if err != nil {
		return value.Value{}, err
	}
	return wasiio.OwnOutput(c, out), nil
}

func advise(d *Descriptor, args []value.Value) error {
	return d.advise(args[0].U64(), args[1].U64(), args[2].Case())
}

func syncData(d *Descriptor, _ []value.Value) error { return d.syncData() }

func getFlags(_ *host.Call, d *Descriptor, _ []value.Value) (value.Value, error) {
	return value.Flags(uint64(d.flags)), nil
}

func getType(_ *host.Call, d *Descriptor, _ []value.Value) (value.Value, error) {
	fi, err := d.stat()
	if err != nil {
		return value.Value{}, err
	}
	return value.Enum(int(typeOf(fi.Mode()))), nil
}

func setSize(d *Descriptor, args []value.Value) error { return d.setSize(args[0].U64()) }

func setTimes(d *Descriptor, args []value.Value) error {
	t, err := newTimes(args[0], args[1])
	if err != nil {
		return err
	}
	return d.setTimes(t)
}

func read(_ *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	b, end, err := d.readAt(args[0].U64(), args[1].U64())
	return value.Tuple(value.Bytes(b), value.Bool(end)), err
}

func write(_ *host.Call, d *Descriptor, args []value.Value) (value.Value, error) {
	n, err := d.writeAt(args[0].Bytes(), args[1].U64())
	return value.U64(uint64(n)), err
}

func sync(d *Descriptor, _ []value.Value) error { return d.sync() }

func stat(_ *host.Call, d *Descriptor, _ []value.Value) (value.Value, error) {
	fi, err := d.stat()
	if err != nil {
		return value.Value{}, err
	}
	return descriptorStat(fi), nil
}

func isSameObject(_ *host.Call, args []value.Value) (value.Value, error) {
	d, err := host.Object[*Descriptor](args[0])
	if err != nil {
		return value.Value{}, err
	}
	other, err := host.Object[*Descriptor](args[1])
	if err != nil {
		return value.Value{}, err
	}
	return value.Bool(d.same(other)), nil
}

func getMetadataHash(_ *host.Call, d *Descriptor, _ []value.Value) (value.Value, error) {
	fi, err := d.stat()
	if err != nil {
		return value.Value{}, err
	}
	return metadataHash(fi), nil
}
