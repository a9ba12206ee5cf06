package plan

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
)

// Origin is where requests may go, as Grants.OutboundHosts has it as text.
type Origin struct {
	// Scheme is "http", "https", or "h2c" for http that is spoken as HTTP/2 without TLS,
	// which the server is known to speak (RFC 9113 section 3.3).
	Scheme string
	// Host is a name in lower case, an address, "*" for any host, or "*." and a name
	// for all names below it.
	Host string
	// Port is a number, the scheme's own if the text has none, or "*" for any.
	Port string
}

// String is the origin as ParseOrigin reads it, with its port.
func (o Origin) String() string {
	host := o.Host
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return o.Scheme + "://" + host + ":" + o.Port
}

// ParseOrigin reads an origin: a scheme, "://", a host in ASCII, and maybe a port.
func ParseOrigin(s string) (Origin, error) {
	scheme, authority, ok := strings.Cut(s, "://")
	authority = strings.TrimSuffix(authority, "/")
	port, known := map[string]string{"http": "80", "https": "443", "h2c": "80"}[scheme]
	if !ok || !known {
		return Origin{}, errors.New("an origin begins with http:// or https://, or with h2c:// for HTTP/2 without TLS")
	}
	o := Origin{Scheme: scheme, Port: port}
	port = ""
	if end := strings.LastIndexByte(authority, ']'); strings.HasPrefix(authority, "[") && end > 0 {
		o.Host, port = authority[1:end], authority[end+1:]
		if a, err := netip.ParseAddr(o.Host); err != nil || !a.Is6() || a.Zone() != "" {
			return o, errors.New("between [ and ] stands no IPv6 address")
		}
	} else {
		o.Host = authority
		if colon := strings.IndexByte(authority, ':'); colon >= 0 {
			o.Host, port = authority[:colon], authority[colon:]
		}
		if _, err := netip.ParseAddr(o.Host); err != nil && o.Host != "*" {
			if err := CheckHostName(o.Host); err != nil {
				return o, err
			}
			o.Host = strings.ToLower(strings.TrimSuffix(o.Host, "."))
		}
	}
	switch number, ok := strings.CutPrefix(port, ":"); {
	case port == "":
	case number == "*":
		o.Port = "*"
	default:
		n, err := strconv.ParseUint(number, 10, 16)
		if !ok || err != nil || n == 0 {
			return o, fmt.Errorf("after the host comes a port from 1 to 65535 or *, not %.40q", port)
		}
		o.Port = strconv.FormatUint(n, 10)
	}
	return o, nil
}

// label is a part of a host's name.
var label = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// CheckHostName says what is wrong with the name of a host in a grant, in ASCII, or
// with "*." and a name, which means all names below it.
func CheckHostName(s string) error {
	labels := strings.Split(strings.TrimSuffix(strings.TrimPrefix(s, "*."), "."), ".")
	for _, l := range labels {
		if strings.Contains(l, "*") {
			return errors.New("* can only stand alone before the first dot of a name, as in *.example.com")
		}
		if !label.MatchString(l) || len(s) > 253 {
			return errors.New("this is no name of a host in ASCII")
		}
	}
	if last := labels[len(labels)-1]; strings.Trim(last, "0123456789") == "" {
		return errors.New("this is neither an address nor a name, which would not end in a number")
	}
	return nil
}
