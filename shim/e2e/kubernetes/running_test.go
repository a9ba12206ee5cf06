//go:build linux

package kubernetes_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

// serving is a container of the shop that listens at a port.
func serving(name, image string, port int) string {
	return fmt.Sprintf(`name: %s, image: %q, env: [{name: SIDECALL_LISTEN, value: "0.0.0.0:%d"}, {name: SIDECALL_HEALTH_LISTEN, value: "0.0.0.0:%d"}]`,
		name, image, port, port+1)
}

// TestExec runs what is in every container of WebAssembly, and what is not.
func TestExec(t *testing.T) {
	n := newNamespace(t)
	n.apply(podOf("shop", "", serving("shop", n.push(shop, "acme/shop:exec"), 8080)+", readinessProbe: {periodSeconds: 1, httpGet: {port: 8081, path: /readyz}}"))
	n.ready("shop")
	for _, tc := range []struct {
		want string
		args []string
	}{
		{"authn", []string{"graph"}},
		{"authn", []string{"ps"}},
		{"authn", []string{"top", "--once", "-d", "100ms"}},
		{"wasi:http/incoming-handler", []string{"call"}},
		{"sidecall", []string{"version"}},
	} {
		if out := n.must(n.kubectl(append([]string{"exec", "shop", "--", "sidecall"}, tc.args...)...)); !strings.Contains(out, tc.want) {
			t.Errorf("%q: %s", tc.args, out)
		}
	}
	_, err := n.kubectl("exec", "shop", "--", "sidecall", "inspect", "nothing")
	if err == nil || !strings.Contains(err.Error(), "exit code 4") || !strings.Contains(err.Error(), "nothing") {
		t.Errorf("what fails: %v", err)
	}
	_, err = n.kubectl("exec", "shop", "--", "/bin/sh")
	if err == nil || !strings.Contains(err.Error(), "no such file or directory") {
		t.Errorf("a program that the image has not: %v", err)
	}
	// A Linux container joins while it runs, and sees it over loopback.
	out := n.must(n.kubectl("debug", "shop", "--image=busybox:1", "--profile=restricted", "--container=debug", "--attach", "--quiet",
		"--", "wget", "-q", "-O", "-", "--header", "Authorization: Bearer open-sesame", "http://127.0.0.1:8080/debug"))
	if !strings.Contains(out, "you asked for /debug") && !strings.Contains(n.must(n.kubectl("logs", "shop", "-c", "debug")), "you asked for /debug") {
		t.Errorf("kubectl debug: %s", out)
	}
}

// TestForward reaches a pod's port through the API server.
func TestForward(t *testing.T) {
	n := newNamespace(t)
	n.apply(podOf("shop", "", serving("shop", n.push(shop, "acme/shop:forward"), 8080)+", readinessProbe: {periodSeconds: 1, httpGet: {port: 8081, path: /readyz}}"))
	n.ready("shop")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = n.c.kubectlIn(ctx, "", "-n", n.name, "port-forward", "pod/shop", "18080:8080") // ended by cancel
	}()
	defer func() { cancel(); <-done }()
	n.eventually("the forwarded port", func() error {
		_, err := ask(&http.Client{Timeout: 20 * time.Second}, "http://127.0.0.1:18080/", "open-sesame")
		return err
	})
}

// TestProbes lets probes of all kinds succeed and fail.
func TestProbes(t *testing.T) {
	n := newNamespace(t)
	image := n.push(shop, "acme/shop:probes")
	n.apply(podOf("good", "", serving("shop", image, 8080)+`, startupProbe: {periodSeconds: 1, failureThreshold: 60, tcpSocket: {port: 8080}},
      readinessProbe: {periodSeconds: 1, exec: {command: [sidecall, ps]}}, livenessProbe: {periodSeconds: 1, httpGet: {port: 8081, path: /healthz}}`))
	n.apply("---\n" + podOf("unready", "", serving("shop", image, 8080)+`, readinessProbe: {periodSeconds: 1, exec: {command: [sidecall, inspect, nothing]}}`))
	n.apply("---\n" + podOf("sick", "", serving("shop", image, 8080)+`, livenessProbe: {periodSeconds: 1, failureThreshold: 2, httpGet: {port: 8080, path: /}}`))
	n.ready("good")
	n.event("unready", "Unhealthy: Readiness probe failed: ")
	n.event("sick", "Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 401")
	n.until("pod/sick", "{.status.containerStatuses[0].lastState.terminated.exitCode}", "0")
	if restarts := n.get("pod/good", "{.status.containerStatuses[0].restartCount}"); restarts != "0" {
		t.Errorf("the healthy pod was restarted %s times", restarts)
	}
	if ready := n.get("pod/unready", "{.status.containerStatuses[0].ready}"); ready != "false" {
		t.Errorf("a pod whose probe fails has ready: %s", ready)
	}
	// The log of the container before the restart is still there.
	if out := n.must(n.kubectl("logs", "sick", "--previous")); !strings.Contains(out, `"message":"draining"`) {
		t.Errorf("the log of before: %s", out)
	}
}

// TestConfig gives a guest variables, arguments and volumes, and changes a ConfigMap while
// it runs.
func TestConfig(t *testing.T) {
	n := newNamespace(t)
	image := n.push(guest, "acme/guest:config")
	const config = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: words}\ndata: {greeting: %s}\n"
	n.apply(fmt.Sprintf(config, "first"))
	n.must(n.kubectl("create", "secret", "generic", "secret", "--from-literal=token=hidden"))
	n.apply(podOf("guest", `volumes:
  - {name: words, configMap: {name: words}}
  - {name: secret, secret: {secretName: secret}}
restartPolicy: Never`, fmt.Sprintf(`name: guest, image: %q, args: [env, GREETING, env, POD, cat, /secret/token, %s],
      env: [{name: GREETING, valueFrom: {configMapKeyRef: {name: words, key: greeting}}}, {name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}],
      volumeMounts: [{name: words, mountPath: /words, readOnly: true}, {name: secret, mountPath: /secret, readOnly: true}]`,
		image, strings.TrimSuffix(strings.Repeat("cat, /words/greeting, say, '.', flush, sleep, '500', ", 240), ", "))))
	n.logged("guest", "guest", "GREETING=first\nPOD=guest\nhidden")
	n.logged("guest", "guest", "first.\n")
	n.apply(fmt.Sprintf(config, "second"))
	n.logged("guest", "guest", "second.\n")
	n.must(n.kubectl("delete", "pod", "guest", "--now"))
}

// TestStats looks at what a node says of a pod's use.
func TestStats(t *testing.T) {
	n := newNamespace(t)
	n.apply(podOf("guest", "", fmt.Sprintf("name: guest, image: %q, args: [say, begin, flush, loop]", n.push(guest, "acme/guest:stats"))))
	n.logged("guest", "guest", "begin")
	n.eventually("the node's summary", func() error {
		out, err := n.c.kubectl("", "get", "--raw", "/api/v1/nodes/"+nodeName+"/proxy/stats/summary")
		if err != nil {
			return err
		}
		type use struct {
			Name   string
			CPU    struct{ UsageNanoCores uint64 }
			Memory struct{ WorkingSetBytes uint64 }
		}
		s, err := decode[struct {
			Pods []struct {
				PodRef     struct{ Name, Namespace string }
				Containers []use
			}
		}](out)
		if err != nil {
			return err
		}
		for _, p := range s.Pods {
			if p.PodRef.Namespace == n.name && len(p.Containers) == 1 && p.Containers[0].Memory.WorkingSetBytes > 1<<20 && p.Containers[0].CPU.UsageNanoCores > 1e8 {
				return nil
			}
		}
		return fmt.Errorf("nothing of use in %+v", s)
	})
}

// TestResize changes the limits of a container that runs.
func TestResize(t *testing.T) {
	n := newNamespace(t)
	n.apply(podOf("guest", "", fmt.Sprintf("name: guest, image: %q, args: [say, begin, flush, loop], resources: {limits: {memory: 100Mi, cpu: 500m}}", n.push(guest, "acme/guest:resize"))))
	n.logged("guest", "guest", "begin")
	n.must(n.kubectl("patch", "pod", "guest", "--subresource", "resize", "-p", `{"spec":{"containers":[{"name":"guest","resources":{"requests":{"memory":"200Mi"},"limits":{"memory":"200Mi"}}}]}}`))
	n.until("pod/guest", "{.status.containerStatuses[0].resources.limits.memory}", "200Mi")
	if restarts := n.get("pod/guest", "{.status.containerStatuses[0].restartCount}"); restarts != "0" {
		t.Errorf("the container was restarted %s times", restarts)
	}
}

// TestLimits: a guest that grows without end is told where its container's memory ends, and
// the log says so. What no guest asks for, a volume of memory, is the kernel's to end.
func TestLimits(t *testing.T) {
	n := newNamespace(t)
	const limit = "resources: {limits: {memory: 32Mi}}"
	n.apply(podOf("bomb", "restartPolicy: Never", fmt.Sprintf("name: bomb, image: %q, args: [grow], %s", n.push(guest, "acme/guest:limits"), limit)))
	n.until("pod/bomb", "{.status.phase}", "Succeeded")
	n.logged("bomb", "bomb", "got less than 100 MiB")
	n.logged("bomb", "bomb", "the limit is set by the memory limit of the container")

	image, err := testnode.Busybox()
	if err != nil {
		t.Fatal(err)
	}
	image.Files = append(image.Files, testnode.File{Name: "app.wasm", Mode: 0o644, Data: []byte(read(t, guest))})
	image.Config.Entrypoint, image.Config.Cmd = []string{"/app.wasm"}, nil
	if err := n.c.registry.Push(t.Context(), image, "acme/filled:1"); err != nil {
		t.Fatal(err)
	}
	n.apply(podOf("filled", "restartPolicy: Never\nvolumes: [{name: data, emptyDir: {medium: Memory}}]",
		fmt.Sprintf("name: filled, image: %q, args: [say, begin, flush, loop], %s, volumeMounts: [{name: data, mountPath: /data}]", n.c.registry.Address()+"/acme/filled:1", limit)))
	n.logged("filled", "filled", "begin")
	_, _ = n.kubectl("exec", "filled", "--", "/bin/dd", "if=/dev/zero", "of=/data/file", "bs=1M", "count=64") // ends with the container
	n.until("pod/filled", "{.status.containerStatuses[0].state.terminated.reason}", "OOMKilled")
	out := n.must(n.kubectl("describe", "pod", "filled"))
	if !regexp.MustCompile(`Reason: +OOMKilled\n +Exit Code: +137\n`).MatchString(out) {
		t.Errorf("kubectl describe says\n%s", out)
	}
}
