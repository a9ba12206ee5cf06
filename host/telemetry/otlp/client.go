package otlp

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// client sends the messages of one signal.
type client struct {
	config
	http *http.Client
}

func newClient(getenv func(string) string, s signal) (*client, error) {
	cfg, err := readConfig(getenv, s)
	if err != nil {
		return nil, err
	}
	t := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: cfg.tls, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 1, IdleConnTimeout: 2 * time.Minute}
	if cfg.grpc {
		t.Protocols = &http.Protocols{}
		t.Protocols.SetHTTP2(true)
		t.Protocols.SetUnencryptedHTTP2(true)
	}
	return &client{cfg, &http.Client{Transport: t}}, nil
}

func (c *client) close() error {
	c.http.CloseIdleConnections()
	return nil
}

// A collector that cannot be reached, or says that it is busy, is tried again.
const (
	attempts  = 5
	firstWait = 300 * time.Millisecond
	// longestWait is as long as a collector can make us wait: longer than any timeout, and
	// short enough to be doubled a few times.
	longestWait = time.Hour
)

// retryError is what may go better another time; after is when, 0 if nobody said.
type retryError struct {
	err   error
	after time.Duration
}

func (e *retryError) Error() string { return e.err.Error() }
func (e *retryError) Unwrap() error { return e.err }

// send sends a message, in the time that the configuration gives it.
func (c *client) send(ctx context.Context, msg []byte) error {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	body, err := c.pack(msg)
	if err != nil {
		return err
	}
	for n, wait := 1, firstWait; ; n, wait = n+1, 2*wait {
		err := c.try(ctx, body)
		var retry *retryError
		if err == nil || !errors.As(err, &retry) || n == attempts {
			return err
		}
		if retry.after > 0 {
			wait = retry.after
		}
		select {
		case <-time.After(wait/2 + rand.N(wait)):
		case <-ctx.Done():
			return fmt.Errorf("%w (gave up: %w)", err, ctx.Err())
		}
	}
}

// pack compresses a message and frames it, where that is asked for.
func (c *client) pack(msg []byte) ([]byte, error) {
	var out bytes.Buffer
	if c.grpc {
		out.Write(make([]byte, 5)) // whether it is compressed, and its length
	}
	if c.gzip {
		z := gzip.NewWriter(&out)
		if _, err := z.Write(msg); err != nil {
			return nil, err
		}
		if err := z.Close(); err != nil {
			return nil, err
		}
	} else {
		out.Write(msg)
	}
	b := out.Bytes()
	if c.grpc {
		if c.gzip {
			b[0] = 1
		}
		binary.BigEndian.PutUint32(b[1:], uint32(len(b)-5))
	}
	return b, nil
}

// try sends a message once.
func (c *client) try(ctx context.Context, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	for name, values := range c.headers {
		req.Header[name] = values
	}
	req.Header.Set("User-Agent", "sidecall")
	if c.grpc {
		req.Header.Set("Content-Type", "application/grpc+proto")
		req.Header.Set("TE", "trailers")
		if c.gzip {
			req.Header.Set("Grpc-Encoding", "gzip")
		}
	} else {
		req.Header.Set("Content-Type", "application/x-protobuf")
		if c.gzip {
			req.Header.Set("Content-Encoding", "gzip")
		}
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return &retryError{err: err}
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<20)); err != nil {
		return &retryError{err: err}
	}
	if resp.StatusCode != http.StatusOK && (c.grpc || resp.StatusCode/100 != 2) {
		return c.refused(resp)
	}
	if c.grpc {
		return grpcStatus(resp)
	}
	return nil
}

// refused makes the error of a response with another status.
func (c *client) refused(resp *http.Response) error {
	err := fmt.Errorf("%s answers %s", c.url, resp.Status)
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After")) // a date is as good as nothing
		return &retryError{err, min(time.Duration(max(0, min(seconds, 1<<20)))*time.Second, longestWait)}
	}
	return err
}

// grpcStatus reads the status of a gRPC call, which is in the trailer, or in the
// header if there is nothing else.
func grpcStatus(resp *http.Response) error {
	get := func(name string) string {
		if v := resp.Trailer.Get(name); v != "" {
			return v
		}
		return resp.Header.Get(name)
	}
	code := get("Grpc-Status")
	if code == "0" {
		return nil
	}
	err := fmt.Errorf("the collector answers with gRPC status %q: %s", code, get("Grpc-Message"))
	switch code {
	// cancelled, deadline exceeded, resource exhausted, aborted, out of range,
	// unavailable, data loss: as the protocol's specification lists them
	case "1", "4", "8", "10", "11", "14", "15":
		return &retryError{err: err}
	}
	return err
}
