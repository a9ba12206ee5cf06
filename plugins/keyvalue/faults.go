package keyvalue

import (
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// faults are what goes wrong with files. A guest may try as often as it likes; the log
// is told of what it was told before only after a while.
type faults struct {
	log zerolog.Logger
	dir string

	mu   sync.Mutex
	last string    // guarded by mu: what was told last
	told time.Time // guarded by mu: and when
}

// faultInterval is the time between two lines of the log that say the same.
const faultInterval = 10 * time.Second

// tell tells of an error of a bucket.
func (f *faults) tell(bucket string, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	what := bucket + "\x00" + err.Error()
	if what == f.last && time.Since(f.told) < faultInterval {
		return
	}
	f.last, f.told = what, time.Now()
	f.log.Error().Err(err).Str("directory", f.dir).Str("bucket", bucket).Msg("a bucket cannot be kept in its directory")
}

// cut tells of a bucket whose file did not end with a whole record.
func (f *faults) cut(bucket string, bytes int64) {
	f.log.Warn().Str("directory", f.dir).Str("bucket", bucket).Int64("bytes", bytes).Msg("the last step of a bucket was not written to its end, and is left out")
}
