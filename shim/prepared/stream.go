package prepared

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strings"
)

// Limits of a stream.
const (
	MaxSize  = 1 << 30 // of all files, in bytes
	MaxFiles = 50_000
	maxAbout = 64 << 10
)

// AboutFile is the first file of a stream, and one in the directory that Read makes.
const AboutFile = "ready.json"

// About is what is known of a composition that has been prepared.
type About struct {
	// Command is run or serve.
	Command string `json:"command"`
}

func (a *About) check() error {
	if a.Command != "run" && a.Command != "serve" {
		return fmt.Errorf("%s: the command is %.20q, neither run nor serve", AboutFile, a.Command)
	}
	return nil
}

// Write writes a stream: a tar archive.
func Write(w io.Writer, about About, dir fs.FS) error {
	t := tar.NewWriter(w)
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	add := func(name string, size int64, r io.Reader) error {
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o444, Size: size, Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		_, err := io.Copy(t, r)
		return err
	}
	if err := add(AboutFile, int64(len(text)), bytes.NewReader(text)); err != nil {
		return err
	}
	err = fs.WalkDir(dir, ".", func(name string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !fileName.MatchString(name) {
			return err // what else is there is no compiled code
		}
		f, err := dir.Open(name)
		if err != nil {
			return err
		}
		info, err := f.Stat()
		if err == nil {
			err = add(name, info.Size(), f)
		}
		return errors.Join(err, f.Close())
	})
	if err != nil {
		return fmt.Errorf("writing what was compiled: %w", err)
	}
	return t.Close()
}

// fileName is what the engine's cache calls its files: a module's key, and below it what
// wazero calls the code of one kind of processor, and the same with .sum.
var fileName = regexp.MustCompile(`^[0-9a-f]{64}/[A-Za-z0-9_][A-Za-z0-9._-]{0,199}$`)

// sumSuffix is of the file that holds the SHA-256 of the one beside it, in hexadecimal.
const sumSuffix = ".sum"

// Read makes the files of a stream in an empty directory, for everybody to read. The error
// says what is wrong with the stream; then what is in the directory is worth nothing.
func Read(r io.Reader, dir *os.Root) (About, error) {
	rd := &reader{dir: dir, room: MaxSize, sums: map[string]string{}, files: map[string]string{}}
	about, err := rd.all(tar.NewReader(r))
	if err != nil {
		return About{}, fmt.Errorf("what was compiled is not kept: %w", err)
	}
	return about, nil
}

type reader struct {
	dir   *os.Root
	room  int64
	sums  map[string]string // what the files with sums say, by the name of the file beside
	files map[string]string // what the sums are
}

func (r *reader) all(t *tar.Reader) (about About, err error) {
	for n := 0; ; n++ {
		h, err := t.Next()
		switch {
		case errors.Is(err, io.EOF) && n > 0:
			return about, r.agree()
		case err != nil:
			return about, fmt.Errorf("it is no archive: %w", err)
		case h.Typeflag != tar.TypeReg:
			return about, fmt.Errorf("%.300q is not a regular file", h.Name)
		case n > MaxFiles:
			return about, fmt.Errorf("it has more than %d files", MaxFiles)
		case h.Size < 0 || h.Size > r.room:
			return about, fmt.Errorf("it has more than %d bytes", int64(MaxSize))
		}
		r.room -= h.Size
		if n == 0 {
			about, err = r.about(h, t)
		} else {
			err = r.file(h, t)
		}
		if err != nil {
			return about, err
		}
	}
}

func (r *reader) about(h *tar.Header, t io.Reader) (about About, err error) {
	if h.Name != AboutFile || h.Size > maxAbout {
		return about, fmt.Errorf("it does not begin with %s", AboutFile)
	}
	text, err := io.ReadAll(t)
	if err == nil {
		err = json.Unmarshal(text, &about)
	}
	if err == nil {
		err = about.check()
	}
	if err != nil {
		return about, err
	}
	if text, err = json.Marshal(about); err != nil { // what is known, and no more
		return about, err
	}
	return about, r.write(AboutFile, bytes.NewReader(text))
}

func (r *reader) file(h *tar.Header, t io.Reader) error {
	if !fileName.MatchString(h.Name) {
		return fmt.Errorf("%.300q is no name of compiled code", h.Name)
	}
	if err := r.dir.Mkdir(path.Dir(h.Name), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if of, ok := strings.CutSuffix(h.Name, sumSuffix); ok {
		if h.Size != 2*sha256.Size {
			return fmt.Errorf("%s has %d bytes, which is no sum", h.Name, h.Size)
		}
		text, err := io.ReadAll(t)
		if err != nil {
			return err
		}
		r.sums[of] = string(text)
		return r.write(h.Name, bytes.NewReader(text))
	}
	sum := sha256.New()
	if err := r.write(h.Name, io.TeeReader(t, sum)); err != nil {
		return err
	}
	r.files[h.Name] = hex.EncodeToString(sum.Sum(nil))
	return nil
}

// agree compares files and sums.
func (r *reader) agree() error {
	for name, sum := range r.files {
		if r.sums[name] != sum {
			return fmt.Errorf("%s is not what its sum says", name)
		}
	}
	if len(r.files) != len(r.sums) {
		return errors.New("it has sums of files that are not there")
	}
	return nil
}

// write makes a new file.
func (r *reader) write(name string, from io.Reader) error {
	f, err := r.dir.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o444)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, from)
	return errors.Join(err, f.Chmod(0o444), f.Close()) // whatever the process's umask is
}
