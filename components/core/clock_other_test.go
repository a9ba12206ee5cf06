//go:build !linux

package core

import "time"

var clockStart = time.Now()

// processorTime is the time that has passed: other systems tell no thread's own time.
func processorTime() time.Duration { return time.Since(clockStart) }
