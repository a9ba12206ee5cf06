package filesystem

import (
	"time"

	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/clocks"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// times are the new access and modification times. The zero Time leaves a time as
// it is, as it does for package os.
type times struct{ access, modification time.Time }

// newTimes reads two new-timestamps.
func newTimes(access, modification value.Value) (t times, err error) {
	if t.access, err = newTimestamp(access); err != nil {
		return t, err
	}
	t.modification, err = newTimestamp(modification)
	return t, err
}

// newTimestamp reads a new-timestamp.
func newTimestamp(v value.Value) (time.Time, error) {
	switch v.Case() {
	case 0: // no-change
		return time.Time{}, nil
	case 1: // now
		return time.Now(), nil
	}
	t, ok := clocks.Time(wire.Payload(v))
	if !ok {
		return t, Invalid
	}
	return t, nil
}

func (d *Descriptor) setTimes(t times) error {
	switch {
	case !d.mutable:
		return d.from.readOnly("")
	case d.dir != nil:
		return d.dir.Chtimes(".", t.access, t.modification)
	}
	return setFileTimes(d.file, t)
}

func (d *Descriptor) setTimesAt(follow bool, path string, t times) error {
	if err := d.change(path); err != nil {
		return err
	}
	if follow {
		return d.dir.Chtimes(path, t.access, t.modification)
	}
	return d.setLinkTimes(path, t)
}
