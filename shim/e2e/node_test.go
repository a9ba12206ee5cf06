//go:build linux

package e2e_test

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	contentapi "github.com/containerd/containerd/api/services/content/v1"
	imagesapi "github.com/containerd/containerd/api/services/images/v1"
	"github.com/opencontainers/go-digest"
	"github.com/opencontainers/image-spec/specs-go"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	cri "k8s.io/cri-api/pkg/apis/runtime/v1"
)

const (
	pauseImage = "registry.k8s.io/pause:3.10.2"
	linuxImage = "example.com/tool:1"
)

// node is a containerd of our own, with the shim installed.
type node struct {
	dir, bin string
	runtime  cri.RuntimeServiceClient
	images   cri.ImageServiceClient
	process  *exec.Cmd
}

// shared is started by TestMain, which stops it as well.
var shared struct {
	node *node
	err  error
}

func TestMain(m *testing.M) {
	if os.Getenv("SIDECALL_E2E") != "" {
		if shared.err = missing(); shared.err == nil {
			shared.node, shared.err = startNode()
		}
	}
	code := m.Run()
	if shared.node != nil {
		shared.node.stop()
	}
	os.Exit(code)
}

// theNode returns the node, or skips if none is wanted.
func theNode(t *testing.T) *node {
	t.Helper()
	// Asked for again here, because what TestMain asks for is not among the things
	// that make go test run again rather than repeat what it remembers.
	if os.Getenv("SIDECALL_E2E") == "" {
		t.Skip("SIDECALL_E2E names no directory with containerd: see build.sh")
	}
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.node
}

// missing tells what a node needs and does not find.
func missing() error {
	if os.Getuid() != 0 {
		return errors.New("containers need root")
	}
	for _, name := range []string{"containerd", "ctr", "containerd-shim-runc-v2"} {
		if _, err := os.Stat(filepath.Join(os.Getenv("SIDECALL_E2E"), "bin", name)); err != nil {
			return fmt.Errorf("build.sh has not been run: %w", err)
		}
	}
	if _, err := exec.LookPath("runc"); err != nil {
		return fmt.Errorf("apt-get install runc: %w", err)
	}
	return nil
}

func startNode() (*node, error) {
	dir, err := os.MkdirTemp("", "sidecall-e2e-")
	if err != nil {
		return nil, err
	}
	n := &node{dir: dir, bin: filepath.Join(dir, "bin")}
	if err := n.build(); err != nil {
		return nil, err
	}
	if err := n.start(); err != nil {
		n.stop()
		return nil, err
	}
	return n, n.prepare()
}

// build builds what is tested, and two programs for Linux containers.
func (n *node) build() error {
	for out, pkg := range map[string]string{
		"sidecall": "github.com/sidecall/sidecall/cmd/sidecall", "containerd-shim-sidecall-v1": "github.com/sidecall/sidecall/cmd/containerd-shim-sidecall-v1",
		"tool": "./testdata/tool",
	} {
		cmd := exec.Command("go", "build", "-o", filepath.Join(n.bin, out), pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", out, err, text)
		}
	}
	return nil
}

const config = `version = 3
root = %[1]q
state = %[2]q
[grpc]
  address = %[3]q
[ttrpc]
  address = "%[3]s.ttrpc"
[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = %[4]q
[plugins.'io.containerd.cri.v1.runtime']
  restrict_oom_score_adj = true
  [plugins.'io.containerd.cri.v1.runtime'.cni]
    %[6]s
    conf_dir = %[5]q
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.sidecall]
    runtime_type = "io.containerd.sidecall.v1"
    pod_annotations = ["sidecall.dev/*", "run.oci.handler", "module.wasm.image/*"]
    container_annotations = ["io.kubernetes.container.terminationMessage*"]
    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.sidecall.options]
      BinaryName = "runc"
      SystemdCgroup = false
  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
`

func (n *node) socket() string { return filepath.Join(n.dir, "containerd.sock") }

func (n *node) start() error {
	file := filepath.Join(n.dir, "config.toml")
	text := fmt.Sprintf(config, filepath.Join(n.dir, "root"), filepath.Join(n.dir, "state"), n.socket(), pauseImage, filepath.Join(n.dir, "cni"), networkPlugins())
	if err := n.configureNetwork(); err != nil {
		return err
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		return err
	}
	log, err := os.OpenFile(filepath.Join(n.dir, "containerd.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	n.process = exec.Command(filepath.Join(os.Getenv("SIDECALL_E2E"), "bin", "containerd"), "-c", file)
	n.process.Env = append(os.Environ(), "PATH="+n.bin+":"+filepath.Join(os.Getenv("SIDECALL_E2E"), "bin")+":"+os.Getenv("PATH"), "SIDECALL_NODE_DIR="+filepath.Join(n.dir, "node"), "SIDECALL_NODE_CONFIG="+n.operatorFile())
	n.process.Stdout, n.process.Stderr = log, log
	n.process.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := n.process.Start(); err != nil {
		return err
	}
	conn, err := grpc.NewClient("unix://"+n.socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	n.runtime, n.images = cri.NewRuntimeServiceClient(conn), cri.NewImageServiceClient(conn)
	return eventually(20*time.Second, func() error {
		_, err := n.runtime.Version(context.Background(), &cri.VersionRequest{})
		return err
	})
}

func (n *node) stop() {
	_ = n.process.Process.Signal(syscall.SIGTERM)
	_ = n.process.Wait()
	cgroups, _ := filepath.Glob("/sys/fs/cgroup/*" + n.cgroup())
	for _, dir := range append(cgroups, "/sys/fs/cgroup"+n.cgroup()) {
		left, _ := filepath.Glob(dir + "/*/") // by containerd before 2.4, of killed shims
		for _, d := range append(left, dir) {
			_ = os.Remove(d) // it is empty, if tests have not failed
		}
	}
	_ = exec.Command("ip", "link", "delete", n.bridge()).Run() // there is none if no pod had a network
	if os.Getenv("SIDECALL_E2E_KEEP") == "" {
		_ = os.RemoveAll(n.dir)
	} else {
		fmt.Println("kept", n.dir)
	}
}

// prepare imports the images that are not under test.
func (n *node) prepare() error {
	for _, name := range []string{pauseImage, linuxImage} {
		file := filepath.Join(n.dir, "image.tar")
		if err := linuxArchive(file, name, filepath.Join(n.bin, "tool"), nil, []string{"/tool", "sleep"}); err != nil {
			return err
		}
		if err := n.load(file, name); err != nil {
			return err
		}
	}
	return nil
}

// load gives an archive to containerd and waits until CRI knows of it.
func (n *node) load(file, name string) error {
	out, err := n.ctr("images", "import", file)
	if err != nil {
		return fmt.Errorf("importing: %w\n%s", err, out)
	}
	return eventually(10*time.Second, func() error {
		r, err := n.images.ImageStatus(context.Background(), &cri.ImageStatusRequest{Image: &cri.ImageSpec{Image: name}})
		if err == nil && r.Image == nil {
			err = fmt.Errorf("CRI does not know %s:\n%s", name, out)
		}
		return err
	})
}

func (n *node) ctr(args ...string) ([]byte, error) {
	args = append([]string{"-a", n.socket(), "-n", "k8s.io"}, args...)
	return exec.Command(filepath.Join(os.Getenv("SIDECALL_E2E"), "bin", "ctr"), args...).CombinedOutput()
}

// sidecall runs the program under test.
func (n *node) sidecall(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(filepath.Join(n.bin, "sidecall"), args...)
	cmd.Env = append(os.Environ(), "XDG_CACHE_HOME="+filepath.Join(n.dir, "cache"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("sidecall %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	return string(out)
}

// pack makes an image and gives it to containerd.
func (n *node) pack(t *testing.T, name string, args ...string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "image.tar")
	n.sidecall(t, append([]string{"pack", "-o", file, "--name", name}, args...)...)
	if err := n.load(file, name); err != nil {
		t.Fatal(err)
	}
}

// layers are the digests of an image's layers.
func (n *node) layers(t *testing.T, name string) (out []string) {
	t.Helper()
	conn, err := grpc.NewClient("unix://"+n.socket(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	ctx := metadata.AppendToOutgoingContext(t.Context(), "containerd-namespace", "k8s.io")
	image, err := imagesapi.NewImagesClient(conn).Get(ctx, &imagesapi.GetImageRequest{Name: name})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := contentapi.NewContentClient(conn).Read(ctx, &contentapi.ReadContentRequest{Digest: image.GetImage().GetTarget().GetDigest()})
	if err != nil {
		t.Fatal(err)
	}
	var text []byte
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		text = append(text, part.GetData()...)
	}
	var m ocispec.Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		t.Fatal(err)
	}
	for _, l := range m.Layers {
		out = append(out, l.Digest.String())
	}
	return out
}

func eventually(limit time.Duration, f func() error) error {
	deadline := time.Now().Add(limit)
	for {
		err := f()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// linuxArchive writes an OCI archive of an image with one program and other files.
func linuxArchive(file, name, program string, files map[string][]byte, entrypoint []string) error {
	return labelledArchive(file, name, program, files, entrypoint, nil)
}

func labelledArchive(file, name, program string, files map[string][]byte, entrypoint []string, labels map[string]string) error {
	data, err := os.ReadFile(program)
	if err != nil {
		return err
	}
	all := map[string][]byte{strings.TrimPrefix(filepath.Base(program), "/"): data}
	for k, v := range files {
		all[k] = v
	}
	var layer bytes.Buffer
	if err := writeTar(&layer, all); err != nil {
		return err
	}
	desc := func(mediaType string, data []byte) ocispec.Descriptor {
		return ocispec.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(data), Size: int64(len(data))}
	}
	l := desc(ocispec.MediaTypeImageLayer, layer.Bytes())
	conf, _ := json.Marshal(ocispec.Image{Platform: ocispec.Platform{OS: "linux", Architecture: runtime.GOARCH},
		Config: ocispec.ImageConfig{Entrypoint: entrypoint, Labels: labels}, RootFS: ocispec.RootFS{Type: "layers", DiffIDs: []digest.Digest{l.Digest}}})
	m, _ := json.Marshal(ocispec.Manifest{Versioned: specs.Versioned{SchemaVersion: 2}, MediaType: ocispec.MediaTypeImageManifest,
		Config: desc(ocispec.MediaTypeImageConfig, conf), Layers: []ocispec.Descriptor{l}})
	root := desc(ocispec.MediaTypeImageManifest, m)
	root.Annotations = map[string]string{"io.containerd.image.name": name}
	index, _ := json.Marshal(ocispec.Index{Versioned: specs.Versioned{SchemaVersion: 2}, Manifests: []ocispec.Descriptor{root}})
	out, err := os.Create(file)
	if err != nil {
		return err
	}
	defer out.Close()
	blobs := map[string][]byte{"oci-layout": []byte(`{"imageLayoutVersion":"1.0.0"}`), "index.json": index}
	for _, b := range [][]byte{layer.Bytes(), conf, m} {
		blobs["blobs/sha256/"+digest.FromBytes(b).Encoded()] = b
	}
	return writeTar(out, blobs)
}

// writeTar writes files, and links for names as "here -> there".
func writeTar(w interface{ Write([]byte) (int, error) }, files map[string][]byte) error {
	t := tar.NewWriter(w)
	for name, data := range files {
		if name, target, ok := strings.Cut(name, " -> "); ok {
			if err := t.WriteHeader(&tar.Header{Name: name, Linkname: target, Mode: 0o777, Typeflag: tar.TypeSymlink}); err != nil {
				return err
			}
			continue
		}
		if err := t.WriteHeader(&tar.Header{Name: name, Mode: 0o755, Size: int64(len(data)), Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		if _, err := t.Write(data); err != nil {
			return err
		}
	}
	return t.Close()
}
