package binary

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// Format is what a file is, as far as its first bytes tell.
type Format uint8

const (
	// FormatUnknown is also the Found of an Error about a damaged component.
	FormatUnknown Format = iota
	FormatComponent
	// FormatCoreModule is a core WebAssembly module without the imports of WASI preview1.
	FormatCoreModule
	// FormatPreview1 is a core module that imports wasi_snapshot_preview1 or wasi_unstable.
	FormatPreview1
	// FormatOldComponent is a component of an earlier, incompatible pre-release.
	FormatOldComponent
	// FormatWAT is WebAssembly text.
	FormatWAT
	FormatEmpty
	FormatOther
)

// Sniff says what a file is. It reads no more than it must: of a core module the
// imports, of anything else the first bytes.
func Sniff(b []byte) Format {
	f, _ := sniff(b)
	return f
}

// recognise returns an error for everything that does not begin as a component does.
func recognise(b []byte) *Error {
	f, msg := sniff(b)
	if f == FormatComponent {
		return nil
	}
	return &Error{Msg: msg, Found: f}
}

const howToMake = "make a component of it with `wasm-tools component new core.wasm -o component.wasm`"

func sniff(b []byte) (Format, string) {
	magic := []byte(preamble[:4])
	switch {
	case len(b) == 0:
		return FormatEmpty, "the file is empty"
	case len(b) < len(preamble) && bytes.HasPrefix(b, magic[:min(len(b), 4)]):
		return FormatOther, fmt.Sprintf("the file ends after %d bytes, within the preamble of WebAssembly", len(b))
	case bytes.HasPrefix(b, magic) && len(b) >= len(preamble):
		return sniffWasm(b)
	}
	if what := foreign(b); what != "" {
		return FormatOther, "this is " + what + ", not a WebAssembly component"
	}
	if text, ok := watForm(b); ok {
		return FormatWAT, "this is WebAssembly text (" + text + "), not a binary: assemble it with `wasm-tools parse in.wat -o out.wasm`"
	}
	if utf8.Valid(b[:min(len(b), 64)]) && !bytes.ContainsRune(b[:min(len(b), 64)], 0) {
		return FormatOther, fmt.Sprintf("this is text, not a WebAssembly component: it begins with %q", b[:min(len(b), 16)])
	}
	return FormatOther, fmt.Sprintf("this is not WebAssembly: the file begins with % x, where 00 61 73 6d was expected", b[:min(len(b), 8)])
}

// sniffWasm tells the formats that begin with WebAssembly's magic number apart.
func sniffWasm(b []byte) (Format, string) {
	version, layer := int(b[4])|int(b[5])<<8, int(b[6])|int(b[7])<<8
	switch {
	case version == 0x0d && layer == 1:
		return FormatComponent, ""
	case version == 1 && layer == 0:
		return sniffModule(b)
	case layer == 1 && version >= 0x0a && version <= 0x0c:
		return FormatOldComponent, fmt.Sprintf("this is a component in the pre-release format %#02x; the format is %#02x now: "+
			"rebuild it with current tools", version, 0x0d)
	case layer == 1:
		return FormatOther, fmt.Sprintf("unknown version %#02x of the component format: this program knows %#02x", version, 0x0d)
	case layer == 0:
		return FormatOther, fmt.Sprintf("unknown version %d of core WebAssembly, and not a component", version)
	}
	return FormatOther, fmt.Sprintf("unknown layer %#02x (version %#02x) of WebAssembly: a component has layer 0x01, version 0x0d", layer, version)
}

// sniffModule looks at a core module's imports and custom sections for the way to
// a component. A damaged module is still a core module.
func sniffModule(b []byte) (Format, string) {
	r := &reader{b: b, pos: len(corePreamble), end: len(b), where: "module", state: &state{limits: DefaultLimits()}}
	embedded := false
	for r.ok() && r.left() > 0 {
		id, size := r.byte(), r.u32()
		if !r.ok() || uint64(size) > uint64(r.left()) {
			break
		}
		switch sec := r.sub(int(size), "section"); id {
		case 0:
			embedded = embedded || bytes.HasPrefix(sec.nameBytes("a name"), []byte("component-type"))
		case 2:
			if from := sec.preview1Import(); from != "" {
				return FormatPreview1, fmt.Sprintf("this is a preview1 core module (it imports %q), not a component: make a component of it with "+
					"`wasm-tools component new core.wasm --adapt wasi_snapshot_preview1=ADAPTER.wasm -o component.wasm`, where ADAPTER is "+
					"wasi_snapshot_preview1.command for a program and .reactor for a library", from)
			}
		}
	}
	if embedded {
		return FormatCoreModule, "this is a core module, not a component: " + howToMake
	}
	return FormatCoreModule, "this is a core module, not a component: add its WIT types with " +
		"`wasm-tools component embed wit core.wasm -o core.wasm`, then " + howToMake
}

// preview1Import returns the name under which a module imports WASI preview1.
func (r *reader) preview1Import() string {
	for n := r.count("imports"); n > 0 && r.ok(); n-- {
		module := string(r.nameBytes("a module"))
		r.nameBytes("a name")
		if module == "wasi_snapshot_preview1" || module == "wasi_unstable" {
			return module
		}
		r.coreExtern()
	}
	return ""
}

// foreign names formats that are given by mistake.
func foreign(b []byte) string {
	for _, f := range []struct{ magic, what string }{
		{"\x1f\x8b", "compressed with gzip"}, {"\x28\xb5\x2f\xfd", "compressed with zstd"}, {"BZh", "compressed with bzip2"},
		{"\xfd7zXZ", "compressed with xz"}, {"PK\x03\x04", "a zip archive"}, {"\x7fELF", "an ELF program for Linux"},
		{"MZ", "a program for Windows"}, {"\xcf\xfa\xed\xfe", "a program for macOS"}, {"!<arch>\n", "an archive of object files"},
		{"BC\xc0\xde", "LLVM bitcode"}, {"#!", "a script"}, {"\xef\xbb\xbf", "text"},
	} {
		if bytes.HasPrefix(b, []byte(f.magic)) {
			return f.what
		}
	}
	if len(b) >= 262 && string(b[257:262]) == "ustar" {
		return "a tar archive"
	}
	switch t := bytes.TrimLeft(b[:min(len(b), 4096)], " \t\r\n"); {
	case len(t) == 0:
		return ""
	case t[0] == '<':
		return "HTML or XML (perhaps an error page of a download)"
	case t[0] == '{' || t[0] == '[':
		return "JSON"
	case bytes.HasPrefix(t, []byte("apiVersion:")) || bytes.HasPrefix(t, []byte("---")):
		return "YAML (perhaps a manifest)"
	}
	return ""
}

// watForm says whether text begins with a form of WebAssembly's text format,
// comments skipped, and which.
func watForm(b []byte) (string, bool) {
	b = b[:min(len(b), 1<<16)]
	for {
		b = bytes.TrimLeft(b, " \t\r\n")
		switch {
		case bytes.HasPrefix(b, []byte(";;")):
			_, rest, ok := bytes.Cut(b, []byte("\n"))
			if !ok {
				return "", false
			}
			b = rest
		case bytes.HasPrefix(b, []byte("(;")):
			end := bytes.Index(b, []byte(";)"))
			if end < 0 {
				return "", false
			}
			b = b[end+2:]
		case bytes.HasPrefix(b, []byte("(")):
			word := bytes.TrimLeft(b[1:], " \t\r\n")
			for _, w := range []string{"component", "module"} {
				if bytes.HasPrefix(word, []byte(w)) {
					return w, true
				}
			}
			return "", false
		default:
			return "", false
		}
	}
}
