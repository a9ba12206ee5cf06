//go:build linux

package shim

import (
	"fmt"
	"os"

	"github.com/containerd/containerd/api/types/runc/options"
	runtimeoptions "github.com/containerd/containerd/api/types/runtimeoptions/v1"
	"github.com/containerd/typeurl/v2"
	"github.com/pelletier/go-toml/v2"
	"google.golang.org/protobuf/types/known/anypb"
)

// runcOptions turns the options of a request into runc's. For a runtime type that it
// does not know, CRI sends the table in its configuration as TOML, and containerd's
// runc service would end the process over it.
func runcOptions(in *anypb.Any) (*anypb.Any, error) {
	if in.GetTypeUrl() == "" {
		return in, nil
	}
	v, err := typeurl.UnmarshalAny(in)
	if err != nil {
		return nil, fmt.Errorf("the runtime options cannot be read: %w", err)
	}
	switch o := v.(type) {
	case *options.Options:
		return in, nil
	case *runtimeoptions.Options:
		body := o.GetConfigBody()
		if len(body) == 0 && o.GetConfigPath() != "" {
			if body, err = os.ReadFile(o.GetConfigPath()); err != nil {
				return nil, fmt.Errorf("the runtime options cannot be read: %w", err)
			}
		}
		out := &options.Options{}
		if err := toml.Unmarshal(body, out); err != nil {
			return nil, fmt.Errorf("the runtime options are not TOML: %w", err)
		}
		return typeurl.MarshalAnyToProto(out)
	}
	return nil, fmt.Errorf("runtime options of type %s are not known", in.GetTypeUrl())
}
