//go:build linux

package shim

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/task"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/shim"
	"github.com/containerd/containerd/v2/pkg/shutdown"
	"github.com/containerd/containerd/v2/plugins"
	"github.com/containerd/errdefs"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"github.com/containerd/log"
	"github.com/containerd/plugin"
	"github.com/containerd/plugin/registry"
	"github.com/containerd/ttrpc"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/shim/decide"
)

// service is containerd's runc service, with another Create. The rest of it differs
// only where a container of WebAssembly cannot do what Linux can.
type service struct {
	taskapi.TTRPCTaskService
	address string // containerd's, for gRPC

	mu      sync.Mutex
	bundles map[string]string // of the containers that this process has created
}

// register adds the service to what containerd's package starts. That package looks in a
// registry for it; there is no other way to hand it over.
func register() {
	registry.Register(&plugin.Registration{
		Type:     plugins.TTRPCPlugin,
		ID:       "task",
		Requires: []plugin.Type{plugins.EventPlugin, plugins.InternalPlugin},
		InitFn: func(ic *plugin.InitContext) (any, error) {
			publisher, err := ic.GetByID(plugins.EventPlugin, "publisher")
			if err != nil {
				return nil, err
			}
			stop, err := ic.GetByID(plugins.InternalPlugin, "shutdown")
			if err != nil {
				return nil, err
			}
			runc, err := task.NewTaskService(ic.Context, publisher.(shim.Publisher), stop.(shutdown.Service))
			if err != nil {
				return nil, err
			}
			return &service{TTRPCTaskService: runc, address: ic.Properties[plugins.PropertyGRPCAddress], bundles: map[string]string{}}, nil
		},
	})
}

// RegisterTTRPC makes the service answer.
func (s *service) RegisterTTRPC(server *ttrpc.Server) error {
	taskapi.RegisterTTRPCTaskService(server, s)
	return nil
}

// Create decides what the container is, and lets runc create it.
func (s *service) Create(ctx context.Context, r *taskapi.CreateTaskRequest) (*taskapi.CreateTaskResponse, error) {
	var err error
	if r.Options, err = runcOptions(r.Options); err != nil {
		return nil, errgrpc.ToGRPC(fmt.Errorf("%w: %w", err, errdefs.ErrInvalidArgument))
	}
	namespace, err := namespaces.NamespaceRequired(ctx)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	if err := s.prepare(ctx, namespace, r); err != nil {
		forget(namespace, r.ID)
		return nil, errgrpc.ToGRPC(&shown{err})
	}
	response, err := s.TTRPCTaskService.Create(ctx, r)
	if err != nil {
		forget(namespace, r.ID)
		return nil, err
	}
	s.mu.Lock()
	s.bundles[r.ID] = r.Bundle
	s.mu.Unlock()
	return response, nil
}

// shown is an error as a pod's event has it: much in it may be text of whoever made the
// image or the pod.
type shown struct{ error }

func (s *shown) Error() string { return "sidecall: " + clip(s.error.Error()) }
func (s *shown) Unwrap() error { return s.error }

// prepare decides, records the decision, and rewrites the bundle for WebAssembly.
func (s *service) prepare(ctx context.Context, namespace string, r *taskapi.CreateTaskRequest) error {
	spec, err := readSpec(r.Bundle)
	if err != nil {
		return err
	}
	if spec.Process == nil {
		return nil // runc says what is missing
	}
	a := &answer{release: func() {}, has: hasContent(s.address)}
	defer func() { a.release() }()
	if err := s.decide(ctx, namespace, r, spec, a); err != nil {
		return err
	}
	rec := &record{Decision: a.Decision}
	if a.Kind == decide.Wasm {
		if r.Checkpoint != "" {
			return fmt.Errorf("a container of WebAssembly cannot be restored from a checkpoint: %w", errdefs.ErrNotImplemented)
		}
		rec.Artifact, rec.Node = a.files.Digest.Encoded(), a.node.dir
		if err := a.node.use(rec.Artifact, namespace, r.ID, r.Bundle, ""); err != nil {
			return err
		}
		a.release()
		compiled, err := a.node.compiled(ctx, a.files, spec.Process.Env)
		if err != nil {
			return err
		}
		if err := a.node.use(rec.Artifact, namespace, r.ID, r.Bundle, filepath.Base(compiled.code)); err != nil {
			return err
		}
		if err := rewrite(r.Bundle, spec, a.node, a.files, compiled); err != nil {
			return err
		}
	}
	log.G(ctx).WithField("container", r.ID).WithField("kind", rec.Kind).WithField("why", printable.Text(rec.Why)).Info("decided")
	return rec.write(r.Bundle)
}

// answer is a decision, and for WebAssembly where it is on this node.
type answer struct {
	decide.Decision
	node  *node
	files *store.Files
	// release lets the node's cache be collected again, see node.hold.
	release func()
	has     func(ctx context.Context, namespace string, d digest.Digest) (bool, error) // see node
}

// open finds the node's cache, from which nothing is collected until release.
func (a *answer) open() (err error) {
	if a.node, err = openNode(); err != nil {
		return err
	}
	a.node.has = a.has
	release, err := a.node.hold()
	if err == nil {
		a.release = release
	}
	return err
}

// decide takes the steps of package decide in order.
func (s *service) decide(ctx context.Context, namespace string, r *taskapi.CreateTaskRequest, spec *specs.Spec, a *answer) (err error) {
	if a.Decision, err = decide.ByAnnotations(spec.Annotations, spec.Process.Args); err != nil {
		return fmt.Errorf("%w: %w", err, errdefs.ErrInvalidArgument)
	}
	if a.Kind == decide.Linux {
		return nil
	}
	forced := a.Kind == decide.Wasm
	image, err := s.image(ctx, namespace, r.ID, spec.Annotations[imageName])
	if err != nil {
		return err
	}
	if image.found != nil && image.wasm {
		defer image.Close()
		if !forced {
			a.Decision = decide.Decision{Kind: decide.Wasm, Why: "the image has layers of WebAssembly"}
		}
		return a.take(ctx, image)
	}
	if image.backend != nil {
		defer image.Close()
	}
	return withRoot(ctx, r.Bundle, r.Rootfs, func(root string) error {
		return a.look(root, spec, image.label(), forced)
	})
}

// look takes the last step: what is in the container's files.
func (a *answer) look(root string, spec *specs.Spec, label string, forced bool) error {
	var artifact *store.Artifact
	var err error
	if label != "" && len(spec.Process.Args) > 0 && filepath.Base(spec.Process.Args[0]) == "sidecall" {
		a.Decision = decide.Decision{Kind: decide.Wasm, Why: "the image's label " + store.LabelComposition + " says so"}
		if artifact, err = artifactAt(resolve(root, spec, label)); err != nil {
			return fmt.Errorf("the image's label %s says that the composition is at %s: %w", store.LabelComposition, label, err)
		}
		spec.Process.Args = spec.Process.Args[:1] // run or serve and the path were for the entrypoint
	} else if len(spec.Process.Args) > 0 {
		file := resolve(root, spec, spec.Process.Args[0])
		d := decide.ByBytes(spec.Process.Args[0], firstBytes(file))
		if d.Kind == decide.Linux && forced {
			return fmt.Errorf("%s, but the image has no layer of WebAssembly, and %s is no WebAssembly: %w", a.Why, spec.Process.Args[0], errdefs.ErrInvalidArgument)
		}
		if !forced {
			a.Decision = d
		}
		if d.Kind == decide.Linux {
			return nil
		}
		artifact, err = artifactAt(file)
	} else {
		a.Decision = decide.Decision{Kind: decide.Linux, Why: "it has no command"}
		return nil
	}
	if err != nil {
		return err
	}
	if err := a.open(); err != nil {
		return err
	}
	images := a.node.images()
	desc, err := images.Add(artifact)
	if err != nil {
		return err
	}
	a.files, err = images.Files(artifact.Name.String(), desc)
	return err
}

// take copies an image's layers from containerd to the node's cache.
func (a *answer) take(ctx context.Context, image *imageOf) error {
	if err := a.open(); err != nil {
		return err
	}
	images := a.node.images()
	desc, err := images.Copy(ctx, image.name, image.backend, image.manifest)
	if err != nil {
		return err
	}
	if err := a.node.from(image.namespace, desc.Digest); err != nil {
		return err
	}
	a.files, err = images.Files(image.name, desc)
	return err
}

// imageOf is a container's image, as far as there is one.
type imageOf struct {
	*backend
	*found
	name string
}

func (i *imageOf) label() string {
	if i.found == nil {
		return ""
	}
	return i.composition
}

// imageName is the annotation by which CRI tells what the pod calls its image.
const imageName = "io.kubernetes.cri.image-name"

// image finds a container's image. To CRI that is a configuration, and of several manifests
// with the same one containerd names the one that was pulled last; so if what the pod itself
// calls it has that configuration too, it is that.
func (s *service) image(ctx context.Context, namespace, id, called string) (*imageOf, error) {
	b, err := dial(s.address, namespace)
	if err != nil {
		return nil, err
	}
	name, desc, ok, err := b.image(ctx, id)
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	out := &imageOf{backend: b, name: name}
	if !ok {
		return out, nil
	}
	if out.found, err = b.inspect(ctx, name, desc); err == nil && out.wasm {
		if called != "" && called != name {
			if own, err := b.find(ctx, called); err == nil && own != nil && own.wasm && own.config == out.config {
				out = own
			}
		}
		err = out.agree(out.name)
	}
	if err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return out, nil
}

// Delete ends a container's use of the cache with the container.
func (s *service) Delete(ctx context.Context, r *taskapi.DeleteRequest) (*taskapi.DeleteResponse, error) {
	response, err := s.TTRPCTaskService.Delete(ctx, r)
	if namespace, ok := namespaces.Namespace(ctx); ok && err == nil && r.ExecID == "" {
		forget(namespace, r.ID)
		s.mu.Lock()
		delete(s.bundles, r.ID)
		s.mu.Unlock()
		go s.prune()
	}
	return response, err
}

// prune looks at the cache after a container has gone, which may have been an image's last.
func (s *service) prune() {
	if n, err := openNode(); err == nil {
		n.has = hasContent(s.address)
		ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
		defer cancel()
		n.pruneSometimes(ctx)
	}
}

// Checkpoint is refused for WebAssembly: what CRIU would save includes the engine's
// code, which another node has not.
func (s *service) Checkpoint(ctx context.Context, r *taskapi.CheckpointTaskRequest) (*emptypb.Empty, error) {
	rec, err := s.record(r.ID)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	if rec.Kind == decide.Wasm {
		return nil, errgrpc.ToGRPC(fmt.Errorf("a container of WebAssembly cannot be checkpointed: %w", errdefs.ErrNotImplemented))
	}
	return s.TTRPCTaskService.Checkpoint(ctx, r)
}

func (s *service) record(id string) (*record, error) {
	s.mu.Lock()
	bundle, ok := s.bundles[id]
	s.mu.Unlock()
	if !ok {
		return &record{Decision: decide.Decision{Kind: decide.Linux}}, nil // runc says that there is none
	}
	return readRecord(bundle)
}
