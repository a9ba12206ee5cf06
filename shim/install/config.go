package install

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
)

// Handler is the runtime's name in containerd's configuration and in a RuntimeClass,
// and RuntimeType what containerd finds the shim by.
const (
	Handler     = "sidecall"
	RuntimeType = "io.containerd.sidecall.v1"
)

const (
	begin = "# begin of what sidecall node install has added; sidecall node uninstall removes it\n"
	end   = "# end of what sidecall node install has added\n"
)

// config is the part of containerd's configuration that matters here.
type config struct {
	Version int                       `toml:"version"`
	Plugins map[string]map[string]any `toml:"plugins"`
}

// plugin names CRI's runtime configuration: it moved with version 3 of the format.
func (c *config) plugin() string {
	if c.Version == 2 {
		return "io.containerd.grpc.v1.cri"
	}
	return "io.containerd.cri.v1.runtime"
}

// runtime is the table of a runtime handler, nil without one.
func (c *config) runtime(handler string) map[string]any {
	at := c.Plugins[c.plugin()]
	for _, key := range []string{"containerd", "runtimes", handler} {
		next, ok := at[key].(map[string]any)
		if !ok {
			return nil
		}
		at = next
	}
	return at
}

func parse(text []byte) (*config, error) {
	c := &config{Version: 3}
	if err := toml.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("containerd's configuration is not TOML: %w", err)
	}
	if c.Version != 2 && c.Version != 3 {
		return nil, fmt.Errorf("containerd's configuration has version %d; containerd 2 has 3, or 2 from before", c.Version)
	}
	return c, nil
}

// Installed tells whether a configuration has our block, or a runtime of our name.
func Installed(text []byte) (bool, error) {
	c, err := parse(text)
	if err != nil {
		return false, err
	}
	return c.runtime(Handler) != nil, nil
}

// Add returns a configuration with the runtime in it. A block from before is replaced,
// so that adding twice is adding once.
func Add(text []byte) ([]byte, error) {
	rest, err := Remove(text)
	if err != nil {
		return nil, err
	}
	if len(bytes.TrimSpace(rest)) == 0 {
		rest = []byte("version = 3\n")
	}
	c, err := parse(rest)
	if err != nil {
		return nil, err
	}
	if c.runtime(Handler) != nil {
		return nil, errors.New("containerd's configuration has a runtime named " + Handler + " that sidecall node install did not add; remove it first")
	}
	var b strings.Builder
	b.Write(rest)
	if !bytes.HasSuffix(rest, []byte("\n")) {
		b.WriteString("\n")
	}
	table := fmt.Sprintf("plugins.'%s'.containerd.runtimes.%s", c.plugin(), Handler)
	b.WriteString(begin)
	fmt.Fprintf(&b, "[%s]\n  runtime_type = %q\n  pod_annotations = [\"sidecall.dev/*\", \"run.oci.handler\", \"module.wasm.image/*\"]\n"+
		"  container_annotations = [\"io.kubernetes.container.terminationMessagePath\"]\n", table, RuntimeType)
	fmt.Fprintf(&b, "[%s.options]\n  SystemdCgroup = %v\n", table, systemdCgroup(c.runtime("runc")))
	b.WriteString(end)
	out := []byte(b.String())
	if done, err := Installed(out); err != nil || !done {
		return nil, fmt.Errorf("containerd's configuration cannot be added to at its end; add this by hand:\n%s", strings.TrimPrefix(b.String(), string(rest)))
	}
	return out, nil
}

// systemdCgroup is how runc is told to make cgroups: containers of one pod must agree.
func systemdCgroup(runc map[string]any) bool {
	options, _ := runc["options"].(map[string]any)
	on, _ := options["SystemdCgroup"].(bool)
	return on
}

// Remove returns a configuration without our block.
func Remove(text []byte) ([]byte, error) {
	from := bytes.Index(text, []byte(begin))
	if from < 0 {
		return text, nil
	}
	length := bytes.Index(text[from:], []byte(end))
	if length < 0 {
		return nil, errors.New("the end of what sidecall node install has added to containerd's configuration is missing; remove it by hand")
	}
	return append(bytes.Clone(text[:from]), text[from+length+len(end):]...), nil
}

// CheckVersion takes what containerd --version prints.
func CheckVersion(output string) error {
	for _, word := range strings.Fields(output) {
		var major, minor int
		if n, _ := fmt.Sscanf(strings.TrimPrefix(word, "v"), "%d.%d.", &major, &minor); n == 2 {
			if major != 2 {
				return fmt.Errorf("containerd is version %s; the shim needs 2.0 or later", word)
			}
			return nil
		}
	}
	return fmt.Errorf("containerd's version cannot be understood: %q", strings.TrimSpace(output))
}
