package grants

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sidecall/sidecall/components/printable"
	"github.com/sidecall/sidecall/linker/manifest"
	"github.com/sidecall/sidecall/linker/plan"
)

// Limits of what can be asked for: a person has to read it.
const (
	MaxRequests = 64
	MaxValue    = 400 // bytes of one value
)

// Allowed is what who runs a composition grants. The zero Allowed is nothing.
type Allowed struct {
	// All and None say what is to happen with all that is not allowed one by one; if
	// both are false, it has to be asked about.
	All, None bool
	values    []allowed
}

type allowed struct {
	flag string // as written
	kind string
	text string          // the value, fit to be shown, as requests have it
	file *plan.FileGrant // of Files: what the flag itself says
	used bool
}

// Error is a value of --allow that cannot be used.
type Error struct{ Message, Hint string }

func (e *Error) Error() string { return e.Message }

// Parse reads the values of --allow: all, none, or KIND=VALUE.
func Parse(flags []string) (*Allowed, error) {
	a := &Allowed{}
	for _, flag := range flags {
		kind, value, ok := strings.Cut(flag, "=")
		switch {
		case flag == "all":
			a.All = true
		case flag == "none":
			a.None = true
		case !ok || !slices.ContainsFunc(Kinds, func(k struct{ Name, Value string }) bool { return k.Name == kind }):
			return nil, &Error{fmt.Sprintf("--allow %q cannot be understood", flag), "write --allow all, --allow none, or --allow KIND=VALUE, with one of\n" + forms()}
		default:
			a.values = append(a.values, allowed{flag: flag, kind: kind, text: printable.Text(value)})
			if kind == Files {
				a.values[len(a.values)-1].file = fileGrant(value)
			}
		}
	}
	if a.All && a.None {
		return nil, &Error{"--allow all and --allow none say different things", ""}
	}
	return a, nil
}

func forms() string {
	var b strings.Builder
	for _, k := range Kinds {
		fmt.Fprintf(&b, "%s=%s\n", k.Name, k.Value)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// fileGrant reads HOST::GUEST[::ro], nil if it is not that.
func fileGrant(text string) *plan.FileGrant {
	host, rest, ok := strings.Cut(text, "::")
	guest, mode, hasMode := strings.Cut(rest, "::")
	if !ok || host == "" || guest == "" || hasMode && mode != "ro" && mode != "rw" {
		return nil
	}
	if abs, err := filepath.Abs(host); err == nil {
		host = abs
	}
	return &plan.FileGrant{Host: host, Guest: guest, ReadOnly: mode == "ro"}
}

// Decide returns the manifest with what is granted of what it asks for, and the requests
// that nobody has decided about. granted are those of an earlier answer; main's
// directories that replaced names are given by other means. The error is an *Error.
func (a *Allowed) Decide(m *manifest.Manifest, replaced []string, granted func(Request) bool) (*manifest.Manifest, []Request, error) {
	var open []Request
	decide := func(r Request) (allowed, bool) {
		if found, ok := a.find(r); ok {
			return found, true
		}
		if a.All || granted(r) {
			return allowed{}, true
		}
		if !a.None && !slices.ContainsFunc(open, func(o Request) bool { return o.key() == r.key() }) {
			open = append(open, r)
		}
		return allowed{}, false
	}
	out := *m
	out.Components = slices.Clone(m.Components)
	for i := range out.Components {
		c := &out.Components[i]
		files, at := c.Files, c.FilesAt
		c.Files, c.FilesAt = nil, nil
		for k, g := range files {
			if c.Name == m.Main && slices.Contains(replaced, g.Guest) {
				continue
			}
			g.Host = leadsTo(g.Host)
			if by, ok := decide(ofFiles(c.Name, g)); ok {
				if by.file != nil {
					g.Host, g.ReadOnly = by.file.Host, g.ReadOnly || by.file.ReadOnly
				}
				c.Files, c.FilesAt = append(c.Files, g), append(c.FilesAt, at[k])
			}
		}
		c.OutboundHosts = keep(c.OutboundHosts, func(h string) bool { _, ok := decide(ofOrigin(c.Name, h)); return ok })
		c.Sockets = keep(c.Sockets, func(g plan.SocketGrant) bool { _, ok := decide(ofSocket(c.Name, g)); return ok })
		c.Buckets = keep(c.Buckets, func(b string) bool { _, ok := decide(ofBucket(c.Name, b)); return ok })
	}
	if m.HTTP != nil {
		h := *m.HTTP
		for _, address := range []*string{&h.Listen, &h.Health.Listen} {
			if r, asks := ofListen(*address); asks {
				if _, ok := decide(r); !ok {
					*address = ""
				}
			}
		}
		if h.Cert != "" {
			if _, ok := decide(ofTLS(&h)); !ok {
				h.Cert, h.Key = "", ""
			}
		}
		out.HTTP = &h
	}
	if len(open) > 0 {
		if err := readable(m); err != nil {
			return nil, nil, err
		}
	}
	return &out, open, a.unused()
}

func keep[T any](list []T, f func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return !f(v) })
}

// find returns the flag that allows a request. Of a directory the flag says which one of
// the host's it is; the guest's name for it tells which request is meant.
func (a *Allowed) find(r Request) (allowed, bool) {
	for i := range a.values {
		v := &a.values[i]
		if v.kind == r.Kind && (v.text == r.Value || v.file != nil && v.file.Guest == r.guest) {
			v.used = true
			return *v, true
		}
	}
	return allowed{}, false
}

// unused complains about what is allowed and was not asked for: it may be a typing error.
func (a *Allowed) unused() error {
	for _, v := range a.values {
		if !v.used {
			return &Error{"--allow " + printable.Text(v.flag) + ": this is not asked for", "sidecall check IMAGE lists what is"}
		}
	}
	return nil
}

// readable refuses what nobody could read before answering.
func readable(m *manifest.Manifest) error {
	const hint = "with --allow none it runs without; --allow all grants everything"
	list := Of(m)
	if len(list) > MaxRequests {
		return &Error{fmt.Sprintf("the image asks for %d things, more than %d", len(list), MaxRequests), hint}
	}
	for _, r := range list {
		if len(r.Value) > MaxValue {
			return &Error{fmt.Sprintf("the image asks for %s=%.60s…, which has more than %d bytes", r.Kind, r.Value, MaxValue), hint}
		}
		if r.Kind == Files && strings.Count(strings.TrimSuffix(r.Value, "::ro"), "::") != 1 || strings.Contains(r.guest, "::") || strings.ContainsRune(r.guest, 0) {
			return &Error{fmt.Sprintf("the image asks to %s, which --allow cannot name", r.Means), hint}
		}
	}
	return nil
}

// Outside lists what a manifest of one's own grants outside of its own directory.
func Outside(m *manifest.Manifest) []Request {
	dir, err := resolved(filepath.Dir(m.File))
	if m.File == "" || err != nil {
		return nil
	}
	var out []Request
	for _, c := range m.Components {
		for _, g := range c.Files {
			host, err := resolved(g.Host)
			if err != nil {
				continue // what is not there is an error of its own
			}
			if rel, err := filepath.Rel(dir, host); err != nil || !filepath.IsLocal(rel) {
				g.Host = host
				out = append(out, ofFiles(c.Name, g))
			}
		}
	}
	return out
}

// leadsTo is where a directory really is. What is asked for by a link is shown, and
// remembered, as what the link leads to: a guest that may write to a directory can replace
// another one inside of it by a link before it is run again.
func leadsTo(host string) string {
	if real, err := resolved(host); err == nil {
		return real
	}
	return host
}

// resolved is a path without links, absolute.
func resolved(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if _, err := os.Stat(abs); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(abs)
}
