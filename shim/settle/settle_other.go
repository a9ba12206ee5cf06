//go:build !linux

package settle

import "time"

func processorTime() (time.Duration, bool) { return 0, false }

func releaseProgram() {}
