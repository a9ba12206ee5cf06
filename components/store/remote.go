package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"oras.land/oras-go/v2"
	"oras.land/oras-go/v2/errdef"
	"oras.land/oras-go/v2/registry"
	"oras.land/oras-go/v2/registry/remote"
	"oras.land/oras-go/v2/registry/remote/auth"
	"oras.land/oras-go/v2/registry/remote/errcode"
)

// ParseRef checks the name of an image: registry/repository, and a tag or a digest.
// Without both the tag is latest.
func ParseRef(ref string) (registry.Reference, error) {
	r, err := registry.ParseReference(ref)
	if err == nil {
		r.Reference = r.ReferenceOrDefault()
		err = r.ValidateReference()
	}
	if err != nil || !host.MatchString(r.Registry) || strings.HasSuffix(ref, ":") {
		return r, &Error{Ref: ref, Msg: "this is not the name of an image", Hint: "write REGISTRY/NAME:TAG or REGISTRY/NAME@sha256:…, as in ghcr.io/acme/orders:1.0"}
	}
	return r, nil
}

// host is what the name of a registry looks like. A path of files begins with a dot,
// and a bare word is more likely a directory than a registry.
var host = regexp.MustCompile(`^([a-zA-Z0-9-]+(\.[a-zA-Z0-9-]+)+(:[0-9]+)?|[a-zA-Z0-9-]+:[0-9]+|localhost|\[[0-9a-fA-F:]+\](:[0-9]+)?)$`)

// repository prepares to talk to a registry, with the credentials of
// docker login or podman login.
func repository(r registry.Reference) (*remote.Repository, error) {
	credential, err := credentialsFor(r)
	if err != nil {
		return nil, err
	}
	repo, err := remote.NewRepository(r.Registry + "/" + r.Repository)
	if err != nil {
		return nil, &Error{Ref: r.String(), Msg: "this is not the name of an image", Err: err}
	}
	repo.Client = &auth.Client{Client: newClient(r), Cache: auth.NewCache(), Credential: credential}
	repo.PlainHTTP = loopback(r.Registry)
	repo.MaxMetadataBytes = MaxManifestSize
	return repo, nil
}

// loopback registries speak plain HTTP, as docker takes it too.
func loopback(hostport string) bool {
	name := hostport
	if h, _, err := net.SplitHostPort(hostport); err == nil {
		name = h
	}
	ip := net.ParseIP(name)
	return name == "localhost" || ip != nil && ip.IsLoopback()
}

// Push copies an image that the store has to a registry. Content that the registry
// has already is not sent again.
func (s *Store) Push(ctx context.Context, ref string, desc ocispec.Descriptor) error {
	r, err := ParseRef(ref)
	if err != nil {
		return err
	}
	repo, err := repository(r)
	if err != nil {
		return err
	}
	_, err = r.Digest()
	pinned := err == nil
	if pinned && r.Reference != desc.Digest.String() {
		return foreign(ref, "push to a tag", "what was packed has another digest, %s", desc.Digest)
	}
	if err := oras.CopyGraph(ctx, s, repo, desc, oras.DefaultCopyGraphOptions); err != nil {
		return remoteError(ref, "pushing", err)
	}
	if pinned {
		return nil
	}
	if err := repo.Tag(ctx, desc, r.Reference); err != nil {
		return remoteError(ref, "pushing", err)
	}
	return nil
}

// Pull gets an image from a registry into the store and returns the descriptor of its
// manifest, an index resolved. Layers that the store has are not fetched again.
func (s *Store) Pull(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	r, err := ParseRef(ref)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	repo, err := repository(r)
	if err != nil {
		return ocispec.Descriptor{}, err
	}
	root, err := repo.Resolve(ctx, r.Reference)
	if err != nil {
		return root, remoteError(ref, "pulling", err)
	}
	desc, err := s.pull(ctx, ref, repo, root)
	if err != nil {
		return desc, err
	}
	if err := s.name(r.String(), desc); err != nil {
		return desc, &Error{Ref: ref, Msg: "the image cannot be kept in the local store", Err: err}
	}
	return desc, nil
}

// Fetcher is what an image is copied from.
type Fetcher interface {
	Fetch(ctx context.Context, desc ocispec.Descriptor) (io.ReadCloser, error)
}

// Copy gets an image with WebAssembly from anywhere into the store and returns the
// descriptor of its manifest. desc may be an index. ref is for messages.
func (s *Store) Copy(ctx context.Context, ref string, from Fetcher, desc ocispec.Descriptor) (ocispec.Descriptor, error) {
	return s.pull(ctx, ref, from, desc)
}

func (s *Store) pull(ctx context.Context, ref string, from Fetcher, desc ocispec.Descriptor) (ocispec.Descriptor, error) {
	desc, err := checkSize(ref, desc)
	if err != nil {
		return desc, err
	}
	data, err := s.metadata(ctx, ref, from, desc)
	if err != nil {
		return desc, err
	}
	if IsIndex(desc.MediaType) {
		if desc, err = choose(ref, data); err != nil {
			return desc, err
		}
		if data, err = s.metadata(ctx, ref, from, desc); err != nil {
			return desc, err
		}
	}
	if !isManifest(desc.MediaType) {
		return desc, foreign(ref, "", "%s is not the media type of an image", desc.MediaType)
	}
	m, err := decodeManifest(ref, data)
	if err != nil {
		return desc, err
	}
	if _, err := contents(ref, m); err != nil {
		return desc, err // before anything large is fetched
	}
	for _, d := range append([]ocispec.Descriptor{m.Config}, m.Layers...) {
		if err := s.copy(ctx, from, d); err != nil {
			return desc, remoteError(ref, "pulling "+d.Digest.String(), err)
		}
	}
	return desc, nil
}

// metadata fetches an index or a manifest.
func (s *Store) metadata(ctx context.Context, ref string, from Fetcher, desc ocispec.Descriptor) ([]byte, error) {
	if err := s.copy(ctx, from, desc); err != nil {
		return nil, remoteError(ref, "pulling "+desc.Digest.String(), err)
	}
	data, err := s.read(desc, MaxManifestSize)
	if err != nil {
		return nil, &Error{Ref: ref, Msg: "the image cannot be read from the local store", Err: err}
	}
	return data, nil
}

func (s *Store) copy(ctx context.Context, from Fetcher, desc ocispec.Descriptor) error {
	if s.Has(desc.Digest) {
		return nil
	}
	r, err := from.Fetch(ctx, desc)
	if err != nil {
		return err
	}
	return errors.Join(s.put(desc, r), r.Close())
}

// Find returns the image that a name stands for without asking a registry: what was
// pulled last, or what a digest names.
func (s *Store) Find(ref string) (ocispec.Descriptor, bool) {
	r, err := ParseRef(ref)
	if err != nil {
		return ocispec.Descriptor{}, false
	}
	return s.named(r.String())
}

// Get returns the image that a name stands for, from the store if it was pulled
// before, else from its registry.
func (s *Store) Get(ctx context.Context, ref string) (ocispec.Descriptor, error) {
	if desc, ok := s.Find(ref); ok {
		return desc, nil
	}
	return s.Pull(ctx, ref)
}

// remoteError says in a person's words what a registry or the way to it had to say.
func remoteError(ref, doing string, err error) error {
	e := &Error{Ref: ref, Msg: doing + " failed", Err: err}
	var response *errcode.ErrorResponse
	var dns *net.DNSError
	switch {
	case errors.Is(err, errdef.ErrNotFound):
		e.Msg, e.Err = "there is no such image", nil
	case errors.Is(err, auth.ErrBasicCredentialNotFound):
		e.Msg, e.Hint, e.Err = "the registry wants to know who asks, and there are no credentials for it", loginHint(ref), nil
	case errors.As(err, &response) && (response.StatusCode == http.StatusUnauthorized || response.StatusCode == http.StatusForbidden):
		e.Msg, e.Hint = "the registry does not allow it", loginHint(ref)
		e.Err = fmt.Errorf("status %d", response.StatusCode)
	case errors.As(err, &dns):
		e.Msg, e.Hint = "the registry cannot be found", "images that were pulled before run without a network"
	}
	return e
}

// loginHint says how a registry gets to know who asks.
func loginHint(ref string) string {
	name, _, _ := strings.Cut(ref, "/")
	return "log in with docker login " + name + ", podman login " + name + ", or any tool that writes docker's config.json; " +
		"REGISTRY_AUTH_FILE names another file"
}
