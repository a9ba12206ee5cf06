//go:build linux

package kubernetes_test

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

// patience is how long anything may take that will happen: a loaded machine is slow.
const patience = 2 * time.Minute

func (c *cluster) kubectlIn(ctx context.Context, stdin string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "kubectl", append([]string{"--kubeconfig", filepath.Join(c.dir, "admin.conf")}, args...)...)
	cmd.Stdin = strings.NewReader(stdin)
	var stderr errorText
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, stderr)
	}
	return string(out), err
}

// namespace is where one test's objects are, and all that they need; it is gone at the
// test's end.
type namespace struct {
	*testing.T
	c    *cluster
	name string
}

// newNamespace makes one with the restricted Pod Security Standard.
func newNamespace(t *testing.T) *namespace {
	t.Helper()
	c := theCluster(t)
	n := &namespace{t, c, strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))}
	n.must(c.kubectl(fmt.Sprintf("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: %s\n  labels: {pod-security.kubernetes.io/enforce: restricted}\n", n.name), "apply", "-f", "-"))
	t.Cleanup(func() {
		if t.Failed() {
			out, _ := c.kubectl("", "-n", n.name, "get", "events,pods", "-o", "wide")
			t.Log(out)
		}
		if _, err := c.kubectl("", "delete", "namespace", n.name, "--timeout=2m"); err != nil {
			t.Error(err)
		}
	})
	n.eventually("the account of pods", func() error {
		_, err := n.kubectl("get", "serviceaccount", "default")
		return err
	})
	return n
}

func (n *namespace) kubectl(args ...string) (string, error) {
	return n.c.kubectl("", append([]string{"-n", n.name}, args...)...)
}

func (n *namespace) must(out string, err error) string {
	n.Helper()
	if err != nil {
		n.Fatal(err)
	}
	return out
}

func (n *namespace) apply(text string) {
	n.Helper()
	n.must(n.c.kubectl(text, "-n", n.name, "apply", "-f", "-"))
}

func (n *namespace) eventually(what string, f func() error) {
	n.Helper()
	if err := testnode.Eventually(patience, f); err != nil {
		n.Fatalf("%s: %v", what, err)
	}
}

// get reads what jsonpath says of an object.
func (n *namespace) get(object, path string) string {
	n.Helper()
	return n.must(n.kubectl("get", object, "-o", "jsonpath="+path))
}

// until waits until what jsonpath says of an object has a text in it.
func (n *namespace) until(object, path, want string) {
	n.Helper()
	n.eventually(object, func() error {
		out, err := n.kubectl("get", object, "-o", "jsonpath="+path)
		if err == nil && !strings.Contains(out, want) {
			err = fmt.Errorf("%s of %s is %q, without %q", path, object, out, want)
		}
		return err
	})
}

// ready waits until a pod is.
func (n *namespace) ready(pod string) {
	n.Helper()
	n.until("pod/"+pod, `{.status.conditions[?(@.type=="Ready")].status}`, "True")
}

// event waits for one about an object that says something.
func (n *namespace) event(object, want string) {
	n.Helper()
	n.eventually("events", func() error {
		out, err := n.kubectl("get", "events", "--field-selector", "involvedObject.name="+object, "-o", `jsonpath={range .items[*]}{.reason}: {.message}{"\n"}{end}`)
		if err == nil && !strings.Contains(out, want) {
			err = fmt.Errorf("without %q:\n%s", want, out)
		}
		return err
	})
}

// logged waits until a container's log has a text in it.
func (n *namespace) logged(pod, container, want string) {
	n.Helper()
	n.eventually("logs", func() error {
		out, err := n.kubectl("logs", pod, "-c", container)
		if err == nil && !strings.Contains(out, want) {
			err = fmt.Errorf("%s of %s without %q:\n%s", container, pod, want, out)
		}
		return err
	})
}

// push gives the registry a composition or a component by sidecall push, and returns
// its name there.
func (n *namespace) push(what, name string) string {
	n.Helper()
	image := n.c.registry.Address() + "/" + name
	pinned := strings.TrimSpace(n.must(n.c.tested("push", what, image)))
	if !strings.HasPrefix(pinned, strings.SplitN(image, "@", 2)[0][:strings.LastIndex(image, ":")]+"@sha256:") {
		n.Errorf("push printed %q", pinned)
	}
	return image
}

// podOf is a pod of the runtime class sidecall with these containers, in flow style, which
// get what the restricted standard asks for.
func podOf(name, spec string, containers ...string) string {
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  runtimeClassName: sidecall
  automountServiceAccountToken: false
  terminationGracePeriodSeconds: 10
  securityContext: {runAsNonRoot: true, runAsUser: 65532, fsGroup: 65532, seccompProfile: {type: RuntimeDefault}}
%s
  containers:
%s`, name, indent(spec), list(containers))
}

const restricted = "securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}"

// list writes containers as items of a list.
func list(containers []string) string {
	var b strings.Builder
	for _, c := range containers {
		fmt.Fprintf(&b, "    - {%s, %s}\n", c, restricted)
	}
	return b.String()
}

func indent(text string) string {
	if text == "" {
		return "  # nothing else"
	}
	return "  " + strings.ReplaceAll(strings.TrimSpace(text), "\n", "\n  ")
}
