//go:build linux

package kubernetes_test

import (
	"fmt"
	"testing"
)

// TestJob runs the Job that sidecall kube prints, as it is.
func TestJob(t *testing.T) {
	n := newNamespace(t)
	n.apply(n.must(n.c.tested("kube", n.push(hello, "acme/hello:1"))))
	n.must(n.kubectl("wait", "--for=condition=Complete", "job/hello", "--timeout=2m"))
	n.logged("job/hello", "hello", "Hello, world!\n")
	if code := n.get("pods", "{.items[0].status.containerStatuses[0].state.terminated.exitCode}"); code != "0" {
		t.Errorf("exit code %s", code)
	}
}

// TestExitCodes has a Job decide by a guest's exit code, and shows a trap's.
func TestExitCodes(t *testing.T) {
	n := newNamespace(t)
	image := n.push(guest, "acme/guest:exit")
	n.apply(fmt.Sprintf(`apiVersion: batch/v1
kind: Job
metadata: {name: exits}
spec:
  backoffLimit: 3
  podFailurePolicy:
    rules: [{action: FailJob, onExitCodes: {operator: In, values: [1]}}]
  template:
    spec:
      restartPolicy: Never
      runtimeClassName: sidecall
      automountServiceAccountToken: false
      securityContext: {runAsNonRoot: true, runAsUser: 65532, seccompProfile: {type: RuntimeDefault}}
      containers:
        - {name: guest, image: %q, args: [exit, "1"], %s}
`, image, restricted))
	n.until("job/exits", `{.status.conditions[?(@.type=="Failed")].reason}`, "PodFailurePolicy")
	n.until("job/exits", `{.status.conditions[?(@.type=="Failed")].message}`, "exit code 1")
	n.apply(podOf("trap", "restartPolicy: Never", fmt.Sprintf("name: trap, image: %q, args: [say, before, trap]", image)))
	n.until("pod/trap", "{.status.containerStatuses[0].state.terminated.exitCode}", "134")
	n.until("pod/trap", "{.status.containerStatuses[0].state.terminated.message}", "unreachable")
	n.logged("trap", "trap", "before\n")
}
