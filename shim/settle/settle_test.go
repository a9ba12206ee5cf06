package settle

import (
	"runtime"
	"testing"
	"time"
)

func TestWatch(t *testing.T) {
	w := watch{idle: 5 * time.Millisecond}
	for n, step := range []struct {
		used time.Duration // since the step before
		want bool
	}{
		{90 * time.Millisecond, false}, // it starts
		{time.Millisecond, true},
		{0, false}, // given already
		{time.Millisecond, false},
		{30 * time.Millisecond, false}, // it works
		{30 * time.Millisecond, false},
		{4 * time.Millisecond, true},
		{4 * time.Millisecond, false}, // little by little it is worth it again
		{4 * time.Millisecond, false},
		{4 * time.Millisecond, false},
		{4 * time.Millisecond, false},
		{4 * time.Millisecond, true},
	} {
		used := w.last + step.used
		if got := w.look(used); got != step.want {
			t.Errorf("step %d: %t, want %t", n, got, step.want)
		} else if got {
			w.given(used + 2*time.Millisecond)
		}
	}
}

func TestWhenIdle(t *testing.T) {
	if _, ok := processorTime(); !ok {
		t.Skip(runtime.GOOS + " is not asked for the processor time")
	}
	given := make(chan struct{}, 100)
	defer whenIdle(50*time.Millisecond, func() { given <- struct{}{} })()
	begin, _ := processorTime()
	for used := begin; used-begin < 2*worth; used, _ = processorTime() {
		for i := range uint64(1000) {
			sink += i * i
		}
	}
	select {
	case <-given:
	case <-time.After(time.Minute):
		t.Fatal("the process has worked and is idle, but no memory was given back")
	}
}

var sink uint64
