package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/sidecall/sidecall/components/canon"
	"github.com/sidecall/sidecall/components/printable"
)

// Print writes the plan as text for people, in the order in which it is carried
// out. Modules are shown by size and the first digits of their SHA-256.
func (p *Plan) Print(w io.Writer) error {
	pr := &printer{p: p}
	pr.line("plan %s", p.Name)
	pr.components()
	pr.instances()
	pr.modules()
	pr.host()
	pr.resources()
	pr.trampolines()
	pr.steps()
	pr.exports()
	if _, err := w.Write(pr.Bytes()); err != nil {
		return fmt.Errorf("writing the plan: %w", err)
	}
	return nil
}

type printer struct {
	bytes.Buffer
	p *Plan
}

// line writes one line, whatever the names in it hold.
func (pr *printer) line(format string, args ...any) {
	pr.WriteString(printable.Text(fmt.Sprintf(format, args...)) + "\n")
}

// section starts a section with n entries.
func (pr *printer) section(title string, n int) {
	if n > 0 {
		pr.line("")
		pr.line("%s", title)
	}
}

func (pr *printer) components() {
	pr.section("components", len(pr.p.Components))
	for i, c := range pr.p.Components {
		pr.line("  %d %s  %s  %s", i, c.Name, c.Source, short(c.Digest))
		if c.Store > 0 {
			pr.line("      singleton, store %d", c.Store)
		}
		if len(c.Grants.Args) > 0 {
			pr.line("      args %q", c.Grants.Args)
		}
		for _, e := range c.Grants.Env {
			pr.line("      env %s", e.Name)
		}
		for _, f := range c.Grants.Files {
			mode := "read and write"
			if f.ReadOnly {
				mode = "read only"
			}
			pr.line("      files %s as %s, %s", f.Host, f.Guest, mode)
		}
		for _, g := range c.Grants.Sockets {
			pr.line("      socket %s", g)
		}
		for _, h := range c.Grants.OutboundHosts {
			pr.line("      outbound %s", h)
		}
		for _, e := range c.Grants.Config {
			pr.line("      config %s", e.Name)
		}
		for _, b := range c.Grants.Buckets {
			pr.line("      bucket %s", b)
		}
	}
}

func short(digest string) string {
	const shown = len("sha256:") + 12
	if len(digest) > shown {
		return digest[:shown]
	}
	return digest
}

func (pr *printer) instances() {
	pr.section("component instances", len(pr.p.Instances))
	for i, in := range pr.p.Instances {
		if in.Parent < 0 {
			pr.line("  %d %s", i, in.Path)
			continue
		}
		pr.line("  %d %s in %d", i, in.Path, in.Parent)
	}
}

func (pr *printer) modules() {
	pr.section("core modules", len(pr.p.Modules))
	for i, m := range pr.p.Modules {
		sum := sha256.Sum256(m.Bytes)
		note := ""
		if len(m.Image) > 0 {
			digest, size := sha256.New(), 0
			for _, part := range m.Image {
				_ = binary.Write(digest, binary.LittleEndian, [2]uint32{part.Offset, uint32(len(part.Bytes))}) // a hash takes everything
				digest.Write(part.Bytes)
				size += len(part.Bytes)
			}
			note = fmt.Sprintf(", data of %d bytes, %s", size, hex.EncodeToString(digest.Sum(nil)[:4]))
		}
		if m.Generated {
			note += ", generated"
		}
		pr.line("  %d %s  %d bytes, %s%s", i, m.Name, len(m.Bytes), hex.EncodeToString(sum[:4]), note)
	}
}

func (pr *printer) host() {
	pr.section("functions of the host", len(pr.p.HostFuncs))
	for i, f := range pr.p.HostFuncs {
		name := f.Name
		if f.Interface != "" {
			name = f.Interface + "#" + f.Name
		}
		pr.line("  %d %s: %s", i, name, f.Type)
	}
}

func (pr *printer) resources() {
	pr.section("resource types", len(pr.p.Resources))
	for i, r := range pr.p.Resources {
		switch {
		case r.Instance < 0:
			pr.line("  %d %s of the host: %s#%s", i, r.Name, r.Interface, r.HostName)
		case r.Dtor != nil:
			pr.line("  %d %s of instance %d, destructor %s", i, r.Name, r.Instance, pr.ref(r.Dtor))
		default:
			pr.line("  %d %s of instance %d", i, r.Name, r.Instance)
		}
	}
}

func (pr *printer) trampolines() {
	for i, m := range pr.p.HostModules {
		pr.section(fmt.Sprintf("host module %d, of instance %d", i, m.Instance), 1)
		for _, t := range m.Trampolines {
			pr.line("  %s %s", t.Name, pr.call(&t.Call))
		}
	}
}

// call tells what a call does in one line.
func (pr *printer) call(c *Call) string {
	var b strings.Builder
	b.WriteString(c.Program.Name)
	switch {
	case c.HostFunc >= 0:
		fmt.Fprintf(&b, " → host function %d", c.HostFunc)
	case c.Target != nil:
		fmt.Fprintf(&b, " → %s of instance %d", pr.ref(c.Target), c.Side[canon.Callee].Instance)
	}
	for _, side := range []canon.Side{canon.Caller, canon.Callee} {
		s := &c.Side[side]
		if s.Instance < 0 || s.Memory == nil && s.Realloc == nil {
			continue
		}
		word := [...]string{canon.Caller: "caller", canon.Callee: "callee"}[side]
		fmt.Fprintf(&b, ", %s %s", word, c.Program.Encoding[side])
		if s.Memory != nil {
			fmt.Fprintf(&b, " memory %s", pr.ref(s.Memory))
		}
		if s.Realloc != nil {
			fmt.Fprintf(&b, " realloc %s", pr.ref(s.Realloc))
		}
	}
	if c.PostReturn != nil {
		fmt.Fprintf(&b, ", post-return %s", pr.ref(c.PostReturn))
	}
	if len(c.Resources) > 0 {
		b.WriteString(", resources " + list(c.Resources))
	}
	if len(c.Entering) > 0 {
		b.WriteString(", enters " + list(c.Entering))
	}
	return b.String()
}

func list(is []int) string {
	words := make([]string, len(is))
	for i, n := range is {
		words[i] = strconv.Itoa(n)
	}
	return strings.Join(words, " ")
}

func (pr *printer) ref(r *CoreRef) string {
	if r.Instance < 0 {
		return fmt.Sprintf("trampoline %d:%s", r.HostModule, r.Name)
	}
	return fmt.Sprintf("$%d.%q", r.Instance, r.Name)
}

func (pr *printer) steps() {
	pr.section("steps", len(pr.p.Steps))
	for i, s := range pr.p.Steps {
		imports := make([]string, len(s.Imports))
		for k, src := range s.Imports {
			switch {
			case src.Instance >= 0:
				imports[k] = fmt.Sprintf("$%d", src.Instance)
			case src.HostModule >= 0:
				imports[k] = fmt.Sprintf("host module %d", src.HostModule)
			default:
				imports[k] = "check"
			}
		}
		pr.line("  $%d = instantiate module %d for instance %d (%s)", i, s.Module, s.Instance, strings.Join(imports, ", "))
	}
}

func (pr *printer) exports() {
	pr.section("exports", len(pr.p.Exports))
	for _, e := range pr.p.Exports {
		name := e.Name
		if e.Interface != "" {
			name = e.Interface + "#" + e.Name
		}
		switch {
		case e.Type != nil:
			pr.line("  %s: %s", name, e.Type)
			pr.line("      %s", pr.call(&e.Call))
		case e.Module != nil:
			pr.line("  %s: core module, %d bytes", name, len(e.Module))
		default:
			pr.line("  %s: resource type %d", name, e.Resource)
		}
	}
}
