package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"github.com/spf13/cobra"

	"github.com/sidecall/sidecall/cmd/sidecall/internal/settings"
	"github.com/sidecall/sidecall/components/preview1"
	"github.com/sidecall/sidecall/components/print"
	"github.com/sidecall/sidecall/components/store"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
)

// addImageCommands adds the commands that make images, move them and run them in pods.
func (a *app) addImageCommands(root *cobra.Command) {
	root.AddGroup(&cobra.Group{ID: "images", Title: "Images and pods:"})
	for _, c := range []*cobra.Command{a.packCommand(), a.pushCommand(), a.pullCommand(), a.kubeCommand(), a.nodeCommand()} {
		c.GroupID = "images"
		root.AddCommand(c)
	}
	root.AddCommand(a.containerCommand(), a.prepareCommand())
}

// packing says how a target becomes an image.
type packing struct {
	as, program string
	// annotate are the --annotation of the command line.
	annotate []string
}

func (p *packing) flags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&p.as, "as", "artifact", "what to make: artifact, or an ordinary `image` with sidecall in it")
	cmd.Flags().StringVar(&p.program, "program", "", "the `FILE` that --as image takes as sidecall for Linux (default this program)")
	cmd.Flags().StringArrayVar(&p.annotate, "annotation", nil, "tell registries more about the image, `KEY=VALUE`; may be repeated")
	completeFlag(cmd, "as", "artifact", "image")
	_ = cmd.RegisterFlagCompletionFunc("annotation", completeAnnotation)
	settings.Flags(cmd.Flags(), settings.CacheDir)
	_ = cmd.MarkFlagDirname(settings.CacheDir)
}

// annotations reads the --annotation of the command line.
func (p *packing) annotations() (store.Annotations, error) {
	out := store.Annotations{}
	for _, text := range p.annotate {
		key, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, &usageError{message: fmt.Sprintf("--annotation %q: there is no value", text), hint: "write --annotation KEY=VALUE"}
		}
		if err := out.Set(key, value); err != nil {
			hint := "write --annotation KEY=VALUE; the keys of the specification begin with org.opencontainers.image"
			if near, ok := diag.Similar(key, store.AnnotationKeys()); ok && near != key {
				hint = "did you mean " + near + "?"
			}
			return nil, &usageError{message: "--annotation: " + err.Error(), hint: hint}
		}
	}
	return out, nil
}

// completeAnnotation offers the keys of the specification.
func completeAnnotation(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, key := range store.AnnotationKeys() {
		out = append(out, key+"=")
	}
	return out, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
}

func (a *app) packCommand() *cobra.Command {
	t, p := &target{}, &packing{}
	var out, name string
	cmd := &cobra.Command{
		Use:   "pack " + targetUse + " -o FILE.tar",
		Short: "Make an OCI artifact of a composition",
		Long: `pack links a composition and writes it as an OCI image layout: one file if its name ends
in .tar, else a directory. The same composition makes the same bytes.

One component becomes a Wasm OCI artifact, which other tools read as well. A composition
becomes an artifact with its manifest and one layer for each component. With --as image it
becomes an ordinary image that starts sidecall, for runtimes that know nothing else.

Nothing of when or where is in it, but what --annotation says.`,
		Example: `  sidecall pack examples/01-hello -o hello.tar
  sidecall pack -o app.tar --annotation org.opencontainers.image.version=1.0
  sidecall pack app.wasm --with logger.wasm -o app.tar --name ghcr.io/acme/app:1.0`,
		Args:              noMore(1),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if out == "" {
				return &usageError{message: "pack: where to?", hint: "write -o FILE.tar, or -o DIRECTORY"}
			}
			if err := t.fromArgs(cmd, args); err != nil {
				return err
			}
			s, err := a.imageStore()
			if err != nil {
				return err
			}
			annotations, err := p.annotations()
			if err != nil {
				return err
			}
			desc, err := a.pack(s, t, p)
			if err != nil {
				return err
			}
			if desc, err = s.Annotate(t.path, desc, annotations); err != nil {
				return fileError(err)
			}
			if err := s.Export(out, name, desc); err != nil {
				return fileError(err)
			}
			_, err = fmt.Fprintln(a.stdout, desc.Digest)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&out, "output", "o", "", "write `FILE.tar`, or a directory")
	cmd.Flags().StringVar(&name, "name", "", "the `IMAGE`'s name, as ctr import and others take it from the file")
	t.flags(cmd.Flags())
	p.flags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}

func (a *app) pushCommand() *cobra.Command {
	t, p := &target{}, &packing{}
	cmd := &cobra.Command{
		Use:   "push " + targetUse + " IMAGE",
		Short: "Pack a composition and push it to a registry",
		Long: `push packs a composition, or takes what pack has written, and copies it to a registry.
It prints the image with its digest, which names exactly this content for ever.

Credentials are those of docker login or podman login, or of whatever else writes docker's
config.json, or the file that REGISTRY_AUTH_FILE names. A registry on this machine
(localhost) is spoken to without TLS.

Registries show what --annotation says of an image: where its source is, its version, its
revision, its licences. Keys are the OCI image specification's, or one's own.`,
		Example: `  sidecall push examples/01-hello ghcr.io/acme/hello:1.0
  sidecall push ghcr.io/acme/app:1.0 \
    --annotation org.opencontainers.image.source=https://github.com/acme/app \
    --annotation org.opencontainers.image.revision=$(git rev-parse HEAD) \
    --annotation org.opencontainers.image.licenses=Apache-2.0
  sidecall push hello.tar localhost:5000/hello:1.0`,
		Args:              noMore(2),
		ValidArgsFunction: completeTarget,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{message: "push: which image?", hint: "usage: " + cmd.UseLine()}
			}
			ref := args[len(args)-1]
			parsed, err := store.ParseRef(ref)
			if err != nil {
				return fileError(err)
			}
			if err := t.fromArgs(cmd, args[:len(args)-1]); err != nil {
				return err
			}
			annotations, err := p.annotations()
			if err != nil {
				return err
			}
			s, err := a.imageStore()
			if err != nil {
				return err
			}
			var desc ocispec.Descriptor
			if store.IsLayout(t.path) {
				if desc, err = s.Import(context.Background(), t.path); err != nil {
					return fileError(err)
				}
			} else if desc, err = a.pack(s, t, p); err != nil {
				return err
			}
			if desc, err = s.Annotate(t.path, desc, annotations); err != nil {
				return fileError(err)
			}
			stop := a.progress("pushing " + ref)
			err = s.Push(context.Background(), ref, desc)
			stop()
			if err != nil {
				return fileError(err)
			}
			_, err = fmt.Fprintf(a.stdout, "%s/%s@%s\n", parsed.Registry, parsed.Repository, desc.Digest)
			return err
		},
	}
	cmd.Flags().SortFlags = false
	t.flags(cmd.Flags())
	p.flags(cmd)
	_ = cmd.RegisterFlagCompletionFunc("with", completeWasm)
	return cmd
}

func (a *app) pullCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pull IMAGE",
		Short: "Get an image from a registry, to run it later",
		Long: `pull copies an image into the local store. Commands that are given the image's name then
take it from there and ask no registry, until the next pull. It prints the image with its
digest.`,
		Example: `  sidecall pull ghcr.io/acme/hello:1.0
  sidecall run ghcr.io/acme/hello:1.0`,
		Args: noMore(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{message: "pull: which image?", hint: "usage: " + cmd.UseLine()}
			}
			parsed, err := store.ParseRef(args[0])
			if err != nil {
				return fileError(err)
			}
			s, err := a.imageStore()
			if err != nil {
				return err
			}
			stop := a.progress("pulling " + args[0])
			desc, err := s.Pull(context.Background(), args[0])
			stop()
			if err != nil {
				return fileError(err)
			}
			a.wroteImage()
			_, err = fmt.Fprintf(a.stdout, "%s/%s@%s\n", parsed.Registry, parsed.Repository, desc.Digest)
			return err
		},
	}
	settings.Flags(cmd.Flags(), settings.CacheDir, settings.CacheSize)
	_ = cmd.MarkFlagDirname(settings.CacheDir)
	return cmd
}

// pack links a target, so that nothing is packed that cannot run, and puts it into
// the store.
func (a *app) pack(s *store.Store, t *target, p *packing) (ocispec.Descriptor, error) {
	none := ocispec.Descriptor{}
	r, err := a.link(t)
	if err != nil {
		return none, err
	}
	a.warn(r.Diagnostics)
	if err := r.Diagnostics.Err(); err != nil {
		return none, err
	}
	artifact, err := a.artifact(r.Manifest)
	if err != nil {
		return none, err
	}
	switch p.as {
	case "artifact":
		desc, err := s.Add(artifact)
		return desc, fileError(err)
	case "image":
		program := p.program
		if program == "" {
			if program, err = os.Executable(); err != nil {
				return none, err
			}
		}
		desc, err := s.AddImage(artifact, program, commandFor(r.Plan), store.HostPlatform())
		return desc, fileError(err)
	}
	return none, &usageError{message: fmt.Sprintf("--as %q: it must be artifact or image", p.as)}
}

// commandFor is the command that runs a composition.
func commandFor(p *plan.Plan) string {
	for _, e := range p.Exports {
		if strings.HasPrefix(e.Interface, "wasi:http/incoming-handler@") {
			return "serve"
		}
	}
	return "run"
}

// artifact collects what a linked composition consists of, the main component first.
func (a *app) artifact(m *manifest.Manifest) (*store.Artifact, error) {
	out := &store.Artifact{}
	var err error
	if out.Name, err = store.NewName(m.Name); err != nil {
		return nil, fmt.Errorf("metadata.name: %w", err)
	}
	components := slices.Clone(m.Components)
	slices.SortStableFunc(components, func(x, y manifest.Component) int {
		return isMain(m, y) - isMain(m, x)
	})
	files := map[string]string{}
	for _, c := range components {
		packed, err := a.packedComponent(c)
		if err != nil {
			return nil, err
		}
		out.Components = append(out.Components, packed)
		files[c.Name] = packed.Name.File()
	}
	if m.File == "" && len(components) == 1 {
		return out, nil
	}
	source := []byte(generated(m))
	if m.File != "" {
		if source, err = os.ReadFile(m.File); err != nil {
			return nil, err
		}
	}
	out.Manifest, err = manifest.Relocate(source, files)
	return out, err
}

func isMain(m *manifest.Manifest, c manifest.Component) int {
	if c.Name == m.Main {
		return 1
	}
	return 0
}

func (a *app) packedComponent(c manifest.Component) (store.Component, error) {
	none, path := store.Component{}, c.File
	if c.Image != "" {
		var err error
		if path, err = a.imageOfComponent(c.Image); err != nil {
			return none, err
		}
	}
	data, err := linker.ReadComponent(path, store.MaxLayerSize)
	if err != nil {
		return none, err
	}
	typed, err := linker.Open(data)
	if err != nil {
		return none, fmt.Errorf("%s: %w", path, err)
	}
	world := print.Of(typed.Type)
	out := store.Component{Bytes: data, Module: preview1.IsModule(data)}
	if out.Name, err = store.NewName(c.Name); err != nil {
		return none, fmt.Errorf("components.%s: %w", c.Name, err)
	}
	for _, i := range world.Imports {
		out.Imports = append(out.Imports, i.Name)
	}
	for _, e := range world.Exports {
		out.Exports = append(out.Exports, e.Name)
	}
	return out, nil
}

// generated is the manifest of a composition that the command line describes.
func generated(m *manifest.Manifest) string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: %s\nkind: %s\nmetadata:\n  name: %s\nmain: %s\ncomponents:\n", manifest.APIVersion, manifest.Kind, m.Name, m.Main)
	for _, c := range m.Components {
		fmt.Fprintf(&b, "  %s:\n    file: %s.wasm\n", c.Name, c.Name)
	}
	return b.String()
}
