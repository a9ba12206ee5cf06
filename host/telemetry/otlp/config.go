package otlp

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// signal is a kind of data, with the names that it has in variables, in URLs and in
// gRPC.
type signal struct{ name, path, method string }

// config is what the variables OTEL_EXPORTER_OTLP_* say about one signal.
type config struct {
	url     string
	headers http.Header
	timeout time.Duration
	gzip    bool
	grpc    bool
	tls     *tls.Config
}

func readConfig(getenv func(string) string, s signal) (c config, err error) {
	const prefix = "OTEL_EXPORTER_OTLP_"
	// get returns a variable of the signal, or else of all.
	get := func(name string) (value, from string) {
		if from = prefix + s.name + "_" + name; getenv(from) != "" {
			return getenv(from), from
		}
		from = prefix + name
		return getenv(from), from
	}
	switch protocol, from := get("PROTOCOL"); protocol {
	case "", "http/protobuf":
	case "grpc":
		c.grpc = true
	default:
		return c, fmt.Errorf("%s is %q: http/protobuf and grpc are supported", from, protocol)
	}
	switch compression, from := get("COMPRESSION"); compression {
	case "", "none":
	case "gzip":
		c.gzip = true
	default:
		return c, fmt.Errorf("%s is %q: gzip and none are supported", from, compression)
	}
	c.timeout = 10 * time.Second
	if text, from := get("TIMEOUT"); text != "" {
		ms, err := strconv.ParseUint(text, 10, 31)
		if err != nil || ms == 0 {
			return c, fmt.Errorf("%s is %q: a number of milliseconds is wanted", from, text)
		}
		c.timeout = time.Duration(ms) * time.Millisecond
	}
	text, from := get("HEADERS")
	if c.headers, err = readHeaders(text); err != nil {
		return c, fmt.Errorf("%s: %w", from, err)
	}
	endpoint, from := get("ENDPOINT")
	insecure, _ := get("INSECURE")
	if c.url, err = c.endpoint(endpoint, from == prefix+"ENDPOINT", strings.EqualFold(insecure, "true"), s); err != nil {
		return c, fmt.Errorf("%s is %q: %w", from, endpoint, err)
	}
	ca, _ := get("CERTIFICATE")
	cert, _ := get("CLIENT_CERTIFICATE")
	key, _ := get("CLIENT_KEY")
	c.tls, err = readTLS(ca, cert, key)
	return c, err
}

// endpoint makes the URL of a signal. What is meant for all signals is a base.
func (c *config) endpoint(text string, base, insecure bool, s signal) (string, error) {
	if text == "" {
		text = "http://localhost:4318"
		if c.grpc {
			text = "http://localhost:4317"
		}
	}
	if c.grpc && !strings.Contains(text, "://") {
		text = map[bool]string{true: "http://", false: "https://"}[insecure] + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", errors.New("a URL is wanted, as in http://collector:4318")
	}
	switch {
	case c.grpc:
		u.Path = s.method
	case base:
		u = u.JoinPath(s.path)
	case u.Path == "":
		u.Path = "/"
	}
	return u.String(), nil
}

// readHeaders reads "name=value,name=value", values percent-encoded.
func readHeaders(text string) (http.Header, error) {
	h := http.Header{}
	for pair := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(pair) == "" {
			continue
		}
		name, value, ok := strings.Cut(pair, "=")
		value, err := url.PathUnescape(strings.TrimSpace(value))
		if name = strings.TrimSpace(name); !ok || err != nil || name == "" {
			return nil, fmt.Errorf("a header is not NAME=VALUE") // it may be a secret
		}
		h.Add(name, value)
	}
	return h, nil
}

func readTLS(ca, cert, key string) (*tls.Config, error) {
	if ca == "" && cert == "" && key == "" {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		pem, err := os.ReadFile(ca)
		if err != nil {
			return nil, fmt.Errorf("reading the collector's certificate: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM", ca)
		}
	}
	if cert != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("reading the client's certificate: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}
