//go:build linux

package shim

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	bootapi "github.com/containerd/containerd/api/runtime/bootstrap/v1"
	"github.com/containerd/containerd/api/types"
	"github.com/containerd/containerd/v2/cmd/containerd-shim-runc-v2/manager"
	"github.com/containerd/containerd/v2/pkg/namespaces"
	"github.com/containerd/containerd/v2/pkg/shim"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// Name is the runtime type under which containerd finds the shim.
const Name = "io.containerd.sidecall.v1"

// wrapped is containerd's manager of runc shims, with other options and answers.
type wrapped struct{ shim.Shim }

func newManager() wrapped { return wrapped{manager.NewShimManager(Name)} }

// Info tells what runc can do, whatever the type of the options.
func (w wrapped) Info(ctx context.Context, r io.Reader) (*types.RuntimeInfo, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxInput))
	if err != nil {
		return nil, err
	}
	if len(data) > 0 {
		var in anypb.Any
		if err := proto.Unmarshal(data, &in); err != nil {
			return nil, fmt.Errorf("the runtime options cannot be read: %w", err)
		}
		out, err := runcOptions(&in)
		if err != nil {
			return nil, err
		}
		if data, err = proto.Marshal(out); err != nil {
			return nil, err
		}
	}
	return w.Shim.Info(ctx, bytes.NewReader(data))
}

// call is what containerd says on the command line.
type call struct {
	id, namespace, address, bundle string
	debug                          bool
	action                         string
	rest                           []string // behind the action
}

// parseCall reads the flags that every containerd 2 passes. pkg/shim reads them again.
func parseCall(args []string) (*call, error) {
	c := &call{}
	fs := flag.NewFlagSet(Name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	fs.StringVar(&c.id, "id", "", "")
	fs.StringVar(&c.namespace, "namespace", "", "")
	fs.StringVar(&c.address, "address", "", "")
	fs.StringVar(&c.bundle, "bundle", "", "")
	fs.BoolVar(&c.debug, "debug", false, "")
	for _, ignored := range []string{"socket", "debug-socket", "publish-binary"} {
		fs.String(ignored, "", "")
	}
	for _, ignored := range []string{"v", "version", "info"} {
		fs.Bool(ignored, false, "")
	}
	if err := fs.Parse(args); err != nil {
		return nil, err
	}
	if c.action = fs.Arg(0); c.action != "" {
		c.rest = fs.Args()[1:]
	}
	return c, nil
}

// maxInput bounds what containerd may send on standard input, in bytes.
const maxInput = 10 << 20

// params makes one thing of both protocols: containerd 2.3 and later send
// BootstrapParams, older ones the runtime's options, and the rest by flags and
// environment. Options can look like parameters, so they count only if they name this
// container.
func (c *call) params(input []byte) (*bootapi.BootstrapParams, error) {
	p := &bootapi.BootstrapParams{}
	if err := proto.Unmarshal(input, p); err == nil && len(input) > 0 && p.InstanceID == c.id && p.Namespace == c.namespace {
		for _, e := range p.Extensions {
			if o, err := runcOptions(e.Value); err == nil {
				e.Value = o // an extension that is no options at all stays what it is
			}
		}
		return p, nil
	}
	p = &bootapi.BootstrapParams{
		InstanceID: c.id, Namespace: c.namespace,
		ContainerdGrpcAddress:  c.address,
		ContainerdTtrpcAddress: os.Getenv("TTRPC_ADDRESS"),
	}
	if c.debug {
		p.LogLevel = bootapi.LogLevel_LOG_LEVEL_DEBUG
	}
	if len(input) > 0 {
		var in anypb.Any
		if err := proto.Unmarshal(input, &in); err != nil {
			return nil, fmt.Errorf("what containerd sent is neither of its protocols: %w", err)
		}
		out, err := runcOptions(&in)
		if err != nil {
			return nil, err
		}
		p.Extensions = []*bootapi.Extension{{Value: out}}
	}
	return p, nil
}

// start starts the shim's process, or finds the pod's, and answers in JSON, which
// containerd 2.0 to 2.4 all understand; only 2.3 and later know the answer of pkg/shim.
func start(ctx context.Context, c *call, in io.Reader, out io.Writer) error {
	if c.id == "" || c.namespace == "" {
		return errors.New("containerd starts this program: its flags -id and -namespace are missing")
	}
	input, err := io.ReadAll(io.LimitReader(in, maxInput))
	if err != nil {
		return fmt.Errorf("reading what containerd sent: %w", err)
	}
	p, err := c.params(input)
	if err != nil {
		return err
	}
	if dir := p.GetSocketDir(); dir != "" {
		// pkg/shim cleans up behind this link; its name is containerd's.
		if err := os.Remove("s"); err != nil && !errors.Is(err, os.ErrNotExist) {
			return err
		}
		if err := os.Symlink(dir, "s"); err != nil {
			return err
		}
	}
	ctx = namespaces.WithNamespace(ctx, c.namespace)
	ctx = context.WithValue(ctx, shim.OptsKey{}, shim.Opts{BundlePath: c.bundle, Debug: c.debug})
	result, err := newManager().Start(ctx, p)
	if err != nil {
		return err
	}
	return json.NewEncoder(out).Encode(map[string]any{"version": result.Version, "address": result.Address, "protocol": result.Protocol})
}
