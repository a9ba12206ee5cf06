package cli

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/cache"
)

// tidying keeps the cache within its limit. It costs nothing until something has been
// written there.
type tidying struct {
	wrote atomic.Bool // whether something has been written
	once  sync.Once
	done  chan struct{}
	stop  context.CancelFunc
}

const (
	tidyAtMost = 30 * time.Second // how long tidying takes at most
	tidyAtEnd  = time.Second      // and how much of it a command waits for at its end
)

// noted returns what is told of code that is written to the cache for a composition; nil
// where the cache is somebody else's to bound, as in a pod.
func (a *app) noted(dir, composition string) func(key, module string) {
	if dir == "" || !a.bounds {
		return nil
	}
	c := cache.Open(dir)
	return func(key, module string) {
		a.tidy.wrote.Store(true)
		of := composition
		if module != "" && module != composition {
			of += ": " + module
		}
		c.Note(key, of)
	}
}

// wroteImage is told that an image has been pulled.
func (a *app) wroteImage() {
	a.tidy.wrote.Store(a.bounds)
	a.tidyCache()
}

// tidyCache begins to bound the cache, if something has been written to it, beside what the
// command does.
func (a *app) tidyCache() {
	t := &a.tidy
	dir, err := a.cacheRoot()
	if err != nil || !t.wrote.Load() || a.settings.CacheSize == 0 {
		return
	}
	t.once.Do(func() {
		ctx, stop := context.WithTimeout(context.Background(), tidyAtMost)
		t.stop, t.done = stop, make(chan struct{})
		log, size := a.log, int64(a.settings.CacheSize)
		go func() {
			defer close(t.done)
			gone, err := cache.Open(dir).Tidy(ctx, size)
			if len(gone) > 0 {
				log.Info().Int("entries", len(gone)).Int64("bytes", cache.Total(gone)).Msg("the longest unused went from the cache, to keep it within --cache-size")
			}
			if err != nil {
				log.Debug().Err(err).Msg("the cache is not kept within --cache-size")
			}
		}()
	})
}

// endTidying waits a little for what tidyCache has begun, and stops it then.
func (a *app) endTidying() {
	t := &a.tidy
	if t.done == nil {
		return
	}
	select {
	case <-t.done:
	case <-time.After(tidyAtEnd):
		t.stop()
		<-t.done // it looks after each entry
	}
	t.stop()
}
