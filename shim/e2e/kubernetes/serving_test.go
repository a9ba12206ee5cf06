//go:build linux

package kubernetes_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
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
func ask(client *http.Client, address, token string) (string, error) {
	r, err := http.NewRequestWithContext(context.Background(), http.MethodGet, address, nil)
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

// rollouts are the updates that roll while clients send requests.
const rollouts = 10

// TestServing applies what sidecall kube prints, as it is, and updates it while clients
// send requests without a pause: not one fails.
func TestServing(t *testing.T) {
	n := newNamespace(t)
	one := n.push(shop, "acme/shop:1.0")
	n.apply(n.must(n.c.tested("kube", one)))
	n.must(n.kubectl("rollout", "status", "deployment/shop", "--timeout=2m"))
	address := "http://" + n.get("service/shop", "{.spec.clusterIP}") + "/things?n=1"
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
	n.eventually("the service", func() error {
		body, err := ask(fresh, address, "open-sesame")
		if err == nil && body != "Hello from the app: you asked for /things?n=1\n" {
			err = fmt.Errorf("answered %q", body)
		}
		return err
	})
	if _, err := ask(fresh, address, "guess"); err == nil || !strings.Contains(err.Error(), "401 Unauthorized: A token is needed.") {
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

	c := startClients(address)
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
	// Once more, and again, which costs no time but that of ending pods.
	for range rollouts - 2 {
		n.must(n.kubectl("rollout", "restart", "deployment/shop"))
		n.must(n.kubectl("rollout", "status", "deployment/shop", "--timeout=3m"))
	}
	sent, failed := c.stop()
	t.Logf("%d requests while %d updates rolled", sent, rollouts)
	if len(failed) > 0 || sent < 100 {
		t.Errorf("%d of %d requests failed: %v", len(failed), sent, failed[:min(3, len(failed))])
	}
	for _, pod := range strings.Fields(n.get("pods", "{.items[*].metadata.name}")) {
		if restarts := n.get("pod/"+pod, "{.status.containerStatuses[0].restartCount}"); restarts != "0" {
			t.Errorf("%s was restarted %s times", pod, restarts)
		}
	}
}

// clients send requests: some on new connections, some on one that they keep, some by
// HTTP/2, and some on kept connections without trying again, as net/http's client does.
type clients struct {
	sent   atomic.Int64
	stopIt chan struct{}
	wait   sync.WaitGroup
	mu     sync.Mutex
	failed []error
}

func startClients(address string) *clients {
	c := &clients{stopIt: make(chan struct{})}
	http2 := &http.Protocols{}
	http2.SetUnencryptedHTTP2(true)
	for i := range 6 {
		tr := &http.Transport{DisableKeepAlives: i%3 == 0}
		if i%3 == 1 {
			tr.Protocols = http2
		}
		client := &http.Client{Transport: tr, Timeout: 20 * time.Second}
		c.wait.Go(func() {
			for c.goesOn(5 * time.Millisecond) {
				_, err := ask(client, address, "open-sesame")
				c.note(err)
			}
		})
	}
	to, _ := url.Parse(address)
	for i := range 8 {
		c.wait.Go(func() {
			for c.goesOn(5 * time.Millisecond) {
				c.keep(to, time.Duration(i%4)*5*time.Millisecond)
			}
		})
	}
	return c
}

func (c *clients) goesOn(pause time.Duration) bool {
	select {
	case <-c.stopIt:
		return false
	case <-time.After(pause):
		return true
	}
}

func (c *clients) note(err error) {
	c.sent.Add(1)
	if err == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, fmt.Errorf("%s: %w", time.Now().Format(time.StampMilli), err))
}

// keep sends requests on one connection until the server says that it ends: each must be
// answered. That there is no connection is no loss of a request.
func (c *clients) keep(to *url.URL, pause time.Duration) {
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(to.Hostname(), "80"), 10*time.Second)
	if err != nil {
		return
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	for n := 1; c.goesOn(pause); n++ {
		_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
		_, err := fmt.Fprintf(conn, "GET %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer open-sesame\r\n\r\n", to.RequestURI(), to.Host)
		var resp *http.Response
		if err == nil {
			resp, err = http.ReadResponse(in, nil)
		}
		if err == nil {
			if _, err = io.Copy(io.Discard, resp.Body); err == nil && resp.StatusCode != http.StatusOK {
				err = errors.New(resp.Status)
			}
		}
		if err != nil {
			err = fmt.Errorf("request %d of a kept connection: %w", n, err)
		}
		c.note(err)
		if err != nil || resp.Close {
			return
		}
	}
}

func (c *clients) stop() (int64, []error) {
	close(c.stopIt)
	c.wait.Wait()
	return c.sent.Load(), c.failed
}
