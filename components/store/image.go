package store

import (
	"archive/tar"
	"bytes"
	"debug/elf"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Where the files of an ordinary image are.
const (
	imageProgram = "sidecall"
	imageDir     = "composition"
)

// AddImage packs an artifact as an ordinary image, for runtimes that know nothing
// else: program, a static binary of Sidecall for Linux on platform's architecture, in
// a layer that all such images share, and the manifest and components in another.
// command is what the program is told to do: run or serve.
func (s *Store) AddImage(a *Artifact, program, command string, platform ocispec.Platform) (ocispec.Descriptor, error) {
	if err := a.check(); err != nil {
		return ocispec.Descriptor{}, err
	}
	binary, err := os.ReadFile(program)
	if err != nil {
		return ocispec.Descriptor{}, &Error{Ref: program, Msg: "the program for the image cannot be read", Err: err}
	}
	if !bytes.HasPrefix(binary, []byte("\x7fELF")) {
		return ocispec.Descriptor{}, foreign(program, "name one with --program, built with CGO_ENABLED=0 GOOS=linux",
			"this is not a program for Linux, which an image of kind \"image\" needs")
	}
	if Dynamic(binary) {
		return ocispec.Descriptor{}, foreign(program, "name one with --program, built with CGO_ENABLED=0",
			"this program needs the libraries of the system that it was built on, and an image has none")
	}
	target := "/" + imageDir
	files := []tarFile{{name: imageDir + "/", mode: 0o755}}
	if a.Manifest != nil {
		files = append(files, tarFile{imageDir + "/" + manifestName, 0o644, a.Manifest})
	} else if len(a.Components) == 1 {
		target += "/" + a.Components[0].Name.File()
	}
	for _, c := range a.Components {
		files = append(files, tarFile{imageDir + "/" + c.Name.File(), 0o644, c.Bytes})
	}
	config := ocispec.Image{Platform: platform, RootFS: ocispec.RootFS{Type: "layers"}, Config: ocispec.ImageConfig{
		User: user, Entrypoint: []string{"/" + imageProgram, command, target}, WorkingDir: "/",
		Labels: map[string]string{LabelComposition: target},
	}}
	m := ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Annotations: map[string]string{ocispec.AnnotationTitle: a.Name.String()}}
	for _, layer := range [][]tarFile{{{imageProgram, 0o755, binary}}, files} {
		desc, diffID, err := s.addTar(layer)
		if err != nil {
			return ocispec.Descriptor{}, err
		}
		m.Layers = append(m.Layers, desc)
		config.RootFS.DiffIDs = append(config.RootFS.DiffIDs, diffID)
	}
	data, err := json.Marshal(config)
	if err != nil {
		return ocispec.Descriptor{}, fmt.Errorf("packing: %w", err)
	}
	if m.Config, err = s.add(ocispec.MediaTypeImageConfig, data); err != nil {
		return ocispec.Descriptor{}, err
	}
	return s.addManifest(m)
}

// tarFile is a file in a layer; a directory if its name ends in a slash.
type tarFile struct {
	name string
	mode int64
	data []byte
}

// addTar stores a layer. It is not compressed, so that its bytes, and with them its
// digest, depend on nothing but the files.
func (s *Store) addTar(files []tarFile) (ocispec.Descriptor, digest.Digest, error) {
	var buf bytes.Buffer
	t := tar.NewWriter(&buf)
	for _, f := range files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: int64(len(f.data)), Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if f.data == nil {
			h.Typeflag = tar.TypeDir
		}
		err := t.WriteHeader(h)
		if err == nil {
			_, err = io.Copy(t, bytes.NewReader(f.data))
		}
		if err != nil {
			return ocispec.Descriptor{}, "", errors.Join(err, t.Close())
		}
	}
	if err := t.Close(); err != nil {
		return ocispec.Descriptor{}, "", err
	}
	desc, err := s.add(ocispec.MediaTypeImageLayer, buf.Bytes())
	return desc, desc.Digest, err
}

// Dynamic tells whether a program for Linux asks for an interpreter, which loads libraries
// that containers do not have.
func Dynamic(program []byte) bool {
	f, err := elf.NewFile(bytes.NewReader(program))
	if err != nil {
		return false
	}
	return slices.ContainsFunc(f.Progs, func(p *elf.Prog) bool { return p.Type == elf.PT_INTERP })
}
