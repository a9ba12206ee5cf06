package engine

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/rs/zerolog"
	"github.com/tetratelabs/wazero"
)

// diskCache keeps compiled code between runs.
//
// wazero has a file cache, but it trusts its files: their machine code carries a
// checksum, the tables around it do not, and a flipped bit there becomes a huge
// allocation, or a jump to anywhere. It also names its files by a key that only
// it can compute, and fails a compilation when it cannot write. So wazero gets a
// directory of its own for each engine (the stage), and this type carries entries
// between the stage and the cache, checking them on the way:
//
//	dir/<key of the module>/<wazero's name>      machine code, as wazero wrote it
//	dir/<key of the module>/<wazero's name>.sum  SHA-256 of that file
//
// An entry whose sum does not match is removed, and made again. Files appear by
// renaming, so that processes that share the directory never see half of one. An
// entry of another version of wazero, or of this file's layout, has another key.
//
// The sums guard against damage, not against someone who can write to the
// directory: whoever can do that can run machine code here.
type diskCache struct {
	dir   string
	seed  string // a cache that is only read, or empty: see adopt
	stage string // wazero's directory, removed by close
	code  string // where in stage wazero keeps its files
	kept  func(key, module string)
	log   zerolog.Logger
}

// layout is part of every key.
const layout = "sidecall code cache 1"

// openDiskCache prepares the cache in dir. Both results are nil if that cannot be
// done, which is logged: a cache is never needed.
func openDiskCache(dir, seed string, log zerolog.Logger) (*diskCache, wazero.CompilationCache) {
	stage, err := os.MkdirTemp("", "sidecall-code-")
	if err != nil {
		log.Warn().Err(err).Msg("no cache of compiled code: no temporary directory")
		return nil, nil
	}
	inMemory, err := wazero.NewCompilationCacheWithDir(stage)
	if err == nil {
		var entries []os.DirEntry
		// wazero puts its files into one directory named after its version.
		if entries, err = os.ReadDir(stage); err == nil && len(entries) == 1 {
			c := &diskCache{dir: dir, seed: seed, stage: stage, code: filepath.Join(stage, entries[0].Name()), log: log}
			return c, inMemory
		}
	}
	log.Warn().Err(err).Msg("no cache of compiled code: wazero's directory cannot be prepared")
	_ = os.RemoveAll(stage)
	return nil, nil
}

func (c *diskCache) close() error { return os.RemoveAll(c.stage) }

// compile compiles a module, with what the cache has of it, and adds to the cache
// what it has not. One module at a time. compile is told whether its code is there already.
func (c *diskCache) compile(name string, wasm []byte, compile func(made bool) (wazero.CompiledModule, error)) (wazero.CompiledModule, error) {
	key := moduleKey(wasm)
	entry := filepath.Join(c.dir, key)
	c.adopt(key)
	staged := c.load(entry)
	m, err := compile(len(staged) > 0)
	if err != nil {
		// wazero may have failed to read or write its file. Without the entry, what
		// is wrong with the module itself remains.
		c.unstage(staged)
		if m, err = compile(false); err != nil {
			return nil, err
		}
	}
	written := c.save(entry)
	if written > 0 && c.kept != nil {
		c.kept(key, name)
	}
	if written == 0 && len(staged) > 0 {
		c.log.Debug().Str("module", name).Msg("compiled code was taken from the cache")
	} else {
		c.log.Debug().Str("module", name).Msg("compiled")
	}
	return m, nil
}

// moduleKey names the entries of a module: what it is compiled from, and by what.
func moduleKey(wasm []byte) string {
	h := sha256.New()
	for _, s := range []string{layout, Version, runtime.GOOS, runtime.GOARCH, features.String()} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	h.Write(wasm)
	return hex.EncodeToString(h.Sum(nil))
}

const sumSuffix = ".sum"

// adopt copies what the seed has of a module. Nothing is said of what cannot be had there:
// it is made, as it would be without a seed.
func (c *diskCache) adopt(key string) {
	if c.seed == "" {
		return
	}
	from := filepath.Join(c.seed, key)
	files, err := os.ReadDir(from)
	if err != nil {
		return
	}
	for _, f := range files {
		if name, ok := strings.CutSuffix(f.Name(), sumSuffix); ok && sound(filepath.Join(from, name)) {
			_ = keep(filepath.Join(from, name), filepath.Join(c.dir, key), name)
		}
	}
}

// load puts the sound entries of a module on the stage and returns their names
// there. (There are several if machines with different processors share the
// directory; wazero's name tells them apart.)
func (c *diskCache) load(entry string) (staged []string) {
	files, err := os.ReadDir(entry)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.log.Warn().Err(err).Msg("compiled code cannot be read from the cache")
		}
		return nil
	}
	used(entry)
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), sumSuffix)
		if !ok {
			continue
		}
		path := filepath.Join(entry, name)
		if !sound(path) {
			if _, err := os.Lstat(entry); errors.Is(err, fs.ErrNotExist) {
				return staged // it was removed to make room, see RemoveEntry
			}
			c.log.Warn().Str("file", path).Msg("damaged entry in the cache of compiled code: it is made again")
			_ = os.Remove(path + sumSuffix)
			_ = os.Remove(path)
			continue
		}
		target := filepath.Join(c.code, name)
		if err := place(path, target); errors.Is(err, fs.ErrNotExist) {
			continue
		} else if err != nil {
			c.log.Warn().Err(err).Msg("compiled code cannot be taken from the cache")
			continue
		}
		staged = append(staged, target)
	}
	return staged
}

// sound tells whether the file at path has the sum that is kept beside it.
func sound(path string) bool {
	want, err := os.ReadFile(path + sumSuffix)
	if err != nil {
		return false
	}
	code, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	return string(want) == sumOf(code)
}

func sumOf(code []byte) string {
	sum := sha256.Sum256(code)
	return hex.EncodeToString(sum[:])
}

// place makes the file at path appear at target. Nobody writes into files there: wazero
// replaces them, or removes them.
func place(path, target string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	// A link needs no inode, whose search takes a file system on disk longer than all else.
	if err = os.Link(path, target); err == nil || errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err = os.Symlink(path, target); err == nil {
		return nil
	}
	code, err := os.ReadFile(path) // a system without symbolic links
	if err != nil {
		return err
	}
	return os.WriteFile(target, code, 0o600)
}

func (c *diskCache) unstage(staged []string) {
	for _, f := range staged {
		_ = os.Remove(f)
	}
}

// save moves what wazero has written to the stage into the cache, and clears the
// stage: the engine keeps in memory what it has read. It returns the number of
// files that wazero has written.
func (c *diskCache) save(entry string) (written int) {
	files, err := os.ReadDir(c.code)
	if err != nil {
		c.log.Warn().Err(err).Msg("compiled code is not kept")
		return 0
	}
	for _, f := range files {
		path := filepath.Join(c.code, f.Name())
		if f.Type().IsRegular() && !strings.HasSuffix(f.Name(), ".tmp") && !same(path, filepath.Join(entry, f.Name())) {
			written++
			if err := keep(path, entry, f.Name()); errors.Is(err, fs.ErrNotExist) {
				c.log.Debug().Err(err).Msg("compiled code is not kept: others remove it to make room")
			} else if err != nil {
				c.log.Warn().Err(err).Msg("compiled code is not kept")
			}
		}
		_ = os.Remove(path)
	}
	return written
}

// same tells whether two names are of one file.
func same(a, b string) bool {
	x, err := os.Lstat(a)
	if err != nil {
		return false
	}
	y, err := os.Lstat(b)
	return err == nil && os.SameFile(x, y)
}

// keep copies a file into the cache, the sum last.
func keep(path, entry, name string) error {
	code, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for range 3 { // others may remove the entry in between, to make room
		if err = keepCode(code, entry, name); !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return err
}

func keepCode(code []byte, entry, name string) error {
	if err := os.MkdirAll(entry, 0o755); err != nil {
		return err
	}
	if sound(filepath.Join(entry, name)) {
		return nil
	}
	if err := writeFile(entry, name, code); err != nil {
		return err
	}
	return writeFile(entry, name+sumSuffix, []byte(sumOf(code)))
}

// writeFile makes a file appear whole.
func writeFile(dir, name string, data []byte) (err error) {
	f, err := os.CreateTemp(dir, name+".*.tmp")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err = f.Write(data); err != nil {
		return errors.Join(err, f.Close())
	}
	if err = f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), filepath.Join(dir, name))
}
