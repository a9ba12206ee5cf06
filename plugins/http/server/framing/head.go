package framing

import (
	"bytes"
	"strconv"
	"strings"
)

// Refused is why a request is not taken. It is an error.
type Refused string

func (r Refused) Error() string { return string(r) }

// head is what the lines of a request's header have said so far.
type head struct {
	lines   int
	method  string
	old     bool // HTTP/1.0
	host    int  // how many lines Host there are
	lengths int  // how many lines Content-Length
	length  int64
	codings int // how many lines Transfer-Encoding
	chunked bool
	// foreign is set for a transfer coding that net/http answers 501.
	foreign bool
}

// line takes the next line, without its CRLF, that is not empty.
func (h *head) line(b []byte) error {
	h.lines++
	if h.lines == 1 {
		return h.requestLine(b)
	}
	if b[0] == ' ' || b[0] == '\t' {
		return Refused("a field goes on in a second line (obs-fold)")
	}
	name, value, err := fieldLine(b)
	if err != nil {
		return err
	}
	switch {
	case bytes.EqualFold(name, []byte("Host")):
		h.host++
		if h.host > 1 {
			return Refused("there is more than one Host")
		}
		if !ValidHost(string(value)) {
			return Refused("Host is no host with an optional port")
		}
	case bytes.EqualFold(name, []byte("Content-Length")):
		h.lengths++
		n, err := strconv.ParseUint(string(value), 10, 63)
		if h.lengths > 1 || err != nil {
			return Refused("Content-Length is not one number")
		}
		h.length = int64(n)
	case bytes.EqualFold(name, []byte("Transfer-Encoding")):
		h.codings++
		return h.coding(string(value))
	}
	return nil
}

// requestLine takes "method SP request-target SP HTTP-version" (RFC 9112 section 3).
func (h *head) requestLine(b []byte) error {
	method, rest, ok := bytes.Cut(b, []byte(" "))
	target, version, ok2 := bytes.Cut(rest, []byte(" "))
	if !ok || !ok2 || !isToken(method) {
		return Refused("the first line is not method, target and version")
	}
	if len(version) != len("HTTP/1.1") || !bytes.HasPrefix(version, []byte("HTTP/")) ||
		version[6] != '.' || !isDigit(version[5]) || !isDigit(version[7]) {
		return Refused("the first line does not end in a version of HTTP")
	}
	h.method, h.old = string(method), string(version) == "HTTP/1.0"
	if !ValidTarget(h.method, string(target)) {
		return Refused("the target is none that " + h.method + " may have")
	}
	return nil
}

// coding takes a Transfer-Encoding (RFC 9112 section 6.1).
func (h *head) coding(value string) error {
	list := strings.Split(value, ",")
	for i, c := range list {
		list[i] = strings.ToLower(strings.Trim(c, " \t"))
	}
	switch last := list[len(list)-1]; {
	case h.codings > 1 || last != "chunked":
		return Refused("Transfer-Encoding does not end in chunked, once")
	case len(list) > 1:
		for _, c := range list[:len(list)-1] {
			if c == "chunked" || c == "" || c == "identity" {
				return Refused("Transfer-Encoding does not end in chunked, once")
			}
		}
		h.foreign = true
	}
	h.chunked = true
	return nil
}

// end takes the empty line after the header.
func (h *head) end() error {
	switch {
	case h.chunked && h.lengths > 0:
		return Refused("there are both Content-Length and Transfer-Encoding")
	case h.chunked && h.old:
		return Refused("there is a Transfer-Encoding in HTTP/1.0")
	case h.host == 0 && !h.old:
		return Refused("there is no Host")
	}
	return nil
}

// fieldLine splits "name: value" (RFC 9112 section 5), without white space around value.
func fieldLine(b []byte) (name, value []byte, err error) {
	colon := bytes.IndexByte(b, ':')
	if colon < 0 || !isToken(b[:colon]) {
		return nil, nil, Refused("a field has no name, or not directly before its colon")
	}
	return b[:colon], bytes.Trim(b[colon+1:], " \t"), nil
}

// checkLine refuses what no line has: control characters, CR and NUL among them.
func checkLine(b []byte) error {
	for _, c := range b {
		if c < ' ' && c != '\t' || c == 0x7f {
			return Refused("there is a control character, or CR without LF")
		}
	}
	return nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// isToken reports whether b is a token (RFC 9110 section 5.6.2).
func isToken(b []byte) bool {
	for _, c := range b {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c)
		if !letter && strings.IndexByte("!#$%&'*+-.^_`|~", c) < 0 {
			return false
		}
	}
	return len(b) > 0
}
