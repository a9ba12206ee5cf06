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

// CRI's runtime configuration moved with version 3 of the format.
const (
	pluginOf2 = "io.containerd.grpc.v1.cri"
	plugin    = "io.containerd.cri.v1.runtime"
)

func (c *config) plugin() string {
	if c.Version == 2 {
		return pluginOf2
	}
	return plugin
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

// parse reads a configuration, or what is plain in a template of one.
func parse(text []byte, template bool) (*config, error) {
	c := &config{Version: 3}
	if template {
		var plain []byte
		for line := range bytes.Lines(text) {
			if !bytes.Contains(line, []byte("{{")) {
				plain = append(plain, line...)
			}
		}
		text = plain
	}
	if err := toml.Unmarshal(text, c); err != nil {
		return nil, fmt.Errorf("containerd's configuration is not TOML: %w", err)
	}
	if c.Version < 2 || c.Version > 4 {
		return nil, fmt.Errorf("containerd's configuration has version %d; containerd 2 has 3 and 4, or 2 from before", c.Version)
	}
	return c, nil
}

// Installed tells whether a configuration has a runtime of our name.
func Installed(text []byte) (bool, error) {
	c, err := parse(text, false)
	if err != nil {
		return false, err
	}
	return c.runtime(Handler) != nil, nil
}

// Options say what a runtime needs that is not always the same.
type Options struct {
	// Shim is the shim's file, if it is not in containerd's PATH.
	Shim string
	// Merged is the configuration with all that it imports, as "containerd config dump"
	// prints it; nil if nobody could be asked. What it says of runc holds for ours.
	Merged []byte
	// Template tells that the text is one from which another program, as k3s, makes the
	// configuration, and Version what the result's version is.
	Template bool
	Version  int
}

// Add returns a configuration with the runtime in it. A block from before is replaced,
// so that adding twice is adding once.
func Add(text []byte, o Options) ([]byte, error) {
	rest, err := Remove(text)
	if err != nil {
		return nil, err
	}
	c, err := parse(rest, o.Template)
	if err != nil {
		return nil, err
	}
	first := ""
	switch empty := len(bytes.TrimSpace(rest)) == 0; {
	case o.Template:
		c.Version = o.Version
		if empty {
			first = "{{ template \"base\" . }}\n"
		}
	case empty:
		first = "version = 3\n"
	}
	if c.runtime(Handler) != nil {
		return nil, errors.New("containerd's configuration has a runtime named " + Handler + " that sidecall node install did not add; remove it first")
	}
	runc := c.runtime("runc")
	if o.Merged != nil {
		merged, err := parse(o.Merged, false)
		if err != nil {
			return nil, err
		}
		runc = merged.runtime("runc")
	}
	var b strings.Builder
	b.Write(rest)
	if len(rest) > 0 && !bytes.HasSuffix(rest, []byte("\n")) {
		b.WriteString("\n")
	}
	table := fmt.Sprintf("plugins.'%s'.containerd.runtimes.%s", c.plugin(), Handler)
	b.WriteString(begin + first)
	fmt.Fprintf(&b, "[%s]\n  runtime_type = %q\n", table, RuntimeType)
	if o.Shim != "" {
		fmt.Fprintf(&b, "  runtime_path = %q\n", o.Shim)
	}
	b.WriteString("  pod_annotations = [\"sidecall.dev/*\", \"run.oci.handler\", \"module.wasm.image/*\"]\n" +
		"  container_annotations = [\"io.kubernetes.container.terminationMessagePath\"]\n")
	fmt.Fprintf(&b, "[%s.options]\n%s", table, runcOptions(runc))
	b.WriteString(end)
	out := []byte(b.String())
	if done, err := parse(out, o.Template); err != nil || done.runtime(Handler) == nil && !o.Template {
		return nil, fmt.Errorf("containerd's configuration cannot be added to at its end; add this by hand:\n%s", strings.TrimPrefix(b.String(), string(rest)))
	}
	return out, nil
}

// runcOptions are the options of runc that hold for ours as well: containers of one pod
// must agree on how cgroups are made, and a node's runc may have another name.
func runcOptions(runc map[string]any) string {
	options, _ := runc["options"].(map[string]any)
	on, _ := options["SystemdCgroup"].(bool)
	text := fmt.Sprintf("  SystemdCgroup = %v\n", on)
	if name, _ := options["BinaryName"].(string); name != "" {
		text += fmt.Sprintf("  BinaryName = %q\n", name)
	}
	return text
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
