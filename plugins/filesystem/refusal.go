package filesystem

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/sidecall/sidecall/host"
	"github.com/sidecall/sidecall/host/value"
	"github.com/sidecall/sidecall/linker/plan"
	"github.com/sidecall/sidecall/plugins/internal/wire"
)

// source is the grant that a descriptor comes from, and its path below the granted
// directory.
type source struct {
	grant plan.FileGrant
	path  string
}

func (s source) below(p string) source { return source{s.grant, path.Join(s.path, p)} }

// deniedError is an error-code that another grant would have prevented.
type deniedError struct {
	code    ErrorCode
	refusal host.Refusal
}

// Error is the error-code's name.
func (e *deniedError) Error() string { return e.code.Error() }

// failed makes the result of an error, and tells of one that a grant would have prevented.
func failed(c *host.Call, d *Descriptor, err error) (value.Value, error) {
	var denied *deniedError
	if !errors.As(err, &denied) {
		if p, ok := escaping(err); ok {
			denied = d.from.outside(p)
		}
	}
	if denied != nil {
		r := denied.refusal
		if r.Write != "" {
			r.Write = host.Allow(c.Component().Name, r.Write, "allow", "files")
		}
		c.Refused(r)
	}
	return wire.ErrCode(codeOf(err))
}

// escaping is the path that os.Root refused, as it leads out of the root.
func escaping(err error) (p string, ok bool) {
	var code ErrorCode
	var errno syscall.Errno
	if errors.As(err, &code) || errors.As(err, &errno) || codeOf(err) != NotPermitted {
		return "", false
	}
	var at *fs.PathError
	var link *os.LinkError
	switch {
	case errors.As(err, &at):
		return at.Path, true
	case errors.As(err, &link):
		return link.New, true
	}
	return "", false
}

// outside is the error of a path that leads out of the granted directory, or begins at
// the root, which a guest has none of.
func (s source) outside(p string) *deniedError {
	guest, onHost := path.Clean(p), p
	if !strings.HasPrefix(p, "/") {
		guest, onHost = path.Join(s.grant.Guest, s.path, p), filepath.Join(s.grant.Host, s.path, p)
	}
	return &deniedError{NotPermitted, host.Refusal{Kind: "files", Target: guest, Reason: fmt.Sprintf("the file %s, which is in none of its directories", guest),
		Write: fmt.Sprintf("[{ host: %s, guest: %s, readOnly: true }]", host.Scalar(absolutePath(filepath.Dir(onHost))), host.Scalar(path.Dir(guest)))}}
}

// unnamed tells of a file whose name a guest cannot be told.
func (s source) unnamed(name string) host.Refusal {
	p := path.Join(s.grant.Guest, s.path, name)
	return host.Refusal{Kind: "names of files", Target: strings.ToValidUTF8(p, "\uFFFD"),
		Reason: fmt.Sprintf("the name of the file %q in a listing, which leaves it out: it is not UTF-8", p)}
}

// absolutePath is a directory of the host by a name that means it wherever it is written.
func absolutePath(dir string) string {
	if abs, err := filepath.Abs(dir); err == nil {
		return abs
	}
	return dir
}

// readOnly is the error of a change to what is granted for reading only.
func (s source) readOnly(p string) *deniedError {
	guest := path.Join(s.grant.Guest, s.path, p)
	return &deniedError{ReadOnly, host.Refusal{Kind: "files", Target: guest + " for writing", Reason: fmt.Sprintf("a change of %s, which it may only read", guest),
		Write: fmt.Sprintf("[{ host: %s, guest: %s, readOnly: false }]", host.Scalar(absolutePath(s.grant.Host)), host.Scalar(s.grant.Guest))}}
}
