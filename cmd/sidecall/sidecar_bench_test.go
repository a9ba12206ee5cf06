package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/rpc"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/plugins"
)

// BenchmarkSidecar asks a sidecar for a greeting, a string of 56 bytes for one of 64,
// in turns of which the best counts:
//
//	component   from component to component
//	singleton   the same, with a sidecar that all instances share
//	unix        from Go to a Go process, by net/rpc over a unix socket
//	http        from Go to a Go process, by HTTP over loopback
func BenchmarkSidecar(b *testing.B) {
	web, socket := greeterProcess(b)
	variants := []struct {
		name  string
		calls int // in a turn
		turn  func(calls int) error
	}{
		{"component", 20_000, greeterComponent(b, "")},
		{"singleton", 5_000, greeterComponent(b, "singleton")},
		{"unix", 100, greetByRPC(b, socket)},
		{"http", 100, greetByHTTP(b, web)},
	}
	best := map[string]time.Duration{}
	for b.Loop() {
		for _, v := range variants {
			start := time.Now()
			if err := v.turn(v.calls); err != nil {
				b.Fatal(v.name, ": ", err)
			}
			if took := time.Since(start) / time.Duration(v.calls); best[v.name] == 0 || took < best[v.name] {
				best[v.name] = took
			}
		}
	}
	for _, v := range variants {
		b.ReportMetric(float64(best[v.name]), v.name+"-ns")
		if v.name != "component" {
			b.ReportMetric(float64(best[v.name])/float64(best["component"]), v.name+"-x-component")
		}
	}
	b.ReportMetric(0, "ns/op") // a turn of all of them says nothing
}

const (
	greeted  = "everybody who is out there, with a name that is this lon" // 56 bytes
	greeting = "Hello, " + greeted + "!"
)

// greeterComponent calls the sidecar from the component beside it.
func greeterComponent(b *testing.B, policy string) func(calls int) error {
	b.Helper()
	m := manifest.FromFiles(filepath.Join("testdata", "greeter", "caller.wasm"), []string{filepath.Join("testdata", "greeter", "greeter.wasm")}, nil)
	m.Components[1].Instance.Policy = manifest.InstancePolicy(policy)
	interfaces := plugins.All()
	r := linker.Link(m, catalogOf(interfaces), linker.Options{})
	if err := r.Diagnostics.Err(); err != nil {
		b.Fatal(err)
	}
	ctx := context.Background()
	c, err := host.Compile(ctx, r.Plan, host.Config{Interfaces: interfaces})
	if err != nil {
		b.Fatal(err)
	}
	i, err := c.Instantiate(ctx, host.InstanceOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := i.Close(ctx); err != nil {
			b.Error(err)
		}
		if err := c.Close(); err != nil {
			b.Error(err)
		}
	})
	return func(calls int) error {
		bytes, err := i.Call(ctx, "", "run", value.U32(uint32(calls)))
		if err == nil && bytes.U32() != uint32(calls*len(greeting)) {
			err = fmt.Errorf("%d bytes came back of %d calls", bytes.U32(), calls)
		}
		return err
	}
}

// Greeter is the sidecar as a Go process.
type Greeter struct{}

// Greet is called by net/rpc.
func (Greeter) Greet(name string, reply *string) error {
	*reply = "Hello, " + name + "!"
	return nil
}

func greetByRPC(b *testing.B, socket string) func(calls int) error {
	b.Helper()
	c, err := rpc.Dial("unix", socket)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = c.Close() })
	return func(calls int) error {
		for range calls {
			var reply string
			if err := c.Call("Greeter.Greet", greeted, &reply); err != nil {
				return err
			}
			if reply != greeting {
				return fmt.Errorf("got %q", reply)
			}
		}
		return nil
	}
}

func greetByHTTP(b *testing.B, address string) func(calls int) error {
	return func(calls int) error {
		for range calls {
			resp, err := http.Post("http://"+address, "text/plain", strings.NewReader(greeted))
			if err != nil {
				return err
			}
			reply, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil {
				return err
			}
			if string(reply) != greeting {
				return fmt.Errorf("got %q", reply)
			}
		}
		return nil
	}
}

// greeterProcess starts the process.
func greeterProcess(b *testing.B) (web, socket string) {
	b.Helper()
	socket = filepath.Join(b.TempDir(), "s")
	cmd := exec.Command("greeter", socket)
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	web, err = bufio.NewReader(out).ReadString('\n')
	if err != nil {
		b.Fatal(err)
	}
	return strings.TrimSuffix(web, "\n"), socket
}

// greeterMain is the process: it prints its address and runs until it is killed.
func greeterMain() {
	fail := func(err error) {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	server := rpc.NewServer()
	if err := server.Register(Greeter{}); err != nil {
		fail(err)
	}
	local, err := net.Listen("unix", os.Args[1])
	if err != nil {
		fail(err)
	}
	go server.Accept(local)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fail(err)
	}
	fmt.Println(l.Addr())
	fail(http.Serve(l, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		_, _ = io.WriteString(w, "Hello, "+string(name)+"!")
	})))
}
