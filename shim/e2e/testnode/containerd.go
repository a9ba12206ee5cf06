//go:build linux

package testnode

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

// Where a node's programs expect things.
const (
	ConfigFile = "/etc/containerd/config.toml"
	Socket     = "/run/containerd/containerd.sock"
	Pause      = "registry.k8s.io/pause:3.10.2"
	pidFile    = "/run/containerd/pid"
)

// Env names the directory that isolated.sh was given.
const Env = "SIDECALL_TESTNODE"

// Config is containerd's configuration before Sidecall is installed.
const Config = `# A node's configuration, as its administrator has written it.
version = 3
[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '` + Pause + `'
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = 'io.containerd.runc.v2'
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = false
`

const network = `{"cniVersion": "1.0.0", "name": "pods", "plugins": [
  {"type": "bridge", "bridge": "cni0", "isGateway": true, "ipMasq": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/24"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
`

// All that "sidecall node install --restart" asks of a node's systemctl.
const systemctl = `#!/bin/sh
[ "$*" = "restart containerd" ] || { echo "not expected: $*" >&2; exit 1; }
old=$(cat ` + pidFile + `)
kill "$old"
until new=$(cat ` + pidFile + `) && [ -n "$new" ] && [ "$new" != "$old" ] && ctr version >/dev/null 2>&1; do sleep 0.1; done
`

// Containerd is a node's containerd.
type Containerd struct {
	*Process
	Runtime cri.RuntimeServiceClient
	Images  cri.ImageServiceClient
}

// Missing says what is missing for a node, or nothing.
func Missing() string {
	if os.Getenv(Env) == "" {
		return Env + " is not set: isolated.sh has not started this"
	}
	return ""
}

// StartContainerd configures and starts containerd, which will pull all images from a
// registry.
func StartContainerd(registry string) (*Containerd, error) {
	for file, text := range map[string]string{
		ConfigFile:                                    Config,
		"/etc/cni/net.d/10-pods.conflist":             network,
		"/etc/containerd/certs.d/_default/hosts.toml": fmt.Sprintf("server = 'http://%[1]s'\n[host.'http://%[1]s']\n  capabilities = ['pull', 'resolve']\n", registry),
		"/usr/local/bin/systemctl":                    systemctl,
	} {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			return nil, err
		}
	}
	if err := os.MkdirAll(filepath.Dir(pidFile), 0o755); err != nil {
		return nil, err
	}
	p, err := Start(LogFile("containerd"), func(pid int) error {
		return os.WriteFile(pidFile, []byte(strconv.Itoa(pid)), 0o600)
	}, "containerd")
	if err != nil {
		return nil, err
	}
	conn, err := grpc.NewClient("unix://"+Socket, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return nil, err
	}
	c := &Containerd{Process: p, Runtime: cri.NewRuntimeServiceClient(conn), Images: cri.NewImageServiceClient(conn)}
	return c, Eventually(30*time.Second, func() error {
		_, err := c.Runtime.Version(context.Background(), &cri.VersionRequest{})
		return err
	})
}

// LogFile is where a program's log is; it stays for who looks for what went wrong.
func LogFile(name string) string {
	return filepath.Join(os.Getenv(Env), "log", name)
}
