//go:build linux

package e2e_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// pidOf is the process id of a container's process 1.
func pidOf(t *testing.T, n *node, c *container) string {
	t.Helper()
	r, err := n.runtime.ContainerStatus(t.Context(), &cri.ContainerStatusRequest{ContainerId: c.id, Verbose: true})
	if err != nil {
		t.Fatal(err)
	}
	var info struct{ Pid int }
	if err := json.Unmarshal([]byte(r.Info["info"]), &info); err != nil || info.Pid == 0 {
		t.Fatalf("no process id: %v\n%s", err, r.Info["info"])
	}
	return fmt.Sprint(info.Pid)
}

func parentOf(t *testing.T, pid string) (parent int) {
	t.Helper()
	data, err := os.ReadFile("/proc/" + pid + "/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		if _, err := fmt.Sscanf(line, "PPid:\t%d", &parent); err == nil {
			return parent
		}
	}
	t.Fatalf("no parent:\n%s", data)
	return 0
}
