//go:build linux

package shim

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"time"

	containersapi "github.com/containerd/containerd/api/services/containers/v1"
	contentapi "github.com/containerd/containerd/api/services/content/v1"
	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	"github.com/opencontainers/go-digest"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/sidecall/sidecall/components/store"
)

// backend asks containerd what the shim's own protocol does not tell: which image a
// container is of, and what is in it.
type backend struct {
	conn      *grpc.ClientConn
	namespace string
}

// askTimeout bounds one question; reading content is bounded by Create's own deadline.
const askTimeout = 10 * time.Second

func dial(address, namespace string) (*backend, error) {
	target := "unix://" + strings.TrimPrefix(address, "unix://")
	conn, err := grpc.NewClient(target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, fmt.Errorf("containerd at %s: %w", address, err)
	}
	return &backend{conn, namespace}, nil
}

func (b *backend) Close() error { return b.conn.Close() }

func (b *backend) context(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "containerd-namespace", b.namespace)
}

// image finds a container's image. ok is false if it has none, as one that ctr made of
// a directory.
func (b *backend) image(ctx context.Context, id string) (name string, desc ocispec.Descriptor, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	c, err := containersapi.NewContainersClient(b.conn).Get(b.context(ctx), &containersapi.GetContainerRequest{ID: id})
	if err != nil {
		return "", desc, false, fmt.Errorf("asking containerd about the container: %w", err)
	}
	name = c.GetContainer().GetImage()
	if name == "" {
		return "", desc, false, nil
	}
	desc, ok, err = b.named(ctx, name) // not ok: removed since, and only the files are left to look at
	return name, desc, ok, err
}

// named finds an image by containerd's name for it.
func (b *backend) named(ctx context.Context, name string) (desc ocispec.Descriptor, ok bool, err error) {
	ctx, cancel := context.WithTimeout(b.context(ctx), askTimeout)
	defer cancel()
	i, err := imagesapi.NewImagesClient(b.conn).Get(ctx, &imagesapi.GetImageRequest{Name: name})
	if status.Code(err) == codes.NotFound {
		return desc, false, nil
	}
	if err != nil {
		return desc, false, fmt.Errorf("asking containerd about the image %s: %w", name, err)
	}
	t := i.GetImage().GetTarget()
	return ocispec.Descriptor{MediaType: t.GetMediaType(), Digest: digest.Digest(t.GetDigest()), Size: t.GetSize()}, true, nil
}

// hasContent makes a question to the containerd at an address: whether one of its
// namespaces has content, which it has as long as an image of it needs it.
func hasContent(address string) func(context.Context, string, digest.Digest) (bool, error) {
	return func(ctx context.Context, namespace string, d digest.Digest) (bool, error) {
		b, err := dial(address, namespace)
		if err != nil {
			return false, err
		}
		defer b.Close()
		ctx, cancel := context.WithTimeout(b.context(ctx), askTimeout)
		defer cancel()
		_, err = contentapi.NewContentClient(b.conn).Info(ctx, &contentapi.InfoRequest{Digest: d.String()})
		if status.Code(err) == codes.NotFound {
			return false, nil
		}
		return err == nil, err
	}
}

// Fetch reads content. The stream ends with its context, so it must be read or closed.
func (b *backend) Fetch(ctx context.Context, desc ocispec.Descriptor) (io.ReadCloser, error) {
	ctx, cancel := context.WithCancel(b.context(ctx))
	stream, err := contentapi.NewContentClient(b.conn).Read(ctx, &contentapi.ReadContentRequest{Digest: desc.Digest.String()})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("reading %s from containerd: %w", desc.Digest, err)
	}
	return &contentReader{stream: stream, cancel: cancel}, nil
}

type contentReader struct {
	stream contentapi.Content_ReadClient
	cancel context.CancelFunc
	rest   []byte
}

func (r *contentReader) Read(p []byte) (int, error) {
	for len(r.rest) == 0 {
		m, err := r.stream.Recv()
		if errors.Is(err, io.EOF) {
			return 0, io.EOF
		}
		if err != nil {
			return 0, fmt.Errorf("reading from containerd: %w", err)
		}
		r.rest = m.GetData()
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *contentReader) Close() error {
	r.cancel()
	return nil
}

// find looks for an image by the name that a person or a pod has for it; nil if there is
// none.
func (b *backend) find(ctx context.Context, ref string) (*imageOf, error) {
	for _, name := range spellings(ref) {
		desc, ok, err := b.named(ctx, name)
		if err != nil {
			return nil, err
		}
		if ok {
			found, err := b.inspect(ctx, name, desc)
			return &imageOf{backend: b, found: found, name: name}, err
		}
	}
	return nil, nil
}

// spellings are what containerd may call an image that somebody names: in full, with the
// default registry and tag, and by its digest alone where there is a tag as well.
func spellings(ref string) []string {
	full := ref
	switch first, _, ok := strings.Cut(ref, "/"); {
	case !ok:
		full = "docker.io/library/" + ref
	case !strings.ContainsAny(first, ".:") && first != "localhost":
		full = "docker.io/" + ref
	}
	path, digest, pinned := strings.Cut(full, "@")
	tag := strings.LastIndexByte(path, ':')
	tagged := tag > strings.LastIndexByte(path, '/')
	switch {
	case pinned && tagged:
		full = path[:tag] + "@" + digest
	case !pinned && !tagged:
		full += ":latest"
	}
	if full == ref {
		return []string{ref}
	}
	return []string{ref, full}
}

// found is what an image turned out to be.
type found struct {
	// manifest is the image's manifest, of this machine's platform if it is an index.
	manifest ocispec.Descriptor
	wasm     bool
	// config is its configuration, whose bytes text has if it is wasm, and layers what its
	// manifest lists.
	config digest.Digest
	text   []byte
	layers []ocispec.Descriptor
	// composition is the path that the label of an ordinary image gives, or empty.
	composition string
}

// inspect looks whether an image has layers of WebAssembly. Of an index it takes what
// containerd took: this machine's platform; then what is for WebAssembly.
func (b *backend) inspect(ctx context.Context, name string, desc ocispec.Descriptor) (*found, error) {
	return b.inspectIn(ctx, name, desc, false)
}

// inspectIn does so for an image that may be one of an index.
func (b *backend) inspectIn(ctx context.Context, name string, desc ocispec.Descriptor, inIndex bool) (*found, error) {
	data, err := b.metadata(ctx, name, desc)
	if err != nil {
		return nil, err
	}
	var m struct {
		ocispec.Manifest
		Manifests []ocispec.Descriptor `json:"manifests"`
	}
	if err := store.DecodeJSON(data, &m); err != nil {
		return nil, fmt.Errorf("image %s: its manifest is not JSON: %w", name, err)
	}
	if len(m.Manifests) > 0 && len(m.Layers) > 0 {
		return nil, fmt.Errorf("image %s: it is an index and an image at once, and nobody could say which is meant", name)
	}
	if len(m.Manifests) > 0 {
		i := slices.IndexFunc(m.Manifests, func(d ocispec.Descriptor) bool {
			return d.Platform != nil && d.Platform.OS == "linux" && d.Platform.Architecture == runtime.GOARCH
		})
		if i < 0 {
			i = slices.IndexFunc(m.Manifests, func(d ocispec.Descriptor) bool {
				return d.Platform != nil && store.IsWasmPlatform(d.Platform.OS, d.Platform.Architecture) || d.ArtifactType == store.ArtifactComposition
			})
		}
		i = max(i, 0)
		next := m.Manifests[i]
		if inIndex || store.IsIndex(next.MediaType) {
			return nil, fmt.Errorf("image %s: an index in an index is not supported", name)
		}
		return b.inspectIn(ctx, name, next, true)
	}
	out := &found{manifest: desc, config: m.Config.Digest, layers: m.Layers}
	for i := range m.Layers {
		out.wasm = out.wasm || store.HasWasm(&m.Manifest, &m.Layers[i])
	}
	if out.wasm || m.Config.MediaType == store.MediaTypeWasmConfig {
		out.wasm = true // without a layer, what copies it says what is wrong
		out.text, err = b.metadata(ctx, name, m.Config)
		return out, err
	}
	var config struct {
		Config ocispec.ImageConfig `json:"config"`
	}
	if data, err := b.metadata(ctx, name, m.Config); err == nil && store.DecodeJSON(data, &config) == nil {
		out.composition = config.Config.Labels[store.LabelComposition]
	}
	return out, nil
}

// agree makes sure that an image has the layers that its configuration names. To CRI an
// image is its configuration: of two manifests with the same one, a container gets what
// was pulled last, whoever pulled it. Of layers that are unpacked containerd checks this;
// a configuration that names none, as of old artifacts, cannot be checked: there it is the
// pod's own name for the image that tells, see service.image.
func (f *found) agree(name string) error {
	var c struct {
		LayerDigests []digest.Digest `json:"layerDigests"`
	}
	if err := store.DecodeJSON(f.text, &c); err != nil {
		return fmt.Errorf("image %s: its configuration is not JSON: %w", name, err)
	}
	same := slices.EqualFunc(c.LayerDigests, f.layers, func(d digest.Digest, l ocispec.Descriptor) bool { return d == l.Digest })
	if len(c.LayerDigests) > 0 && !same {
		return fmt.Errorf("image %s: its manifest has other layers than its configuration names: another image with this configuration was pulled on this node, or the image is damaged", name)
	}
	return nil
}

// metadata reads content that is small if it is what it says.
func (b *backend) metadata(ctx context.Context, name string, desc ocispec.Descriptor) ([]byte, error) {
	if desc.Size > store.MaxManifestSize {
		return nil, fmt.Errorf("image %s: %s has %d bytes, more than %d", name, desc.Digest, desc.Size, store.MaxManifestSize)
	}
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	r, err := b.Fetch(ctx, desc)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, store.MaxManifestSize))
	if err = errors.Join(err, r.Close()); err != nil {
		return nil, fmt.Errorf("image %s: %w", name, err)
	}
	return data, nil
}
