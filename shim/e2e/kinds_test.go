//go:build linux

package e2e_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// shop is a composition that serves HTTP: an app with two middlewares.
const shop = "../../examples/02-http"

// stop ends a container as kubelet does.
func (c *container) stop() *cri.ContainerStatus {
	c.p.t.Helper()
	if _, err := c.p.n.runtime.StopContainer(c.p.t.Context(), &cri.StopContainerRequest{ContainerId: c.id, Timeout: 20}); err != nil {
		c.p.t.Fatal(err)
	}
	return c.exited()
}

func command(words ...string) func(*cri.ContainerConfig) {
	return func(c *cri.ContainerConfig) { c.Command = words }
}

func listen(address string) func(*cri.ContainerConfig) {
	return func(c *cri.ContainerConfig) {
		c.Envs = []*cri.KeyValue{{Key: "SIDECALL_LISTEN", Value: []byte(address)}}
	}
}

// answers waits for what a server says to who has the shop's token.
func answers(t *testing.T, url string) {
	t.Helper()
	err := eventually(20*time.Second, func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer open-sesame")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		if answer.StatusCode != http.StatusOK {
			err = fmt.Errorf("%s answers %s", url, answer.Status)
		}
		_ = answer.Body.Close() // the status is all
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestNetwork: a composition serves in a pod's own network, at an address that a manifest
// for laptops gives, and a Linux container of the pod reaches it over localhost.
func TestNetwork(t *testing.T) {
	p, ip := networkPod(t)
	p.n.pack(t, "example.com/shop:1", shop)
	c := p.run("shop", "example.com/shop:1", nil, nil)
	answers(t, "http://"+ip+":8080/")
	if _, err := http.Get("http://127.0.0.1:8080/"); err == nil {
		t.Error("it is reached outside of its pod")
	}
	fetch := p.run("fetch", linuxImage, nil, command("/tool", "fetch", "http://localhost:8080/"))
	if s := fetch.exited(); s.ExitCode != 0 {
		t.Errorf("exit code %d", s.ExitCode)
	}
	fetch.logged("401\n") // it has no token, and was answered
	if s := c.stop(); s.ExitCode != 0 {
		t.Errorf("stopped with %d\n%s", s.ExitCode, c.log())
	}
}

// TestLinuxSidecar: a composition asks a Linux container of its pod, over localhost.
func TestLinuxSidecar(t *testing.T) {
	p, _ := networkPod(t)
	p.n.pack(t, "example.com/outgoing:1", "../../examples/04-outgoing")
	p.run("server", linuxImage, nil, command("/tool", "serve", "127.0.0.1:8000"))
	if err := eventually(20*time.Second, func() error {
		c := p.run(fmt.Sprint("app", time.Now().UnixNano()), "example.com/outgoing:1", []string{"http://localhost:8000/"}, nil)
		if s := c.exited(); s.ExitCode != 0 || !strings.Contains(c.log(), "hello") {
			return fmt.Errorf("exit code %d\n%s", s.ExitCode, c.log())
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
}

// TestInit: containers in WebAssembly run to their ends one after the other, before the
// app, and leave it what they made in a volume.
func TestInit(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/guest:1", guest)
	scratch := hostDir(t, 0o777, nil)
	shared := func(c *cri.ContainerConfig) {
		c.Mounts = []*cri.Mount{{ContainerPath: "/scratch", HostPath: scratch}}
	}
	if s := p.run("init-1", "example.com/guest:1", []string{"save", "/scratch/made", "by the first"}, shared).exited(); s.ExitCode != 0 || s.Reason != "Completed" {
		t.Errorf("the first: %d, %s", s.ExitCode, s.Reason)
	}
	failing := p.run("init-2", "example.com/guest:1", []string{"exit", "1"}, shared)
	if s := failing.exited(); s.ExitCode != 1 || s.Reason != "Error" {
		t.Errorf("one that fails: %d, %s", s.ExitCode, s.Reason)
	}
	// kubelet runs it again, as a new attempt.
	again := p.run("init-2", "example.com/guest:1", []string{"say", "again"}, func(c *cri.ContainerConfig) { c.Metadata.Attempt = 1 })
	if s := again.exited(); s.ExitCode != 0 {
		t.Errorf("its next attempt: %d", s.ExitCode)
	}
	app := p.run("app", linuxImage, nil, func(c *cri.ContainerConfig) {
		c.Command = []string{"/tool", "cat", "/scratch/made"}
		shared(c)
	})
	app.exited()
	app.logged("by the first")
}

// TestNativeSidecar: a sidecar in WebAssembly is there before the app and when it ends.
func TestNativeSidecar(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/shop:1", shop)
	address := freeAddress(t)
	sidecar := p.run("sidecar", "example.com/shop:1", nil, listen(address))
	answers(t, "http://"+address+"/")
	app := p.run("app", linuxImage, nil, nil)
	first := p.run("first", linuxImage, nil, command("/tool", "fetch", "http://"+address+"/"))
	if s := first.exited(); s.ExitCode != 0 {
		t.Errorf("the app does not reach it: %s", first.log())
	}
	app.stop()
	if s := sidecar.status(); s.State != cri.ContainerState_CONTAINER_RUNNING {
		t.Errorf("it ended with the app: %s", s.State)
	}
	answers(t, "http://"+address+"/")
	if s := sidecar.stop(); s.ExitCode != 0 {
		t.Errorf("stopped with %d\n%s", s.ExitCode, sidecar.log())
	}
}

// TestVersions runs two versions of a composition side by side on one node. What they
// have in common is there once, what they are compiled to is each one's own.
func TestVersions(t *testing.T) {
	p := newPod(t, nil)
	next := t.TempDir()
	for _, name := range []string{"app.wasm", "authn.wasm", "accesslog.wasm", "sidecall.yaml"} {
		data, err := os.ReadFile(filepath.Join(shop, name))
		if err == nil {
			err = os.WriteFile(filepath.Join(next, name), []byte(strings.ReplaceAll(string(data), "open-sesame}", "open-sesame-2}")), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	p.n.pack(t, "example.com/versions:1", shop)
	p.n.pack(t, "example.com/versions:2", next)
	var addresses []string
	for i := range 2 {
		address := freeAddress(t)
		addresses = append(addresses, address)
		p.run(fmt.Sprint("v", i+1), fmt.Sprintf("example.com/versions:%d", i+1), nil, listen(address))
	}
	answers(t, "http://"+addresses[0]+"/")
	if err := eventually(20*time.Second, func() error {
		for i, want := range []int{http.StatusUnauthorized, http.StatusOK} {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+addresses[i]+"/", nil)
			if err != nil {
				return err
			}
			r.Header.Set("Authorization", "Bearer open-sesame-2")
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				return err
			}
			_ = answer.Body.Close() // the status is all
			if answer.StatusCode != want {
				return fmt.Errorf("version %d answers %s", i+1, answer.Status)
			}
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	var digests []string
	for _, image := range []string{"example.com/versions:1", "example.com/versions:2"} {
		digests = append(digests, p.n.layers(t, image)...)
	}
	seen := map[string]int{}
	for _, d := range digests {
		seen[d]++
	}
	if len(digests) != 8 || len(seen) != 5 { // the manifest is a layer, three components are the same
		t.Errorf("layers: %v", seen)
	}
	for d := range seen {
		files, err := filepath.Glob(filepath.Join(p.n.dir, "node", "images", "blobs", "*", strings.TrimPrefix(d, "sha256:")))
		if err != nil || len(files) != 1 {
			t.Errorf("%s is in the node's cache %d times: %v", d, len(files), err)
		}
	}
}

// TestPlain: a component without a manifest serves, and one with a name for its image's
// command runs.
func TestPlain(t *testing.T) {
	p := newPod(t, nil)
	p.n.pack(t, "example.com/server:1", "../../plugins/http/testdata/server/server.wasm")
	address := freeAddress(t)
	c := p.run("server", "example.com/server:1", nil, listen(address))
	answers(t, "http://"+address+"/hello")
	if out, code := c.exec("sidecall", "ps"); code != 0 || !strings.Contains(out, "http://"+address) {
		t.Errorf("%d, %s", code, out)
	}
	if s := c.stop(); s.ExitCode != 0 {
		t.Errorf("stopped with %d\n%s", s.ExitCode, c.log())
	}
}
