package clocks

import (
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/plugins/internal/wire"
	"github.com/sidecall/sidecall/plugins/io"
	"github.com/sidecall/sidecall/plugins/wit"
)

// Resolution is that of all clocks, in nanoseconds. It is coarser than what the
// machine has: finer clocks are of little use to programs, and of much use to
// programs that measure what their neighbours do.
const Resolution = 1000

// start is when the monotonic clock was 0.
var start = time.Now()

// elapsed is the monotonic clock's time in nanoseconds.
func elapsed() uint64 { return uint64(time.Since(start)) / Resolution * Resolution }

func monotonicClock() *host.Interface {
	return wit.Implement("wasi:clocks/monotonic-clock", map[string]host.Func{
		"now":                monotonicNow,
		"resolution":         monotonicResolution,
		"subscribe-instant":  subscribeInstant,
		"subscribe-duration": subscribeDuration,
	})
}

func monotonicNow(*host.Call, []value.Value) (value.Value, error) {
	return value.U64(elapsed()), nil
}

func monotonicResolution(*host.Call, []value.Value) (value.Value, error) {
	return value.U64(Resolution), nil
}

func subscribeInstant(c *host.Call, args []value.Value) (value.Value, error) {
	return io.OwnPollable(c, instant(args[0].U64())), nil
}

func subscribeDuration(c *host.Call, args []value.Value) (value.Value, error) {
	return io.OwnPollable(c, after(args[0].U64())), nil
}

// After is the event that d has passed.
func After(d time.Duration) io.Event { return after(uint64(max(0, d))) }

func after(d uint64) instant {
	now := elapsed()
	return instant(now + min(d, ^uint64(0)-now))
}

// instant is the event that the monotonic clock shows that time.
type instant uint64

// Ready reports whether the clock shows it, as a guest would read the clock.
func (i instant) Ready() bool { return elapsed() >= uint64(i) }

// Watch sets a timer for the first moment at which the clock, with its resolution,
// shows at least i.
func (i instant) Watch(wake func()) (stop func()) {
	at := (uint64(i)-1)/Resolution*Resolution + Resolution
	if i == 0 || at < uint64(i) { // nothing to round, or beyond the end of time
		at = uint64(i)
	}
	passed := uint64(time.Since(start))
	t := time.AfterFunc(wire.Duration(at-min(at, passed)), wake)
	return func() { t.Stop() }
}
