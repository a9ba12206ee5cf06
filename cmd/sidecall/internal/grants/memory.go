package grants

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"

	"github.com/opencontainers/go-digest"
)

// Memory is where answers are kept: a file for each image, by its digest, of what was
// granted to it. Another image has another digest, and is asked about anew.
type Memory struct{ dir string }

// OpenMemory returns the memory in the user's state directory, nil if there is none.
func OpenMemory() *Memory {
	dir := os.Getenv("XDG_STATE_HOME")
	if !filepath.IsAbs(dir) {
		var err error
		if runtime.GOOS == "windows" {
			dir, err = os.UserCacheDir()
		} else if dir, err = os.UserHomeDir(); err == nil {
			dir = filepath.Join(dir, ".local", "state")
		}
		if err != nil || !filepath.IsAbs(dir) {
			return nil // one of the working directory is whoever's it is
		}
	}
	return &Memory{filepath.Join(dir, "sidecall", "grants")}
}

// answer is a file of the memory.
type answer struct {
	Image   string   `json:"image"` // as who ran it named it, for who reads the file
	Granted []string `json:"granted"`
}

// maxAnswer bounds a file: MaxRequests of MaxValue bytes, and names.
const maxAnswer = 1 << 20

func (m *Memory) file(d digest.Digest) string {
	return filepath.Join(m.dir, d.Algorithm().String()+"-"+d.Encoded()+".json")
}

// Granted returns which requests were granted to an image before. What cannot be read is
// as if nobody had answered.
func (m *Memory) Granted(d digest.Digest) func(Request) bool {
	none := func(Request) bool { return false }
	if m == nil || d.Validate() != nil {
		return none
	}
	if info, err := os.Lstat(m.file(d)); err != nil || !info.Mode().IsRegular() {
		return none // not opened: a pipe would wait for its other end
	}
	f, err := os.Open(m.file(d))
	if err != nil {
		return none
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() || runtime.GOOS != "windows" && info.Mode().Perm()&0o022 != 0 {
		return none // others may have written it
	}
	var a answer
	data, err := io.ReadAll(io.LimitReader(f, maxAnswer))
	if err != nil || json.Unmarshal(data, &a) != nil {
		return none
	}
	return func(r Request) bool { return slices.Contains(a.Granted, r.key()) }
}

// Grant remembers requests as granted to an image, instead of what was before.
func (m *Memory) Grant(d digest.Digest, image string, requests []Request) error {
	if m == nil {
		return errors.New("there is no directory to remember it in")
	}
	if err := d.Validate(); err != nil {
		return fmt.Errorf("the image's digest: %w", err)
	}
	a := answer{Image: image}
	for _, r := range requests {
		a.Granted = append(a.Granted, r.key())
	}
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(m.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(m.dir, ".incoming-*") // only its owner may read it
	if err != nil {
		return err
	}
	_, err = f.Write(append(data, '\n'))
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), m.file(d))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
	return err
}
