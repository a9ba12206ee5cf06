package linker

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/sidecall/sidecall/components/binary"
	"github.com/sidecall/sidecall/components/preview1"
	"github.com/sidecall/sidecall/components/validate"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/resolve"
)

// loadAll loads the components of a manifest, each file once. Components that
// cannot be loaded are nil and have an error in the list.
func loadAll(m *manifest.Manifest, opt Options) ([]*resolve.Loaded, diag.List) {
	type result struct {
		loaded *resolve.Loaded
		err    error
	}
	files := map[string]*result{}
	var wg sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0)) // validation is all computation
	for i := range m.Components {
		c := &m.Components[i]
		if origin(c) == "" || files[origin(c)] != nil {
			continue
		}
		r := &result{}
		files[origin(c)] = r
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			file := c.File
			if c.Image != "" {
				if file, r.err = opt.image(c.Image); r.err != nil {
					return
				}
			}
			r.loaded, r.err = load(file, opt.MaxFileSize)
		})
	}
	wg.Wait()
	comps := make([]*resolve.Loaded, len(m.Components))
	var diags diag.List
	for i := range m.Components {
		c := &m.Components[i]
		r := files[origin(c)]
		if r == nil {
			continue
		}
		if comps[i] = r.loaded; r.err != nil {
			diags.Add(loadProblem(c, r.err))
		}
	}
	return comps, diags
}

// origin is where a component comes from, for messages and to load it once.
func origin(c *manifest.Component) string {
	if c.Image != "" {
		return c.Image
	}
	return c.File
}

func (o Options) image(name string) (string, error) {
	if o.Image == nil {
		return "", &FileError{name, "images cannot be pulled here", "save the component to a file and name that", nil}
	}
	return o.Image(name)
}

func load(path string, limit int64) (*resolve.Loaded, error) {
	data, err := ReadComponent(path, limit)
	if err != nil {
		return nil, err
	}
	return check(data)
}

// Open decodes and validates what the bytes of a component's file hold: a component, or a
// core module of which one is made (package preview1). The error is a *binary.Error or a
// *validate.Error.
func Open(data []byte) (*validate.Typed, error) {
	c, err := preview1.Decode(data)
	if err != nil {
		return nil, err
	}
	return validate.Component(c, validate.Options{})
}

func check(data []byte) (*resolve.Loaded, error) {
	t, err := Open(data)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(data)
	return &resolve.Loaded{Typed: t, Digest: "sha256:" + hex.EncodeToString(sum[:])}, nil
}

// loadProblem places the error of one component's file.
func loadProblem(c *manifest.Component, err error) diag.Diagnostic {
	d := diag.Diagnostic{Stage: diag.Link, Pos: c.FilePos}
	var fe *FileError
	var be *binary.Error
	var ve *validate.Error
	what, hint, builtFor := BuiltFor(err)
	switch {
	case errors.As(err, &fe):
		d.Message, d.Hint = fmt.Sprintf("component %s: %s: %s", c.Name, fe.Path, fe.Msg), fe.Hint
	case builtFor:
		d.Message, d.Hint = fmt.Sprintf("component %s: %s %s", c.Name, origin(c), what), hint
		d.Details = []string{err.Error()}
	case errors.As(err, &be):
		d.Message = fmt.Sprintf("component %s: %s: %v", c.Name, origin(c), be)
	case errors.As(err, &ve):
		plain := *ve
		plain.Mismatches = nil
		d.Message = fmt.Sprintf("component %s: %s is not valid: %v", c.Name, origin(c), &plain)
		for _, m := range ve.Mismatches {
			d.Details = append(d.Details, m.Error())
		}
	default:
		d.Message = fmt.Sprintf("component %s: %s: %v", c.Name, origin(c), err)
	}
	return d
}

// FileError says why a component's file cannot be read.
type FileError struct {
	Path string
	// Msg says what is wrong, Hint what to do, empty where Msg says it all.
	Msg, Hint string
	Err       error
}

func (e *FileError) Error() string { return e.Path + ": " + e.Msg }

func (e *FileError) Unwrap() error { return e.Err }

// ReadComponent reads a component's file of at most limit bytes, 0 standing for
// DefaultMaxFileSize. Errors are *FileError.
func ReadComponent(path string, limit int64) ([]byte, error) {
	if limit == 0 {
		limit = DefaultMaxFileSize
	}
	info, err := os.Stat(path)
	switch {
	case err != nil && isImage(path):
		return nil, &FileError{path, "this looks like the name of an image, not a file", "in a manifest, write image: instead of file:", err}
	case errors.Is(err, fs.ErrNotExist):
		return nil, &FileError{path, "no such file", neighbours(path), err}
	case err != nil:
		return nil, &FileError{path, "cannot be read: " + cause(err).Error(), "", err}
	case info.IsDir():
		return nil, &FileError{path, "this is a directory, not a component", inside(path), nil}
	case !info.Mode().IsRegular():
		return nil, &FileError{path, "this is not a regular file", "", nil}
	case info.Size() > limit:
		hint := ""
		if limit < DefaultMaxFileSize {
			hint = "this process has too little memory for it: in a container, raise its limit"
		}
		return nil, &FileError{path, fmt.Sprintf("the file has %d bytes, more than the %d that a component may have", info.Size(), limit), hint, nil}
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, &FileError{path, "cannot be read: " + cause(err).Error(), "", err}
	}
	defer f.Close()
	data := make([]byte, 0, info.Size()+1)
	for {
		n, err := f.Read(data[len(data):cap(data)])
		data = data[:len(data)+n]
		switch {
		case errors.Is(err, io.EOF):
			return data, nil
		case err != nil:
			return nil, &FileError{path, "cannot be read: " + cause(err).Error(), "", err}
		case len(data) == cap(data):
			return nil, &FileError{path, "the file grew while it was read", "", nil}
		}
	}
}

// image is what the names of images in registries end like: host, path and tag or
// digest. A file may have such a name, so only what is no file is suspected.
var image = regexp.MustCompile(`(^|/)([a-z0-9-]+(\.[a-z0-9-]+)+|localhost)(:[0-9]+)?/[a-z0-9._/-]+(:[A-Za-z0-9._-]+|@sha256:[0-9a-f]+)$`)

func isImage(path string) bool { return image.MatchString(filepath.ToSlash(path)) }

// neighbours is a hint about files with a similar name.
func neighbours(path string) string {
	var names []string
	for _, e := range list(filepath.Dir(path)) {
		names = append(names, e.Name())
	}
	if near, ok := diag.Similar(filepath.Base(path), names); ok {
		return "did you mean " + filepath.Join(filepath.Dir(path), near) + "?"
	}
	return ""
}

// inside is a hint about the components in a directory.
func inside(path string) string {
	var names []string
	for _, e := range list(path) {
		if strings.HasSuffix(e.Name(), ".wasm") && len(names) < 5 {
			names = append(names, filepath.Join(path, e.Name()))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "it contains " + strings.Join(names, ", ")
}

// list reads some entries of a directory; hints need no more.
func list(dir string) []fs.DirEntry {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer f.Close()
	entries, _ := f.ReadDir(1000) // an error only means fewer hints
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries
}

// cause strips the path, which stands before the message already.
func cause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}
