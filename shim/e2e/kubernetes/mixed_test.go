//go:build linux

package kubernetes_test

import (
	"fmt"
	"testing"
)

const get = `wget -q -O - --header 'Authorization: Bearer open-sesame' http://127.0.0.1:%d/%s`

// TestInit has WebAssembly prepare a volume, for WebAssembly and for Linux.
func TestInit(t *testing.T) {
	n := newNamespace(t)
	image := n.push(guest, "acme/guest:init")
	const mount = "volumeMounts: [{name: shared, mountPath: /shared}]"
	n.apply(podOf("prepared", `restartPolicy: Never
volumes: [{name: shared, emptyDir: {}}]
initContainers:
`+list([]string{
		fmt.Sprintf("name: first, image: %q, args: [save, /shared/wasm, from-wasm], %s", image, mount),
		fmt.Sprintf("name: second, image: 'busybox:1', command: [sh, -c, 'echo from-linux > /shared/linux'], %s", mount),
	}), fmt.Sprintf("name: wasm, image: %q, args: [cat, /shared/wasm, cat, /shared/linux], %s", image, mount),
		fmt.Sprintf("name: linux, image: 'busybox:1', command: [cat, /shared/wasm, /shared/linux], %s", mount)))
	n.until("pod/prepared", "{.status.phase}", "Succeeded")
	for _, c := range []string{"wasm", "linux"} {
		n.logged("prepared", c, "from-wasm\nfrom-linux\n")
	}
	// What fails first is said, and nothing after it starts.
	n.apply(podOf("failed", "restartPolicy: Never\ninitContainers:\n"+list([]string{fmt.Sprintf("name: first, image: %q, args: [exit, '1']", image)}),
		fmt.Sprintf("name: wasm, image: %q, args: [say, never]", image)))
	n.until("pod/failed", "{.status.phase}", "Failed")
	n.until("pod/failed", "{.status.initContainerStatuses[0].state.terminated.exitCode}", "1")
	n.until("pod/failed", "{.status.containerStatuses[0].state.waiting.reason}", "PodInitializing")
}

// TestNativeSidecar has WebAssembly serve a Job's main container, and end with it.
func TestNativeSidecar(t *testing.T) {
	n := newNamespace(t)
	sidecar := "initContainers:\n" + list([]string{serving("shop", n.push(shop, "acme/shop:sidecar"), 8080) +
		", restartPolicy: Always, startupProbe: {periodSeconds: 1, failureThreshold: 60, httpGet: {port: 8081, path: /readyz}}"})
	n.apply(podOf("linux", "restartPolicy: Never\n"+sidecar, fmt.Sprintf(`name: app, image: 'busybox:1', command: [sh, -c, %q]`, fmt.Sprintf(get, 8080, "linux"))))
	n.until("pod/linux", "{.status.phase}", "Succeeded")
	n.logged("linux", "app", "Hello from the app: you asked for /linux\n")
	n.logged("linux", "shop", `"message":"served"`)
	n.until("pod/linux", "{.status.initContainerStatuses[0].state.terminated.exitCode}", "0")
	n.apply(podOf("wasm", "restartPolicy: Never\n"+sidecar, fmt.Sprintf(`name: app, image: %q, args: [say, done]`, n.push(guest, "acme/guest:sidecar"))))
	n.until("pod/wasm", "{.status.phase}", "Succeeded")
	n.logged("wasm", "app", "done\n")
}

// TestBeside has Linux and WebAssembly in one pod, each asking the other over loopback.
func TestBeside(t *testing.T) {
	n := newNamespace(t)
	image := n.push(shop, "acme/shop:beside")
	ready := ", readinessProbe: {periodSeconds: 1, httpGet: {port: 8081, path: /readyz}}"
	n.apply(podOf("beside", "", serving("app", image, 8080)+ready,
		fmt.Sprintf(`name: sidecar, image: 'busybox:1', command: [sh, -c, %q]`, "trap exit TERM; until "+fmt.Sprintf(get, 8080, "sidecar")+"; do sleep 0.2; done; touch /dev/shm/done; while :; do sleep 1; done"),
		serving("second", image, 9090)))
	n.ready("beside")
	n.logged("beside", "sidecar", "Hello from the app: you asked for /sidecar\n")
	// Two compositions of one image in one pod do not get in each other's way.
	if out := n.must(n.kubectl("exec", "beside", "-c", "sidecar", "--", "sh", "-c", fmt.Sprintf(get, 9090, "second"))); out != "Hello from the app: you asked for /second\n" {
		t.Errorf("the second one answered %q", out)
	}
	n.must(n.kubectl("delete", "pod", "beside"))
}
