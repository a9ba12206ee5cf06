package server

import (
	"crypto/tls"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/rs/zerolog"
)

// certificateAge is how long a certificate is used before its files are looked at
// again.
const certificateAge = time.Second

// Certificate reads a certificate and its key from files in PEM, and reads them again
// when they have changed, as the next client connects: by being written, or by a
// symbolic link that leads elsewhere, as those of a Kubernetes Secret do. If the new
// ones cannot be used, because only one of them is there yet or for good, the old ones
// stay, and the log says so.
func Certificate(cert, key string, log zerolog.Logger) (*tls.Config, error) {
	f := &certificateFiles{cert: cert, key: key, log: log}
	if err := f.load(); err != nil {
		return nil, fmt.Errorf("reading the certificate: %w", err)
	}
	return &tls.Config{GetCertificate: f.get, MinVersion: tls.VersionTLS12}, nil
}

type certificateFiles struct {
	cert, key string
	log       zerolog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate // guarded by mu, as what follows
	is      [2]os.FileInfo   // of the files when they were read last
	checked time.Time
}

// load reads both files.
func (f *certificateFiles) load() error {
	// Looked at before they are read: what changes in between is read again.
	is := f.look()
	f.is, f.checked = is, time.Now()
	for n, name := range []string{f.cert, f.key} {
		if is[n] != nil && !is[n].Mode().IsRegular() {
			// A pipe would wait for who writes to it, and could not be read again.
			return fmt.Errorf("%s is not a regular file", name)
		}
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return err
	}
	f.pair = &pair
	return nil
}

// look tells which files there are; one that is missing is nil.
func (f *certificateFiles) look() (is [2]os.FileInfo) {
	for n, name := range []string{f.cert, f.key} {
		if info, err := os.Stat(name); err == nil { // reading it says what is wrong
			is[n] = info
		}
	}
	return is
}

func (f *certificateFiles) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if time.Since(f.checked) < certificateAge {
		return f.pair, nil
	}
	f.checked = time.Now()
	is := f.look()
	if sameFile(is[0], f.is[0]) && sameFile(is[1], f.is[1]) {
		return f.pair, nil
	}
	if err := f.load(); err != nil {
		f.log.Warn().Err(err).Str("file", f.cert).Msg("the certificate has changed and cannot be read: the old one is used")
		return f.pair, nil
	}
	f.log.Info().Str("file", f.cert).Msg("the certificate was read again")
	return f.pair, nil
}

// sameFile reports whether nothing was written in between.
func sameFile(a, b os.FileInfo) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
