//go:build linux

package kubernetes_test

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// plainGo is a handler of plain Go's, which is too large to be kept here.
const plainGo = "../../../../shared/guests/components/http-server-go.wasm"

// loadEnv says for how many seconds each number of clients sends requests.
const loadEnv = "SIDECALL_LOAD_SECONDS"

// TestLoad applies what sidecall kube prints, as it is, estimated memory included, and has
// more and more clients send requests as fast as they can: none is left without an answer,
// and no pod is ended, whatever its instances have in memory.
func TestLoad(t *testing.T) {
	seconds := 5
	if s := os.Getenv(loadEnv); s != "" {
		var err error
		if seconds, err = strconv.Atoi(s); err != nil {
			t.Fatalf("%s: %v", loadEnv, err)
		}
	}
	for _, app := range []struct{ name, path, image string }{
		{"shop", shop, "load/shop:1"},
		{"http-server-go", plainGo, "load/http-server-go:1"},
	} {
		t.Run(app.name, func(t *testing.T) {
			if _, err := os.Stat(app.path); errors.Is(err, fs.ErrNotExist) {
				t.Skipf("there is no %s", app.path)
			}
			n := newNamespace(t)
			n.apply(n.must(n.c.tested("kube", n.push(app.path, app.image))))
			n.must(n.kubectl("rollout", "status", "deployment/"+app.name, "--timeout=2m"))
			address := "http://" + n.get("service/"+app.name, "{.spec.clusterIP}") + "/"
			n.eventually("the service", func() error {
				_, err := ask(http.DefaultClient, address, "open-sesame")
				return err
			})
			var limit int64
			text := n.get("deployment/"+app.name, "{.spec.template.spec.containers[0].resources.limits.memory}")
			if _, err := fmt.Sscanf(text, "%dMi", &limit); err != nil {
				t.Fatalf("the limit is %q: %v", text, err)
			}
			t.Logf("pods of %s", text)
			pods := n.processes()
			for _, clients := range []int{4, 64, 200} {
				most := watch(pods)
				l := load(address, clients, time.Duration(seconds)*time.Second)
				resident := most()
				t.Logf("%d clients, %d s: %s; resident at most %s of Go's heap and of guests", clients, seconds, l, mebibytes(resident))
				for _, err := range l.failed[:min(3, len(l.failed))] {
					t.Errorf("%d clients: %d failed: %v", clients, len(l.failed), err)
				}
				if l.status[http.StatusOK] == 0 {
					t.Errorf("%d clients: nobody was served", clients)
				}
				for _, m := range resident {
					if m == 0 || m > limit<<20 {
						t.Errorf("%d clients: %d bytes resident, of %s", clients, m, text)
					}
				}
			}
			n.unharmed(pods)
		})
	}
}

// unharmed checks that no container has been ended, and that the kernel had no need to.
func (n *namespace) unharmed(pods []process) {
	n.Helper()
	for _, restarts := range strings.Fields(n.get("pods", "{.items[*].status.containerStatuses[0].restartCount}")) {
		if restarts != "0" {
			n.Errorf("a pod was restarted %s times: %s", restarts, n.get("pods", "{.items[*].status.containerStatuses[0].lastState}"))
		}
	}
	for _, p := range pods {
		peak, kills := p.usage(n.T)
		n.Logf("the group of process %d: at most %.1f MiB, the page cache included", p.pid, float64(peak)/(1<<20))
		if kills != 0 {
			n.Errorf("the kernel ended %d processes of a container for its memory", kills)
		}
	}
}

// loaded is what clients were answered.
type loaded struct {
	sync.Mutex
	status map[int]int
	failed []error
}

func (l *loaded) String() string {
	l.Lock()
	defer l.Unlock()
	return fmt.Sprintf("%d answers of 200, %d of 503", l.status[http.StatusOK], l.status[http.StatusServiceUnavailable])
}

// load has clients send requests, each on a connection of its own and without a pause. An
// answer is 200, or 503 with when to come again, which clients here do not wait for.
func load(address string, clients int, d time.Duration) *loaded {
	l := &loaded{status: map[int]int{}}
	transport := &http.Transport{MaxIdleConnsPerHost: clients}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	end := time.Now().Add(d)
	var wait sync.WaitGroup
	for range clients {
		wait.Go(func() {
			for time.Now().Before(end) {
				status, err := answered(client, address)
				l.Lock()
				if l.status[status]++; err != nil {
					l.failed = append(l.failed, err)
				}
				l.Unlock()
			}
		})
	}
	wait.Wait()
	return l
}

func answered(client *http.Client, address string) (status int, err error) {
	r, err := http.NewRequest(http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	r.Header.Set("Authorization", "Bearer open-sesame")
	answer, err := client.Do(r)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	switch {
	case err != nil:
	case answer.StatusCode == http.StatusOK && len(body) > 0:
	case answer.StatusCode == http.StatusServiceUnavailable && answer.Header.Get("Retry-After") != "":
	default:
		err = fmt.Errorf("%s with %d bytes, Retry-After %q", answer.Status, len(body), answer.Header.Get("Retry-After"))
	}
	return answer.StatusCode, err
}
