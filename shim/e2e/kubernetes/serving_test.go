//go:build linux

package kubernetes_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	hello = "../../../examples/01-hello"
	shop  = "../../../examples/02-http"
	guest = "../../../cmd/sidecall/testdata/guest/guest.wasm"
)

// ask sends the shop a request with a token, and wants an answer.
func ask(client *http.Client, url, token string) (string, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	r.Header.Set("Authorization", "Bearer "+token)
	answer, err := client.Do(r)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s: %s", answer.Status, body)
	}
	return string(body), err
}

// TestServing applies what sidecall kube prints, as it is, and updates it while clients
// send requests without a pause: not one fails.
func TestServing(t *testing.T) {
	n := newNamespace(t)
	one := n.push(shop, "acme/shop:1.0")
	n.apply(n.must(n.c.tested("kube", one)))
	n.must(n.kubectl("rollout", "status", "deployment/shop", "--timeout=2m"))
	url := "http://" + n.get("service/shop", "{.spec.clusterIP}") + "/things?n=1"
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	n.eventually("the service", func() error {
		body, err := ask(fresh, url, "open-sesame")
		if err == nil && body != "Hello from the app: you asked for /things?n=1\n" {
			err = fmt.Errorf("answered %q", body)
		}
		return err
	})
	if _, err := ask(fresh, url, "guess"); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: A token is needed.") {
		t.Errorf("with another token: %v", err)
	}
	n.logged("deployment/shop", "shop", `"message":"serving"`)

	// The next version takes another path's name for its token's default, and that is how
	// one can tell them apart.
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(shop)); err != nil {
		t.Fatal(err)
	}
	manifest := filepath.Join(dir, "sidecall.yaml")
	text, err := os.ReadFile(manifest)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), "  authn:\n", "  # The second version.\n  authn:\n", 1)
	if changed == string(text) {
		t.Fatal("the manifest is not the one that this test knows")
	}
	if err := os.WriteFile(manifest, []byte(changed), 0o644); err != nil {
		t.Fatal(err)
	}
	two := n.push(dir, "acme/shop:2.0")
	before, after := n.must(n.c.tested("kube", one)), n.must(n.c.tested("kube", two))
	if before == after {
		t.Fatal("both versions are the same")
	}

	c := startClients(url)
	n.apply(after)
	n.must(n.kubectl("rollout", "status", "deployment/shop", "--timeout=3m"))
	n.eventually("the pods of 1.0", func() error {
		images := n.get("pods", "{.items[*].spec.containers[*].image}")
		if len(strings.Fields(images)) != 2 || !strings.Contains(after, strings.Fields(images)[0]) || !strings.Contains(after, strings.Fields(images)[1]) {
			return fmt.Errorf("there are %s", images)
		}
		return nil
	})
	// And back, which needs nothing to be pulled or compiled.
	n.must(n.kubectl("rollout", "undo", "deployment/shop"))
	n.must(n.kubectl("rollout", "status", "deployment/shop", "--timeout=3m"))
	n.eventually("the pods of 2.0", func() error {
		if images := n.get("pods", "{.items[*].spec.containers[*].image}"); len(strings.Fields(images)) != 2 {
			return fmt.Errorf("there are %s", images)
		}
		return nil
	})
	sent, failed := c.stop()
	t.Logf("%d requests while two updates rolled", sent)
	if len(failed) > 0 || sent < 100 {
		t.Errorf("%d of %d requests failed: %v", len(failed), sent, failed[:min(3, len(failed))])
	}
	for _, pod := range strings.Fields(n.get("pods", "{.items[*].metadata.name}")) {
		if restarts := n.get("pod/"+pod, "{.status.containerStatuses[0].restartCount}"); restarts != "0" {
			t.Errorf("%s was restarted %s times", pod, restarts)
		}
	}
}

// clients send requests: half of them on new connections, half on one that they keep.
type clients struct {
	sent   atomic.Int64
	stopIt chan struct{}
	wait   sync.WaitGroup
	mu     sync.Mutex
	failed []error
}

func startClients(url string) *clients {
	c := &clients{stopIt: make(chan struct{})}
	for i := range 4 {
		client := &http.Client{Transport: &http.Transport{DisableKeepAlives: i%2 == 0}, Timeout: 20 * time.Second}
		c.wait.Go(func() {
			for {
				select {
				case <-c.stopIt:
					return
				case <-time.After(5 * time.Millisecond):
				}
				c.sent.Add(1)
				if _, err := ask(client, url, "open-sesame"); err != nil {
					c.mu.Lock()
					c.failed = append(c.failed, fmt.Errorf("%s: %w", time.Now().Format(time.StampMilli), err))
					c.mu.Unlock()
				}
			}
		})
	}
	return c
}

func (c *clients) stop() (int64, []error) {
	close(c.stopIt)
	c.wait.Wait()
	return c.sent.Load(), c.failed
}
