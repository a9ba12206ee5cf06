package keyvalue

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
)

// bucket opens a bucket, which is opened once.
func (p *Plugin) bucket(name string) (*bucket, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if b := p.buckets[name]; b != nil {
		return b, nil
	}
	b := &bucket{limit: p.cfg.BucketBytes, entries: map[string]entry{}, failed: func(err error) { p.faults.tell(name, err) }}
	if p.cfg.Dir != "" {
		if err := p.load(b, name); err != nil {
			p.faults.tell(name, err)
			return nil, fmt.Errorf("opening the bucket: %w", withoutPath(err))
		}
	}
	p.buckets[name] = b
	return b, nil
}

// load has a bucket keep what it holds in a file, and reads what is there.
func (p *Plugin) load(b *bucket, name string) (err error) {
	if p.lock == nil {
		if err := os.MkdirAll(p.cfg.Dir, 0o700); err != nil {
			return err
		}
		if p.lock, err = lockFile(filepath.Join(p.cfg.Dir, "lock")); err != nil {
			return err
		}
		p.sweep()
	}
	log, err := openLog(filepath.Join(p.cfg.Dir, fileName(name)), func(c change) {
		if c.deleted {
			b.remove(c.key)
		} else {
			b.load(c.pair)
		}
	})
	b.log = log
	if err == nil && log.lost > 0 {
		p.faults.cut(name, log.lost)
	}
	return err
}

// sweep removes what a process left that was killed while it wrote a file anew.
func (p *Plugin) sweep() {
	files, _ := os.ReadDir(p.cfg.Dir) // what is left is in nobody's way
	for _, f := range files {
		if left, _ := filepath.Match("*.bucket"+newSuffix, f.Name()); left {
			_ = os.Remove(filepath.Join(p.cfg.Dir, f.Name()))
		}
	}
}

// load sets what a file says, whatever the limit is now.
func (b *bucket) load(p pair) {
	limit := b.limit
	b.limit = int(^uint(0) >> 1)
	_ = b.put(p) // there is no file yet to fail, and no limit
	b.limit = limit
}

// fileName is the name of a bucket's file. A name that makes too long a one is
// replaced by its sum.
func fileName(bucket string) string {
	name := url.QueryEscape(bucket)
	if len(name) > 200 {
		sum := sha256.Sum256([]byte(bucket))
		name = "sha256-" + hex.EncodeToString(sum[:])
	}
	return name + ".bucket"
}

// withoutPath leaves out paths: they are the host's, and the error is for guests.
func withoutPath(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	var l *os.LinkError
	if errors.As(err, &l) {
		return l.Err
	}
	return err
}

// Close closes the files of buckets. They must not be used any more.
func (p *Plugin) Close() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for _, b := range p.buckets {
		b.mu.Lock()
		if b.log != nil {
			errs = append(errs, b.log.file.Sync(), b.log.file.Close())
		}
		b.mu.Unlock()
	}
	if p.lock != nil {
		errs = append(errs, p.lock.Close())
	}
	p.buckets, p.lock = map[string]*bucket{}, nil
	return errors.Join(errs...)
}
