package manifest

import (
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/linker/diag"
	"github.com/sidecall/sidecall/linker/plan"
)

// builder makes the Manifest of a checked tree, and checks what shapes cannot say.
// It works on what has the right shape, so that one wrong key does not hide other
// problems.
type builder struct {
	*checker
	m Manifest
}

func (b *builder) manifest(v *value) *Manifest {
	b.m.File = b.file
	if name := v.get("metadata").get("name"); name != nil {
		b.m.Name = name.text
	}
	components := v.get("components")
	if components == nil {
		return nil
	}
	for _, e := range components.entries {
		b.m.Components = append(b.m.Components, b.component(e))
	}
	b.main(v.get("main"))
	for i := range b.m.Components {
		b.providers(&b.m.Components[i])
	}
	b.http(v.get("http"))
	return &b.m
}

func (b *builder) main(v *value) {
	if v == nil {
		return
	}
	b.m.Main, b.m.MainPos = v.text, v.pos
	if b.artifact && v.varied {
		// What an image is, a program or a server, is found once for all who run it.
		b.errorf(v.pos, "", "main names a component by a variable; the manifest of an image names the one that it is")
	}
	if b.m.Component(v.text) == nil {
		b.errorf(v.pos, b.nearName(v.text, false), "main names %q, but there is no such component", v.text)
	}
}

func (b *builder) component(e entry) Component {
	c := Component{Name: e.key, Pos: e.pos}
	b.origin(&c, e.value)
	if args := e.get("args"); args != nil {
		c.ArgsPos = args.pos
		for _, a := range args.items {
			c.Args = append(c.Args, a.text)
		}
	}
	b.env(&c, e.get("env"))
	if config := e.get("config"); config != nil {
		c.ConfigPos = config.pos
		for _, v := range config.entries {
			c.Config = append(c.Config, plan.EnvVar{Name: v.key, Value: v.text})
		}
	}
	b.allow(&c, e.get("allow"))
	c.Instance = b.instance(c.Name, e.get("instance"))
	if log := e.get("log"); log != nil {
		c.Log = LogLimits{Rate: log.size("rate"), Burst: log.size("burst")}
	}
	if imports := e.get("imports"); imports != nil {
		for _, i := range imports.entries {
			c.Imports = append(c.Imports, providersOf(i))
		}
	}
	return c
}

// origin reads where a component comes from. One of an image comes from the image: what
// a stranger's manifest names is opened nowhere else.
func (b *builder) origin(c *Component, v *value) {
	if f := v.get("file"); f != nil {
		c.File, c.FilePos = absolute(b.fileDir, f.text), f.pos
		if b.artifact && (f.varied || !ownFile.MatchString(f.text)) {
			c.File = ""
			b.errorf(f.pos, "", "components.%s.file: %q is no file of the image; the manifest of an image names ./NAME.wasm, of its own layers", c.Name, clip(f.text))
		}
	}
	if i := v.get("image"); i != nil {
		c.Image, c.FilePos = i.text, i.pos
		if b.artifact {
			c.Image = ""
			b.errorf(i.pos, "", "components.%s.image: the manifest of an image names no other images; sidecall pack makes an image that holds all of its components", c.Name)
		}
	}
}

// ownFile is the file of a component of an image.
var ownFile = regexp.MustCompile(`^(\./)?[A-Za-z0-9_][A-Za-z0-9_-]{0,199}\.wasm$`)

// relative makes a path of the host's of one that the manifest has.
func (b *builder) relative(path string) string { return absolute(b.dir, path) }

func absolute(dir, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (b *builder) env(c *Component, v *value) {
	if v == nil {
		return
	}
	c.EnvPos = v.pos
	seen := map[string]bool{}
	for _, e := range v.entries {
		c.Env = append(c.Env, plan.EnvVar{Name: e.key, Value: e.text})
	}
	for _, item := range v.items {
		name, value, _ := strings.Cut(item.text, "=")
		if seen[name] {
			b.errorf(item.pos, "", "components.%s.env has %q twice", c.Name, name)
		}
		seen[name] = true
		c.Env = append(c.Env, plan.EnvVar{Name: name, Value: value})
	}
}

func (b *builder) files(c *Component, v *value) {
	if v == nil {
		return
	}
	c.FilesPos = v.pos
	seen := map[string]bool{}
	for _, item := range v.items {
		host, guest, readOnly := item.get("host"), item.get("guest"), item.get("readOnly")
		if host == nil || guest == nil {
			continue
		}
		if seen[guest.text] {
			b.errorf(guest.pos, "", "components.%s.allow.files grants two directories as %q", c.Name, guest.text)
		}
		seen[guest.text] = true
		c.Files = append(c.Files, plan.FileGrant{Host: b.relative(host.text), Guest: guest.text, ReadOnly: readOnly != nil && readOnly.yes})
		c.FilesAt = append(c.FilesAt, host.pos)
	}
}

func providersOf(e entry) Import {
	i := Import{Selector: e.key, Pos: e.pos}
	if len(e.items) == 0 {
		i.Chain = []Provider{{e.text, e.value.pos}}
	}
	for _, item := range e.items {
		i.Chain = append(i.Chain, Provider{item.text, item.pos})
	}
	return i
}

// providers checks that the names in a component's imports mean something.
func (b *builder) providers(c *Component) {
	for _, i := range c.Imports {
		for k, p := range i.Chain {
			path := "components." + c.Name + ".imports"
			switch {
			case p.Name == Host && k+1 < len(i.Chain):
				b.errorf(p.Pos, "", "%s: host stands before %q in a chain, but a call to the host goes no further; host can only be the last", path, i.Chain[k+1].Name)
			case p.Name == Host:
			case b.m.Component(p.Name) == nil:
				b.errorf(p.Pos, b.nearName(p.Name, true), "%s names %q, but there is no such component", path, p.Name)
			case p.Name == c.Name:
				b.errorf(p.Pos, "", "%s: %q cannot provide its own import", path, p.Name)
			case slices.ContainsFunc(i.Chain[:k], func(q Provider) bool { return q.Name == p.Name }):
				b.errorf(p.Pos, "", "%s: %q stands twice in a chain", path, p.Name)
			}
		}
	}
}

// maxNames is how many names a hint lists.
const maxNames = 12

// nearName is a hint for a name that no component has.
func (b *builder) nearName(name string, host bool) string {
	var names []string
	for _, c := range b.m.Components {
		names = append(names, c.Name)
	}
	if host {
		names = append(names, Host)
	}
	if near, ok := diag.Similar(name, names); ok {
		return "did you mean " + near + "?"
	}
	if len(names) == 0 {
		return ""
	}
	if more := len(names) - maxNames; more > 0 {
		names = append(names[:maxNames:maxNames], "and "+strconv.Itoa(more)+" more")
	}
	return "known names: " + strings.Join(names, ", ")
}
