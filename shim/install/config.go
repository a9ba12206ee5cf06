package install

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
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

// CRI's runtime configuration moved with versions 2 and 3 of the format. What has no
// version has 1, and its old table counts only as long as the new one is not there.
const (
	pluginOf1 = "cri"
	pluginOf2 = "io.containerd.grpc.v1.cri"
	plugin    = "io.containerd.cri.v1.runtime"
)

func (c *config) plugin() string {
	switch c.Version {
	case 0, 1:
		return pluginOf1
	case 2:
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
	c := &config{}
	if len(bytes.TrimSpace(text)) == 0 {
		c.Version = 3
	}
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
	if c.Version < 0 || c.Version > 4 {
		return nil, fmt.Errorf("containerd's configuration has version %d; those up to 4 are known", c.Version)
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

// Same tells whether two configurations, as "containerd config dump" prints them, differ
// in nothing but our runtime, and that the second one has it.
func Same(before, after []byte) error {
	var all [2]map[string]any
	for i, text := range [][]byte{before, after} {
		if err := toml.Unmarshal(text, &all[i]); err != nil {
			return fmt.Errorf("what containerd prints of its configuration is not TOML: %w", err)
		}
		for _, name := range []string{pluginOf1, pluginOf2, plugin} {
			at := all[i]
			for _, key := range []string{"plugins", name, "containerd", "runtimes"} {
				at, _ = at[key].(map[string]any)
			}
			delete(at, Handler)
		}
		prune(all[i])
		delete(all[i], "imports") // some versions of containerd name the file itself there
		delete(all[i], "version")
	}
	if disabled, _ := all[1]["disabled_plugins"].([]any); slices.ContainsFunc(disabled, func(p any) bool {
		return p == pluginOf1 || p == pluginOf2 || p == plugin
	}) {
		return errors.New("the plugin that Kubernetes talks to is among disabled_plugins in containerd's configuration")
	}
	if done, err := Installed(after); err != nil || !done {
		return errors.Join(err, errors.New("containerd does not see the runtime; something that the configuration imports may say otherwise"))
	}
	if name, ok := differ("", all[0], all[1]); ok {
		return fmt.Errorf("containerd would read %s otherwise than now", name)
	}
	return nil
}

// prune removes tables that have nothing in them.
func prune(table map[string]any) {
	for key, value := range table {
		if inner, ok := value.(map[string]any); ok {
			if prune(inner); len(inner) == 0 {
				delete(table, key)
			}
		}
	}
}

// differ finds a setting that is not the same in two tables.
func differ(name string, a, b map[string]any) (string, bool) {
	keys := slices.Sorted(maps.Keys(a))
	for _, key := range append(keys, slices.Sorted(maps.Keys(b))...) {
		full := strings.TrimPrefix(name+"."+key, ".")
		in, ok := a[key].(map[string]any)
		out, both := b[key].(map[string]any)
		if ok && both {
			if found, ok := differ(full, in, out); ok {
				return found, true
			}
		} else if !reflect.DeepEqual(a[key], b[key]) {
			return full, true
		}
	}
	return "", false
}

// Options say what a runtime needs that is not always the same.
type Options struct {
	// Shim is the shim's file, if it is not in containerd's PATH.
	Shim string
	// Merged is the configuration with all that it imports, as "containerd config dump"
	// prints it; nil if nobody could be asked. What it says of runc holds for ours.
	Merged []byte
	// Plugin is the name of CRI's table, if it is not the version's own: what files without
	// a version may call it is not the same for all of containerd 2.
	Plugin string
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
	table := fmt.Sprintf("plugins.'%s'.containerd.runtimes.%s", cmp.Or(o.Plugin, c.plugin()), Handler)
	b.WriteString(begin + first)
	fmt.Fprintf(&b, "[%s]\n  runtime_type = %q\n", table, RuntimeType)
	if o.Shim != "" {
		fmt.Fprintf(&b, "  runtime_path = %q\n", o.Shim)
	}
	b.WriteString("  pod_annotations = [\"sidecall.dev/*\", \"run.oci.handler\", \"module.wasm.image/*\"]\n" +
		"  container_annotations = [\"io.kubernetes.container.terminationMessage*\"]\n")
	fmt.Fprintf(&b, "[%s.options]\n%s", table, runcOptions(runc))
	b.WriteString(end)
	out := []byte(b.String())
	if done, err := parse(out, o.Template); err != nil || done.runtime(Handler) == nil && !o.Template && o.Plugin == "" {
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
