package install_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sidecall/sidecall/shim/install"
)

// A containerd that only reads its configuration, and not one with "refuse" in it.
const fakeContainerd = `#!/bin/sh
case "$*" in
--version) echo containerd github.com/containerd/containerd/v2 v2.4.2 x ;;
"-c "*" config dump")
  [ -e "$2" ] || exit 0
  if grep -q refuse "$2"; then echo "cannot be read" >&2; exit 1; fi
  if grep -q hide "$2"; then echo "version = 4"; exit 0; fi
  cat "$2" ;;
*) exit 2 ;;
esac
`

// fakeNode is a node in a directory, whose containerd is a script.
func fakeNode(t *testing.T) *install.Node {
	t.Helper()
	dir := t.TempDir()
	n := &install.Node{Root: "/", Bin: filepath.Join(dir, "bin"), Config: filepath.Join(dir, "etc/config.toml"), Service: "containerd",
		Cache: filepath.Join(dir, "cache"), Program: filepath.Join(dir, "sidecall"), Shim: filepath.Join(dir, "shim"), Path: []string{filepath.Join(dir, "node"), "/usr/bin", "/bin"}}
	write(t, filepath.Join(dir, "node/containerd"), fakeContainerd, 0o755)
	write(t, filepath.Join(dir, "node/systemctl"), "#!/bin/sh\necho \"$@\" > "+dir+"/restarted\n", 0o755)
	write(t, filepath.Join(n.Cache, "code/x"), "compiled", 0o644)
	write(t, n.Program, "a program", 0o755)
	write(t, n.Shim, "the shim", 0o755)
	return n
}

func write(t *testing.T, file, text string, mode fs.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// files lists what is on a node, with modes.
func files(t *testing.T, n *install.Node) string {
	t.Helper()
	var b strings.Builder
	for _, dir := range []string{n.Bin, filepath.Dir(n.Config)} {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				b.WriteString(info.Mode().String() + " " + d.Name() + "\n")
			}
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return b.String()
}

const (
	allPrograms = "-rwxr-xr-x containerd-shim-sidecall-v1\n-rwxr-xr-x sidecall\n"
	mine        = "# mine\nversion = 3\nroot = '/var/lib/containerd'" // without a newline at its end
)

func TestNode(t *testing.T) {
	for name, tc := range map[string]struct {
		prepare   func(*testing.T, *install.Node)
		installed string // files
		after     string // files after uninstall
		text      string // the configuration's then
	}{
		"none": {func(*testing.T, *install.Node) {}, allPrograms + "-rw-r--r-- config.toml\n", "", ""},
		"some": {func(t *testing.T, n *install.Node) { write(t, n.Config, mine, 0o640) },
			allPrograms + "-rw-r----- config.toml\n-rw------- config.toml.before-sidecall\n", "-rw-r----- config.toml\n", mine},
		"link": {func(t *testing.T, n *install.Node) {
			write(t, filepath.Join(filepath.Dir(n.Config), "real.toml"), mine, 0o644)
			if err := os.Symlink("real.toml", n.Config); err != nil {
				t.Fatal(err)
			}
		}, allPrograms + "Lrwxrwxrwx config.toml\n-rw-r--r-- real.toml\n-rw------- real.toml.before-sidecall\n",
			"Lrwxrwxrwx config.toml\n-rw-r--r-- real.toml\n", mine},
		// As somebody left it who was killed in the middle.
		"half": {func(t *testing.T, n *install.Node) {
			write(t, n.Config, mine, 0o644)
			write(t, n.Config+".before-sidecall", mine, 0o600)
			write(t, filepath.Join(filepath.Dir(n.Config), ".sidecall-123"), "version", 0o600)
			write(t, filepath.Join(n.Bin, ".sidecall-456"), "a pro", 0o600)
			write(t, filepath.Join(n.Bin, "sidecall"), "a program", 0o755)
		}, allPrograms + "-rw-r--r-- config.toml\n-rw------- config.toml.before-sidecall\n", "-rw-r--r-- config.toml\n", mine},
	} {
		t.Run(name, func(t *testing.T) {
			n := fakeNode(t)
			tc.prepare(t, n)
			if restart, err := n.Install(); err != nil || !restart {
				t.Fatalf("%v, %v", restart, err)
			}
			if got := files(t, n); got != tc.installed {
				t.Errorf("installed\n%s, want\n%s", got, tc.installed)
			}
			text := read(t, n.Config)
			if tc.text != "" && !strings.HasPrefix(text, tc.text+"\n#") {
				t.Errorf("what was there has changed:\n%s", text)
			}
			if _, err := n.Install(); err != nil || read(t, n.Config) != text || files(t, n) != tc.installed {
				t.Errorf("the second time: %v\n%s", err, files(t, n))
			}
			for _, c := range n.Status() {
				if c.Err != nil && c.Name != n.Service {
					t.Errorf("status: %s: %v", c.Name, c.Err)
				}
			}
			if err := n.Restart(); err != nil || read(t, filepath.Join(filepath.Dir(n.Program), "restarted")) != "restart containerd\n" {
				t.Errorf("restart: %v", err)
			}
			if _, err := n.Uninstall(); err != nil {
				t.Fatal(err)
			}
			if got := files(t, n); got != tc.after {
				t.Errorf("after uninstall\n%s, want\n%s", got, tc.after)
			}
			if tc.text != "" && read(t, n.Config) != tc.text {
				t.Errorf("after uninstall\n%s", read(t, n.Config))
			}
			if _, err := os.Stat(n.Cache); err == nil {
				t.Error("the cache is still there")
			}
			if _, err := n.Uninstall(); err != nil {
				t.Errorf("the second time: %v", err)
			}
			if c := n.Status(); c[1].Err == nil || c[2].Err == nil || c[3].Err == nil {
				t.Errorf("status afterwards: %v", c)
			}
		})
	}
}

// TestInUse leaves the programs to pods that run.
func TestInUse(t *testing.T) {
	n := fakeNode(t)
	shell, err := os.ReadFile("/bin/sh")
	if err != nil {
		t.Fatal(err)
	}
	write(t, n.Shim, string(shell), 0o755)
	if _, err := n.Install(); err != nil {
		t.Fatal(err)
	}
	pod := exec.Command(filepath.Join(n.Bin, install.ShimName))
	in, err := pod.StdinPipe()
	if err == nil {
		err = pod.Start() // it waits for commands
	}
	if err != nil {
		t.Fatal(err)
	}
	var inUse *install.InUse
	if restart, err := n.Uninstall(); !restart || !errors.As(err, &inUse) || inUse.Pods != 1 {
		t.Errorf("%v, %v", restart, err)
	}
	if got := files(t, n); got != allPrograms {
		t.Errorf("installed is\n%s", got)
	}
	if err := errors.Join(in.Close(), pod.Wait()); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Uninstall(); err != nil || files(t, n) != "" {
		t.Errorf("%v\n%s", err, files(t, n))
	}
}

// TestChanged keeps what somebody changed between install and uninstall, and the copy.
func TestChanged(t *testing.T) {
	n := fakeNode(t)
	write(t, n.Config, mine, 0o644)
	if _, err := n.Install(); err != nil {
		t.Fatal(err)
	}
	const more = "[plugins.'io.containerd.cri.v1.images']\n  snapshotter = 'native'\n"
	write(t, n.Config, read(t, n.Config)+more, 0o644)
	if _, err := n.Uninstall(); err != nil {
		t.Fatal(err)
	}
	if got := read(t, n.Config); got != mine+"\n"+more {
		t.Errorf("the configuration is\n%s", got)
	}
	if got := read(t, n.Config+".before-sidecall"); got != mine {
		t.Errorf("the copy is\n%s", got)
	}
}

func TestRefused(t *testing.T) {
	for name, tc := range map[string]struct{ text, want string }{
		"imports": {"version = 3\nimports = ['hide']\n", "nothing was changed: containerd does not see the runtime"},
		"broken":  {"version = 3\nroot = 'refuse'\n", "containerd does not take "},
	} {
		t.Run(name, func(t *testing.T) {
			n := fakeNode(t)
			write(t, n.Config, tc.text, 0o644)
			_, err := n.Install()
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%v", err)
			}
			if got := read(t, n.Config); got != tc.text || files(t, n) != allPrograms+"-rw-r--r-- config.toml\n" && files(t, n) != "-rw-r--r-- config.toml\n" {
				t.Errorf("it is now\n%s\n%s", got, files(t, n))
			}
		})
	}
	n := fakeNode(t)
	n.Path = n.Path[1:2] // without containerd
	n.Path[0] += "/nowhere"
	if _, err := n.Install(); err == nil || err.Error() != "containerd is not installed here" {
		t.Errorf("%v", err)
	}
}

// TestAtOnce has many install and uninstall at the same time: the configuration is always
// a whole one.
func TestAtOnce(t *testing.T) {
	n := fakeNode(t)
	write(t, n.Config, mine, 0o644)
	var all, reader sync.WaitGroup
	stop := make(chan struct{})
	reader.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			text, err := os.ReadFile(n.Config)
			if _, parsed := install.Installed(text); err != nil || parsed != nil || !strings.HasPrefix(string(text), mine) {
				t.Errorf("%v, %v\n%s", err, parsed, text)
				return
			}
		}
	})
	for range 4 {
		all.Go(func() {
			for range 3 {
				if _, err := n.Install(); err != nil {
					t.Error(err)
				}
				if _, err := n.Uninstall(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(stop)
	reader.Wait()
	if got := files(t, n); got != "-rw-r--r-- config.toml\n" {
		t.Errorf("left over:\n%s", got)
	}
}

// TestKilled kills who installs at some moment, again and again: nothing is ever half.
func TestKilled(t *testing.T) {
	if os.Getenv("INSTALL_IN") != "" {
		n := fakeNode(t)
		n.Config = filepath.Join(os.Getenv("INSTALL_IN"), "etc/config.toml")
		n.Bin = filepath.Join(os.Getenv("INSTALL_IN"), "bin")
		for {
			if _, err := n.Install(); err != nil {
				t.Fatal(err)
			}
			if _, err := n.Uninstall(); err != nil {
				t.Fatal(err)
			}
		}
	}
	n := fakeNode(t)
	write(t, n.Config, mine, 0o644)
	for i := range 10 {
		cmd := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
		cmd.Env = append(os.Environ(), "INSTALL_IN="+filepath.Dir(filepath.Dir(n.Config)), "TMPDIR="+t.TempDir())
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Duration(100+7*i) * time.Millisecond) // some moment
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait()
		text := read(t, n.Config)
		if _, err := install.Installed([]byte(text)); err != nil || !strings.HasPrefix(text, mine) {
			t.Fatalf("%v\n%s", err, text)
		}
	}
	if _, err := n.Install(); err != nil {
		t.Fatal(err)
	}
	if got, want := files(t, n), allPrograms+"-rw-r--r-- config.toml\n-rw------- config.toml.before-sidecall\n"; got != want {
		t.Errorf("installed\n%s, want\n%s", got, want)
	}
}

// TestPermission says what to do about files of another user's.
func TestPermission(t *testing.T) {
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere; the Kubernetes suite tries it as another user")
	}
	n := fakeNode(t)
	write(t, n.Config, mine, 0o644)
	if err := os.Chmod(filepath.Dir(n.Config), 0o555); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Install(); !errors.Is(err, fs.ErrPermission) || !strings.HasSuffix(err.Error(), "permission denied; a node's files are root's: run this as root") {
		t.Errorf("%v", err)
	}
}

// TestDiffers: another build of the programs is noticed, and said when it is replaced.
func TestDiffers(t *testing.T) {
	n := fakeNode(t)
	var said []string
	n.Say = func(text string) { said = append(said, text) }
	if _, err := n.Install(); err != nil || len(said) > 0 {
		t.Fatalf("%v, said %q", err, said)
	}
	status := func() (wrong []string) {
		for _, c := range n.Status() {
			if c.Err != nil && c.Name != n.Service { // this machine's own may run
				wrong = append(wrong, c.Name+" "+c.Err.Error())
			}
		}
		return wrong
	}
	if wrong := status(); len(wrong) > 0 {
		t.Errorf("installed: %q", wrong)
	}
	write(t, n.Program, "a newer program", 0o755)
	wrong := status()
	if len(wrong) != 1 || !strings.HasPrefix(wrong[0], "sidecall is another program than this one: it is sha256:") {
		t.Errorf("another: %q", wrong)
	}
	if _, err := n.Install(); err != nil || len(said) != 1 || !strings.Contains(said[0], "bin/sidecall, which was sha256:") {
		t.Errorf("%v, said %q", err, said)
	}
	if wrong := status(); len(wrong) > 0 {
		t.Errorf("installed again: %q", wrong)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	n.Program = self // one that Go has built tells its version
	if wrong := status(); len(wrong) != 1 || !strings.Contains(wrong[0], "(sha256:") {
		t.Errorf("a program of Go's: %q", wrong)
	}
}

// TestHouse: what is asked of a node's cache reaches its shim.
func TestHouse(t *testing.T) {
	n := fakeNode(t)
	var out, errs bytes.Buffer
	h := install.House{Address: "/run/x.sock", Namespace: "k8s.io", Stdout: &out, Stderr: &errs}
	if err := n.Prune(h); err == nil || !strings.Contains(err.Error(), "sidecall node install puts it there") {
		t.Errorf("not installed: %v", err)
	}
	write(t, n.Shim, "#!/bin/sh\necho \"$@\"\ncat\n", 0o755)
	if _, err := n.Install(); err != nil {
		t.Fatal(err)
	}
	if err := n.Prewarm(h, "x:1", []string{"A=1"}); err != nil || out.String() != "-address /run/x.sock -namespace k8s.io prewarm x:1\nA=1" {
		t.Errorf("%v, %q %q", err, out.String(), errs.String())
	}
}
