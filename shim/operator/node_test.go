package operator_test

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sidecall/sidecall/shim/operator"
	"github.com/sidecall/sidecall/shim/pod"
)

func read(t *testing.T, text string) (*operator.Node, error) {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("nodes run Linux")
	}
	name := filepath.Join(t.TempDir(), "node.yaml")
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return operator.Read(name)
}

const head = "apiVersion: sidecall.dev/v1alpha1\nkind: Node\n"

func TestRead(t *testing.T) {
	silent := &operator.Node{Cache: operator.Cache{MaxSize: 10 << 30, KeepFor: 168 * time.Hour, MinFree: 10}}
	if n, err := operator.Read(filepath.Join(t.TempDir(), "none")); err != nil || !reflect.DeepEqual(n, silent) {
		t.Errorf("no file: %+v, %v", n, err)
	}
	for _, text := range []string{"", head, head + "pods: {files: true}\n"} {
		if n, err := read(t, text); err != nil || !reflect.DeepEqual(n, silent) {
			t.Errorf("%q: %+v, %v", text, n, err)
		}
	}
	n, err := read(t, head+`cache: {maxSize: 2GiB, keepFor: 48h, minFree: 20%}
pods: {maxMemory: 512MiB, outboundHosts: ["https://*.example.com"], ports: ["8080", 9000-9999], files: false, sockets: false, keyvalue: false, telemetry: false}
`)
	want := &operator.Node{Cache: operator.Cache{MaxSize: 2 << 30, KeepFor: 48 * time.Hour, MinFree: 20}, Pods: pod.Narrow{MaxMemory: 512 << 20,
		OutboundHosts: []string{"https://*.example.com"}, Ports: [][2]uint16{{8080, 8080}, {9000, 9999}}, NoFiles: true, NoSockets: true, NoKeyValue: true, NoTelemetry: true}}
	if err != nil || !reflect.DeepEqual(n, want) {
		t.Errorf("%+v, %v", n, err)
	}
	if n, err := read(t, head+"pods: {outboundHosts: []}\n"); err != nil || !n.Pods.NoOutbound {
		t.Errorf("none: %+v, %v", n, err)
	}
}

// TestWrong: a file that is not right forbids everything, not nothing.
func TestWrong(t *testing.T) {
	for text, want := range map[string]string{
		"kind: Node\n":                                                       "it must begin with apiVersion",
		head + "pods: {file: false}\n":                                       "file not found",
		head + "cache: {maxSize: big}\n":                                     `cache.maxSize: "big" must be a number of bytes`,
		head + "cache: {maxSize: -1}\n":                                      `cache.maxSize: "-1" must be`,
		head + "cache: {keepFor: 7d}\n":                                      `cache.keepFor: "7d" must be a number with a unit`,
		head + "cache: {minFree: 100%}\n":                                    `cache.minFree: "100%" must be a percentage`,
		head + "pods: {ports: [\"0\"]}\n":                                    `pods.ports: "0" must be a port`,
		head + "pods: {ports: [\"9-8\"]}\n":                                  `pods.ports: "9-8" is a range that ends before it begins`,
		head + "pods: {maxMemory: 1TB}\n":                                    `pods.maxMemory: "1TB" must be`,
		head + "pods: [\n":                                                   "yaml",
		head + "pods: {ports: []}\n":                                         "pods.ports: the list is empty",
		head + "---\npods: {files: false}\n":                                 "there is more than one document",
		head + "#" + strings.Repeat(" ", 1<<20) + "\npods: {files: false}\n": "it has more than 1048576 bytes",
	} {
		if _, err := read(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", text, err, want)
		}
	}
	name := filepath.Join(t.TempDir(), "node.yaml")
	if err := os.WriteFile(name, []byte(head), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(name, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := operator.Read(name); err == nil || !strings.Contains(err.Error(), "others may write to it") {
		t.Errorf("everybody's: %v", err)
	}
}
