//go:build linux

package kubernetes_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/sidecall/sidecall/shim/e2e/testnode"
)

const (
	nodeName = "node1"
	nodeIP   = "10.99.0.1"
	api      = "https://" + nodeIP + ":6443"
)

// cluster is a Kubernetes of one node.
type cluster struct {
	dir        string // certificates and configurations
	registry   *testnode.Registry
	containerd *testnode.Containerd
	processes  []*testnode.Process
}

// shared is started by TestMain.
var shared struct {
	*cluster
	err error
}

func TestMain(m *testing.M) {
	if testnode.Missing() == "" {
		shared.cluster, shared.err = startCluster()
	}
	code := m.Run()
	if shared.cluster != nil {
		shared.stop()
	}
	os.Exit(code)
}

// theCluster returns the cluster, or skips with what is missing.
func theCluster(t *testing.T) *cluster {
	t.Helper()
	if missing := testnode.Missing(); missing != "" {
		t.Skip(missing + "; see run.sh")
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.cluster
}

func startCluster() (*cluster, error) {
	c := &cluster{dir: filepath.Join(os.Getenv(testnode.Env), "node", "kubernetes"), registry: testnode.NewRegistry()}
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return c, err
	}
	if err := c.images(); err != nil {
		return c, err
	}
	if err := c.certificates(); err != nil {
		return c, err
	}
	var err error
	if c.containerd, err = testnode.StartContainerd(c.registry.Address()); err != nil {
		return c, err
	}
	if err := c.control(); err != nil {
		return c, err
	}
	if err := c.node(); err != nil {
		return c, err
	}
	out, err := c.tested("node", "install", "--restart")
	if err != nil {
		return c, fmt.Errorf("%w\n%s", err, out)
	}
	for _, args := range [][]string{
		{"apply", "-f", "../../deploy/base/runtimeclass.yaml"},
		{"label", "node", nodeName, "sidecall.dev/installed=true"},
	} {
		if _, err := c.kubectl("", args...); err != nil {
			return c, err
		}
	}
	return c, nil
}

// images are those that are not under test.
func (c *cluster) images() error {
	pause, err := testnode.PauseImage()
	if err != nil {
		return err
	}
	busybox, err := testnode.Busybox()
	if err != nil {
		return err
	}
	ctx := context.Background()
	if err := c.registry.Push(ctx, pause, "pause:3.10.2"); err != nil {
		return err
	}
	return c.registry.Push(ctx, busybox, "library/busybox:1")
}

func (c *cluster) run(name string, args ...string) error {
	p, err := testnode.Start(testnode.LogFile(name), nil, name, args...)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, p)
	return nil
}

// control starts the control plane.
func (c *cluster) control() error {
	f := func(name string) string { return filepath.Join(c.dir, name) }
	if err := c.run("etcd", "--data-dir", f("etcd"), "--unsafe-no-fsync"); err != nil {
		return err
	}
	if err := c.run("kube-apiserver", "--etcd-servers=http://127.0.0.1:2379", "--secure-port=6443", "--advertise-address="+nodeIP,
		"--client-ca-file="+f("ca.crt"), "--tls-cert-file="+f("apiserver.crt"), "--tls-private-key-file="+f("apiserver.key"),
		"--service-account-issuer="+api, "--service-account-key-file="+f("ca.crt"), "--service-account-signing-key-file="+f("ca.key"),
		"--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=Node,RBAC", "--allow-privileged",
		"--kubelet-client-certificate="+f("admin.crt"), "--kubelet-client-key="+f("admin.key"), "--kubelet-certificate-authority="+f("ca.crt"),
		"--kubelet-preferred-address-types=InternalIP"); err != nil {
		return err
	}
	if err := testnode.Eventually(3*time.Minute, func() error {
		_, err := c.kubectl("", "get", "--raw", "/readyz")
		return err
	}); err != nil {
		return err
	}
	if err := c.run("kube-controller-manager", "--kubeconfig="+f("controllers.conf"), "--service-account-private-key-file="+f("ca.key"),
		"--root-ca-file="+f("ca.crt"), "--use-service-account-credentials", "--bind-address=127.0.0.1",
		"--authentication-kubeconfig="+f("controllers.conf"), "--authorization-kubeconfig="+f("controllers.conf")); err != nil {
		return err
	}
	return c.run("kube-scheduler", "--kubeconfig="+f("scheduler.conf"), "--bind-address=127.0.0.1",
		"--authentication-kubeconfig="+f("scheduler.conf"), "--authorization-kubeconfig="+f("scheduler.conf"))
}

// node starts kubelet and kube-proxy.
func (c *cluster) node() error {
	f := func(name string) string { return filepath.Join(c.dir, name) }
	kubelet := fmt.Sprintf(`apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: %[1]s
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
containerRuntimeEndpoint: unix://%[2]s
tlsCertFile: %[3]s/kubelet.crt
tlsPrivateKeyFile: %[3]s/kubelet.key
authentication: {x509: {clientCAFile: %[3]s/ca.crt}, anonymous: {enabled: false}, webhook: {enabled: true}}
authorization: {mode: Webhook}
evictionHard: {imagefs.available: "1%%", nodefs.available: "1%%", memory.available: "50Mi"}
oomScoreAdj: 0
syncFrequency: 2s
clusterDNS: [10.96.0.10]
clusterDomain: cluster.local
configMapAndSecretChangeDetectionStrategy: Watch
`, nodeIP, testnode.Socket, c.dir)
	if err := os.WriteFile(f("kubelet.yaml"), []byte(kubelet), 0o600); err != nil {
		return err
	}
	if err := c.run("kubelet", "--config="+f("kubelet.yaml"), "--kubeconfig="+f("kubelet.conf"), "--hostname-override="+nodeName, "--node-ip="+nodeIP, "--v=2"); err != nil {
		return err
	}
	proxy := fmt.Sprintf(`apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
mode: iptables
hostnameOverride: %s
clusterCIDR: 10.244.0.0/24
clientConnection: {kubeconfig: %s}
conntrack: {maxPerCore: 0, min: 0}
iptables: {minSyncPeriod: 0s}
`, nodeName, f("proxy.conf"))
	if err := os.WriteFile(f("proxy.yaml"), []byte(proxy), 0o600); err != nil {
		return err
	}
	if err := c.run("kube-proxy", "--config="+f("proxy.yaml")); err != nil {
		return err
	}
	return testnode.Eventually(2*time.Minute, func() error {
		out, err := c.kubectl("", "get", "node", nodeName, "-o", `jsonpath={.status.conditions[?(@.type=="Ready")].status}`)
		if err == nil && out != "True" {
			err = fmt.Errorf("the node is not ready: %s", out)
		}
		return err
	})
}

// stop ends pods, and then everything else.
func (c *cluster) stop() {
	for i := range c.processes {
		c.processes[len(c.processes)-1-i].Stop()
	}
	if c.containerd != nil {
		c.containerd.Stop()
	}
	c.registry.Close()
}

// tested runs the program under test.
func (c *cluster) tested(args ...string) (string, error) {
	cmd := exec.Command(filepath.Join(os.Getenv(testnode.Env), "tested", "sidecall"), args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(c.dir, "cache"))
	var stderr errorText
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("sidecall %v: %w: %s", args, err, stderr)
	}
	return string(out), err
}

type errorText []byte

func (e *errorText) Write(p []byte) (int, error) { *e = append(*e, p...); return len(p), nil }

// kubectl runs kubectl with the administrator's certificate.
func (c *cluster) kubectl(stdin string, args ...string) (string, error) {
	return c.kubectlIn(context.Background(), stdin, args...)
}

func decode[T any](text string) (T, error) {
	var v T
	err := json.Unmarshal([]byte(text), &v)
	return v, err
}
