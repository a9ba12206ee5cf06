package framing

import (
	"net/netip"
	"net/url"
	"strings"
)

// ValidTarget reports whether a request may have the target, as it stands in its first
// line, or in :path (RFC 9112 section 3.2): a path, a URI of http or https, "*" for
// OPTIONS, and a host with a port for CONNECT. A fragment is in none of them.
func ValidTarget(method, target string) bool {
	for i := range len(target) {
		if c := target[i]; c <= ' ' || c == 0x7f || c == '#' {
			return false
		}
	}
	switch {
	case method == "CONNECT":
		host, port, ok := cutPort(target)
		return ok && port != "" && host != "" && ValidHost(target)
	case target == "*":
		return method == "OPTIONS"
	case strings.HasPrefix(target, "/"):
		_, err := url.ParseRequestURI(target)
		return err == nil
	}
	scheme, rest, ok := strings.Cut(target, "://")
	if scheme = strings.ToLower(scheme); !ok || scheme != "http" && scheme != "https" {
		return false
	}
	authority := rest
	if end := strings.IndexAny(rest, "/?"); end >= 0 {
		authority = rest[:end]
	}
	_, err := url.ParseRequestURI(target)
	return authority != "" && ValidHost(authority) && err == nil
}

// ValidHost reports whether s is what Host, or :authority, may be: a name or an address
// and maybe a port (RFC 9110 section 7.2), or nothing at all.
func ValidHost(s string) bool {
	if s == "" {
		return true
	}
	host, port, _ := cutPort(s)
	if strings.Trim(port, "0123456789") != "" || len(port) > 5 {
		return false
	}
	if inside, ok := strings.CutPrefix(host, "["); ok {
		inside, ok = strings.CutSuffix(inside, "]")
		a, err := netip.ParseAddr(inside)
		return ok && err == nil && a.Is6() && a.Zone() == ""
	}
	for i := 0; i < len(host); i++ {
		c := host[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || isDigit(c)
		switch {
		case letter, strings.IndexByte("-._~!$&'()*+,;=", c) >= 0: // reg-name of RFC 3986
		case c == '%' && i+2 < len(host) && isHex(host[i+1]) && isHex(host[i+2]):
		default:
			return false
		}
	}
	return host != ""
}

// cutPort splits an authority at the colon before its port.
func cutPort(s string) (host, port string, ok bool) {
	end := strings.LastIndexByte(s, ']') + 1 // colons in an address are not it
	colon := strings.IndexByte(s[end:], ':')
	if colon < 0 {
		return s, "", false
	}
	return s[:end+colon], s[end+colon+1:], true
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }
