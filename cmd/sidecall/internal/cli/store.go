package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/cache"
	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/linker"
)

// imageStore is where images are kept: beside compiled code, but also if that is not
// to be kept.
func (a *app) imageStore() (*store.Store, error) {
	dir, err := a.cacheRoot()
	if err != nil {
		return nil, err
	}
	return cache.Images(dir), nil
}

// cacheRoot is where compiled code and images are kept.
func (a *app) cacheRoot() (string, error) {
	if a.settings.CacheDir != "" {
		return a.settings.CacheDir, nil
	}
	user, err := os.UserCacheDir()
	if err == nil && !filepath.IsAbs(user) {
		// Whoever wrote the working directory would say there what runs here.
		err = errors.New("the user's cache directory is relative: " + user)
	}
	if err != nil {
		return "", &usageError{message: "there is no directory to keep code and images in: " + err.Error(), hint: "name one with --cache-dir"}
	}
	return filepath.Join(user, "sidecall"), nil
}

// image lays out an image as files: one that was pulled before, or is pulled now.
func (a *app) image(ref string) (*store.Files, error) {
	s, err := a.imageStore()
	if err != nil {
		return nil, err
	}
	defer a.progress("pulling " + ref)()
	desc, err := s.Get(context.Background(), ref)
	if err != nil {
		return nil, fileError(err)
	}
	f, err := s.Files(ref, desc)
	return f, fileError(err)
}

// imageOfComponent finds what a manifest names by image:.
func (a *app) imageOfComponent(ref string) (string, error) {
	f, err := a.image(ref)
	if err != nil {
		return "", err
	}
	if f.Composition {
		return "", &linker.FileError{Path: ref, Msg: "this is a composition, not one component", Hint: "name its components' images"}
	}
	return f.Path, nil
}

// localize replaces a target that is an image, in a registry or in a file, by the
// files in it.
func (a *app) localize(t *target) error {
	if store.IsLayout(t.path) {
		s, err := a.imageStore()
		if err != nil {
			return err
		}
		desc, err := s.Import(context.Background(), t.path)
		if err != nil {
			return fileError(err)
		}
		f, err := s.Files(t.path, desc)
		if err != nil {
			return fileError(err)
		}
		t.isImage(t.path, f)
		return nil
	}
	if _, err := os.Stat(t.path); err == nil || !isImage(t.path) {
		return nil
	}
	f, err := a.image(t.path)
	if err != nil {
		return err
	}
	t.isImage(t.path, f)
	return nil
}

// isImage makes an image's files the target.
func (t *target) isImage(ref string, f *store.Files) {
	t.ref, t.digest, t.path, t.artifact = ref, f.Digest, f.Path, true
}

// isImage tells whether what is no file is the name of an image. What ends like a
// file's name is more likely a file that is not there.
func isImage(path string) bool {
	switch filepath.Ext(path) {
	case ".wasm", ".wat", ".yaml", ".yml", ".json", ".tar":
		return false
	}
	_, err := store.ParseRef(path)
	return err == nil
}

// fileError makes a file's error of an image's, with the same hint.
func fileError(err error) error {
	var e *store.Error
	if !errors.As(err, &e) {
		return err
	}
	return &linker.FileError{Path: e.Ref, Msg: e.Reason(), Hint: e.Hint, Err: err}
}
