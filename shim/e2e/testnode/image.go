//go:build linux

package testnode

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2/registry/remote"
)

// Registry is one on loopback, in memory.
type Registry struct{ *httptest.Server }

// NewRegistry starts a registry.
func NewRegistry() *Registry {
	return &Registry{httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))}
}

// Address is its host and port, as in an image's name.
func (r *Registry) Address() string { return strings.TrimPrefix(r.URL, "http://") }

// File is a file, a directory (its name ends with a slash) or a file's other name.
type File struct {
	Name string
	Mode int64 // 0: 0755
	Data []byte
	Link string // the file's name in the image
}

// Image is an ordinary image of one layer.
type Image struct {
	Files  []File
	Config ocispec.ImageConfig
}

// Busybox is an image with Debian's busybox-static and a shell in it.
func Busybox() (*Image, error) {
	const program = "/bin/busybox"
	data, err := os.ReadFile(program)
	if err != nil {
		return nil, fmt.Errorf("apt-get install busybox-static: %w", err)
	}
	applets, err := exec.Command(program, "--list").Output()
	if err != nil {
		return nil, fmt.Errorf("%s --list: %w", program, err)
	}
	i := &Image{Config: ocispec.ImageConfig{Cmd: []string{"sh"}, Env: []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}}}
	for _, dir := range []string{"bin", "etc", "home", "root", "tmp", "usr", "var", "var/run", "var/www"} {
		f := File{Name: dir + "/"}
		if dir == "tmp" {
			f.Mode = 0o1777
		}
		i.Files = append(i.Files, f)
	}
	i.Files = append(i.Files, File{Name: "bin/busybox", Data: data},
		// Debian's busybox has not all that tests of runtimes ask for.
		File{Name: "bin/pgrep", Data: []byte(pgrep)},
		File{Name: "bin/ipcs", Data: []byte("#!/bin/sh\ncat /proc/sysvipc/shm\n")},
		File{Name: "etc/passwd", Mode: 0o644, Data: []byte("root:x:0:0:root:/root:/bin/sh\nwww-data:x:33:33:www-data:/var/www:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n")},
		File{Name: "etc/group", Mode: 0o644, Data: []byte("root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n")})
	for _, name := range strings.Fields(string(applets)) {
		if name != "busybox" {
			i.Files = append(i.Files, File{Name: "bin/" + name, Link: "bin/busybox"})
		}
	}
	return i, nil
}

// pgrep leaves out what has ended and waits to be buried.
const pgrep = `#!/bin/sh
code=1
for p in /proc/[0-9]*; do
  [ "$(cat $p/comm 2>/dev/null)" = "$1" ] && ! grep -q '^State:.Z' $p/status && echo ${p#/proc/} && code=0
done
exit $code
`

// PauseImage is a sandbox's process: it waits for a signal.
func PauseImage() (*Image, error) {
	i, err := Busybox()
	if err == nil {
		i.Config.User = "65535:65535"
		i.Config.Entrypoint = []string{"/bin/sh", "-c", "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait; done"}
	}
	return i, err
}

// Add returns the image with more files in its layer.
func (i *Image) Add(files ...File) *Image {
	out := *i
	out.Files = append(append([]File{}, i.Files...), files...)
	return &out
}

func (i *Image) layer() ([]byte, error) {
	var b bytes.Buffer
	t := tar.NewWriter(&b)
	for _, f := range i.Files {
		h := &tar.Header{Name: f.Name, Mode: f.Mode, Size: int64(len(f.Data)), Typeflag: tar.TypeReg, ModTime: time.Unix(0, 0)}
		if h.Mode == 0 {
			h.Mode = 0o755
		}
		switch {
		case strings.HasSuffix(f.Name, "/"):
			h.Typeflag = tar.TypeDir
		case f.Link != "":
			h.Typeflag, h.Linkname = tar.TypeLink, f.Link
		}
		if err := t.WriteHeader(h); err != nil {
			return nil, err
		}
		if _, err := t.Write(f.Data); err != nil {
			return nil, err
		}
	}
	err := t.Close()
	return b.Bytes(), err
}

// Push gives the registry an image under a repository's name and a tag.
func (r *Registry) Push(ctx context.Context, i *Image, name string) error {
	repository, tag, ok := strings.Cut(name, ":")
	if !ok {
		tag = "latest"
	}
	repo, err := remote.NewRepository(r.Address() + "/" + repository)
	if err != nil {
		return err
	}
	repo.PlainHTTP = true
	layer, err := i.layer()
	if err != nil {
		return err
	}
	desc := func(mediaType string, data []byte) ocispec.Descriptor {
		return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	}
	l := desc(ocispec.MediaTypeImageLayer, layer)
	config, err := json.Marshal(ocispec.Image{Platform: ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH},
		Config: i.Config, RootFS: ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{l.Digest}}})
	if err != nil {
		return err
	}
	c := desc(ocispec.MediaTypeImageConfig, config)
	manifest, err := json.Marshal(ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: c, Layers: []ocispec.Descriptor{l}})
	if err != nil {
		return err
	}
	for _, blob := range []struct {
		ocispec.Descriptor
		data []byte
	}{{l, layer}, {c, config}} {
		if err := repo.Push(ctx, blob.Descriptor, bytes.NewReader(blob.data)); err != nil {
			return fmt.Errorf("pushing %s: %w", name, err)
		}
	}
	return repo.PushReference(ctx, desc(ocispec.MediaTypeImageManifest, manifest), bytes.NewReader(manifest), tag)
}
