//go:build linux

package shim

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	bootapi "github.com/containerd/containerd/api/runtime/bootstrap/v1"
	"github.com/containerd/containerd/api/types/runc/options"
	runtimeoptions "github.com/containerd/containerd/api/types/runtimeoptions/v1"
	"github.com/containerd/typeurl/v2"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

func marshal(t *testing.T, m proto.Message) []byte {
	t.Helper()
	data, err := proto.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func packed(t *testing.T, v any) *anypb.Any {
	t.Helper()
	out, err := typeurl.MarshalAnyToProto(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestParams reads what containerd 2.0 to 2.4 send.
func TestParams(t *testing.T) {
	t.Setenv("TTRPC_ADDRESS", "/run/c.ttrpc")
	c, err := parseCall([]string{"-namespace", "k8s.io", "-address", "/run/c", "-publish-binary", "/bin/containerd", "-id", "x", "-debug", "start"})
	if err != nil || c.action != "start" || c.id != "x" || !c.debug {
		t.Fatalf("%+v, %v", c, err)
	}
	cri := packed(t, &runtimeoptions.Options{ConfigBody: []byte("SystemdCgroup = true\nShimCgroup = '/shims'\n")})
	socketDir := "/run/s"
	for name, input := range map[string][]byte{
		"2.4": marshal(t, &bootapi.BootstrapParams{InstanceID: "x", Namespace: "k8s.io", ContainerdGrpcAddress: "/run/c", SocketDir: &socketDir,
			Extensions: []*bootapi.Extension{{Value: cri}}}),
		"2.0": marshal(t, cri),
	} {
		p, err := c.params(input)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		var o options.Options
		if found, err := p.FindExtension(&o); err != nil || !found || !o.SystemdCgroup || o.ShimCgroup != "/shims" {
			t.Errorf("%s: options %v, %v, %v", name, &o, found, err)
		}
		if p.InstanceID != "x" || p.Namespace != "k8s.io" || p.ContainerdGrpcAddress != "/run/c" || (p.GetSocketDir() == "/run/s") != (name == "2.4") {
			t.Errorf("%s: %v", name, p)
		}
	}
	p, err := c.params(nil) // 2.0 without options
	if err != nil || p.InstanceID != "x" || p.ContainerdTtrpcAddress != "/run/c.ttrpc" || p.LogLevel != bootapi.LogLevel_LOG_LEVEL_DEBUG || len(p.Extensions) > 0 {
		t.Errorf("without options: %v, %v", p, err)
	}
	if _, err := c.params([]byte("\xff\xff")); err == nil {
		t.Error("nonsense is no error")
	}
	if err := start(t.Context(), &call{}, bytes.NewReader(nil), &bytes.Buffer{}); err == nil {
		t.Error("a start without id is no error")
	}
}

func TestRuncOptions(t *testing.T) {
	file := filepath.Join(t.TempDir(), "options.toml")
	if err := os.WriteFile(file, []byte("BinaryName = 'crun'"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		in   any
		want string
		bad  bool
	}{
		"runc's":       {&options.Options{BinaryName: "a"}, "a", false},
		"CRI's":        {&runtimeoptions.Options{ConfigBody: []byte("BinaryName = 'b'")}, "b", false},
		"in a file":    {&runtimeoptions.Options{ConfigPath: file}, "crun", false},
		"empty":        {&runtimeoptions.Options{}, "", false},
		"no such file": {&runtimeoptions.Options{ConfigPath: file + "x"}, "", true},
		"not TOML":     {&runtimeoptions.Options{ConfigBody: []byte("=")}, "", true},
		"another's":    {&bootapi.BootstrapParams{}, "", true},
	} {
		out, err := runcOptions(packed(t, tc.in))
		if (err != nil) != tc.bad {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil {
			continue
		}
		v, err := typeurl.UnmarshalAny(out)
		if o, ok := v.(*options.Options); err != nil || !ok || o.BinaryName != tc.want {
			t.Errorf("%s: %v, %v", name, v, err)
		}
	}
	if out, err := runcOptions(nil); out != nil || err != nil {
		t.Errorf("none: %v, %v", out, err)
	}
}
