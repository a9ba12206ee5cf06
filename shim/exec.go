//go:build linux

package shim

import (
	"context"
	"encoding/json"
	"fmt"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/errdefs/pkg/errgrpc"
	"github.com/opencontainers/runtime-spec/specs-go"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/sidecall/sidecall/shim/decide"
	"github.com/sidecall/sidecall/shim/pod"
)

// Exec runs the command sidecall in a container of WebAssembly without the image having
// it; whatever else there is to run in the image is runc's to run.
func (s *service) Exec(ctx context.Context, r *taskapi.ExecProcessRequest) (*emptypb.Empty, error) {
	rec, err := s.record(r.ID)
	if err != nil {
		return nil, errgrpc.ToGRPC(err)
	}
	if rec.Kind == decide.Wasm {
		if r.Spec, err = execSpec(r.Spec); err != nil {
			return nil, errgrpc.ToGRPC(err)
		}
	}
	return s.TTRPCTaskService.Exec(ctx, r)
}

func execSpec(in *anypb.Any) (*anypb.Any, error) {
	var p specs.Process
	if err := json.Unmarshal(in.GetValue(), &p); err != nil {
		return nil, fmt.Errorf("the process to run: %w", err)
	}
	if len(p.Args) == 0 || p.Args[0] != "sidecall" {
		return in, nil
	}
	p.Args[0], p.Cwd = pod.Program, pod.App // so that the composition is the default
	p.Env = append(p.Env, "TMPDIR="+pod.Tmp, pod.ControlEnv+"="+pod.Control)
	data, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	return &anypb.Any{TypeUrl: in.GetTypeUrl(), Value: data}, nil
}
