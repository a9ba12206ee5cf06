//go:build linux

package e2e_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// TestMeasureMemory compares what pods of an app and three sidecars take, as one
// composition and as four Linux containers: one pod, and what each of nine more adds.
// The shims count, the pause containers do not: they are the same on both sides.
func TestMeasureMemory(t *testing.T) {
	measuring(t)
	const pods, requests = 10, 1000
	theNode(t).pack(t, "example.com/shop:1", "testdata/shop")
	sidecars := []string{"app", "ratelimit", "authn", "accesslog"} // from behind
	for _, name := range sidecars {
		linuxProgram(t, name, "./testdata/shop/"+name)
	}
	composition := func(name string) (string, map[string][]*container) {
		address := freeAddress(t)
		c := newPodOf(t, name, "sidecall", nil).run("shop", "example.com/shop:1", nil, environment("SIDECALL_LISTEN="+address))
		return address, map[string][]*container{"process 1": {c}}
	}
	linux := func(name string) (address string, all map[string][]*container) {
		p := newPodOf(t, name, "runc", nil)
		all = map[string][]*container{}
		for _, s := range sidecars {
			env := []string{"TOKEN=open-sesame", "LIMIT=1000000", "NEXT=http://" + address}
			address = freeAddress(t)
			c := p.run(s, "example.com/"+s+":1", nil, environment(append(env, "LISTEN="+address)...))
			all[s] = []*container{c}
		}
		return address, all
	}
	var totals [2]usage
	for i, side := range []struct {
		name  string
		start func(name string) (string, map[string][]*container)
	}{{"composition", composition}, {"Linux containers", linux}} {
		one := usages{}
		t.Run(side.name, func(t *testing.T) {
			all := map[string][]*container{}
			start := func(n int) {
				address, processes := side.start(fmt.Sprintf("memory%d%d", i, n))
				for name, c := range processes {
					all[name] = append(all[name], c...)
				}
				ask(t, address, requests)
			}
			start(0)
			t.Logf("one pod, at work\n%s", usagesOf(t, all))
			time.Sleep(waiting)
			one = usagesOf(t, all)
			t.Logf("one pod, waiting\n%s", one)
			for n := 1; n < pods; n++ {
				start(n)
			}
			time.Sleep(waiting)
			more := usagesOf(t, all).minus(one, pods-1)
			t.Logf("each of %d more, waiting\n%s", pods-1, more)
			totals[i] = one.total()
			t.Logf("one more pod takes %.1f MB, the first one %.1f MB", mb(more.total().pss), mb(one.total().pss))
		})
	}
	t.Logf("one pod: composition %.1f MB, Linux containers %.1f MB, ratio %.2f", mb(totals[0].pss), mb(totals[1].pss), float64(totals[0].pss)/float64(totals[1].pss))
}

// usage is memory of processes in kB: the proportional set size, what of it is their
// own and no file's, what is of files, and how much they see that others see too.
type usage struct{ pss, anon, file, shared int }

// usages is usage by what the processes are.
type usages map[string]usage

func (u usages) total() (sum usage) {
	for _, v := range u {
		sum = usage{sum.pss + v.pss, sum.anon + v.anon, sum.file + v.file, sum.shared + v.shared}
	}
	return sum
}

// minus is what each of n more pods adds. What is shared is a mean of all.
func (u usages) minus(o usages, n int) usages {
	out := usages{}
	for name, v := range u {
		w := o[name]
		out[name] = usage{(v.pss - w.pss) / n, (v.anon - w.anon) / n, (v.file - w.file) / n, v.shared / (n + 1)}
	}
	return out
}

func (u usages) String() string {
	var b strings.Builder
	line := func(name string, v usage) {
		fmt.Fprintf(&b, "%12s: PSS %5.1f MB: %4.1f of its own, %4.1f of files; shared with others: %4.1f MB\n", name, mb(v.pss), mb(v.anon), mb(v.file), mb(v.shared))
	}
	for _, name := range []string{"shim", "process 1", "app", "ratelimit", "authn", "accesslog"} {
		if v, ok := u[name]; ok {
			line(name, v)
		}
	}
	line("together", u.total())
	return b.String()
}

func mb(kB int) float64 { return float64(kB) / 1000 }

// waiting is after how long without a request memory is measured: longer than package
// settle takes to see that there are none.
const waiting = 8 * time.Second

// usagesOf is what processes and their shims take.
func usagesOf(t *testing.T, all map[string][]*container) usages {
	t.Helper()
	out, shims := usages{}, map[int]bool{}
	add := func(name, pid string) {
		out[name] = usages{"": out[name], "more": usageOf(t, pid)}.total()
	}
	for name, list := range all {
		for _, c := range list {
			pid := pidOf(t, c.p.n, c)
			add(name, pid)
			if shim := parentOf(t, pid); !shims[shim] {
				shims[shim] = true
				add("shim", fmt.Sprint(shim))
			}
		}
	}
	return out
}

// usageOf reads what one process takes.
func usageOf(t *testing.T, pid string) (u usage) {
	t.Helper()
	data, err := os.ReadFile("/proc/" + pid + "/smaps_rollup")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(data)) {
		var name string
		var kB int
		if _, err := fmt.Sscan(line, &name, &kB); err != nil {
			continue
		}
		switch name {
		case "Pss:":
			u.pss = kB
		case "Pss_Anon:":
			u.anon = kB
		case "Pss_File:", "Pss_Shmem:":
			u.file += kB
		case "Shared_Clean:", "Shared_Dirty:":
			u.shared += kB
		}
	}
	return u
}

// ask sends requests, one after the other, and waits for the first answer.
func ask(t *testing.T, address string, requests int) {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	get := func() error {
		r, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+address+"/", nil)
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer open-sesame")
		a, err := client.Do(r)
		if err != nil {
			return err
		}
		_, err = io.Copy(io.Discard, a.Body)
		if a.StatusCode != 200 {
			err = fmt.Errorf("the answer is %s", a.Status)
		}
		return errors.Join(err, a.Body.Close())
	}
	if err := eventually(20*time.Second, get); err != nil {
		t.Fatal(err)
	}
	for range requests - 1 {
		if err := get(); err != nil {
			t.Fatal(err)
		}
	}
}

// linuxProgram makes an image of a static Go program.
func linuxProgram(t *testing.T, name, pkg string) {
	t.Helper()
	program := filepath.Join(t.TempDir(), name)
	cmd := exec.Command("go", "build", "-o", program, pkg)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building %s: %v\n%s", pkg, err, text)
	}
	file, image := filepath.Join(t.TempDir(), "image.tar"), "example.com/"+name+":1"
	if err := linuxArchive(file, image, program, nil, []string{"/" + name}); err != nil {
		t.Fatal(err)
	}
	if err := theNode(t).load(file, image); err != nil {
		t.Fatal(err)
	}
}

// environment adds variables, as NAME=value, to a container.
func environment(variables ...string) func(*cri.ContainerConfig) {
	return func(c *cri.ContainerConfig) {
		for _, v := range variables {
			name, value, _ := strings.Cut(v, "=")
			c.Envs = append(c.Envs, &cri.KeyValue{Key: name, Value: []byte(value)})
		}
	}
}
