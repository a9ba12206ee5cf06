//go:build linux

package shim

import (
	"context"

	taskapi "github.com/containerd/containerd/api/runtime/task/v3"
	"github.com/containerd/containerd/api/types/task"
)

// Pids lists process 1 until the container is deleted, even if it has ended, as an
// operating system lists processes that nobody has waited for. A containerd that has
// started again takes a container without processes for one that was never made, and
// throws it away with its exit code.
func (s *service) Pids(ctx context.Context, r *taskapi.PidsRequest) (*taskapi.PidsResponse, error) {
	response, err := s.TTRPCTaskService.Pids(ctx, r)
	if err == nil && len(response.GetProcesses()) > 0 {
		return response, nil
	}
	state, stateErr := s.State(ctx, &taskapi.StateRequest{ID: r.ID})
	if stateErr != nil || state.GetStatus() != task.Status_STOPPED || state.GetPid() == 0 {
		return response, err
	}
	return &taskapi.PidsResponse{Processes: []*task.ProcessInfo{{Pid: state.GetPid()}}}, nil
}
