package host

import (
	"context"
	"fmt"
)

// As calls f with what a function of the host gets when component number component
// of the plan calls it. It is for Go code that uses plugins as a guest would, their
// tests above all. Like any call it has the instance for itself: ErrBusy, ErrClosed.
func (i *Instance) As(ctx context.Context, component int, f func(*Call) error) error {
	if err := i.acquire(); err != nil {
		return fmt.Errorf("call of the host: %w", err)
	}
	defer i.yield()
	t := i.begin(ctx, "of the host")
	defer i.end(t)
	t.hostCall.component = component
	return f(&t.hostCall)
}
