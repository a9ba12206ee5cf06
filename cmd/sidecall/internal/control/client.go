package control

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"time"
)

// Client asks one process.
type Client struct {
	PID  int
	path string
	own  bool // whether the socket's directory is this user's
	http *http.Client
}

func newClient(path string, pid int, own bool) *Client {
	dial := func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "unix", path)
	}
	return &Client{pid, path, own, &http.Client{Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}}
}

// ErrGone is the error of asking a process that has ended.
var ErrGone = errors.New("the process has ended")

// askTime is how long a process may take to answer what it knows.
const askTime = 5 * time.Second

// Status asks what the process is doing.
func (c *Client) Status(ctx context.Context) (s Status, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return s, c.ask(ctx, http.MethodGet, "/v1/status", nil, &s)
}

// Functions asks what can be called.
func (c *Client) Functions(ctx context.Context) (fs []Function, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return fs, c.ask(ctx, http.MethodGet, "/v1/functions", nil, &fs)
}

// Graph asks for the composition's graph.
func (c *Client) Graph(ctx context.Context, format string) (text string, err error) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return text, c.ask(ctx, http.MethodGet, "/v1/graph?format="+url.QueryEscape(format), nil, &text)
}

// Drain has a server send its clients away.
func (c *Client) Drain(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return c.ask(ctx, http.MethodPost, "/v1/drain", nil, &struct{}{})
}

// Call has a function called.
func (c *Client) Call(ctx context.Context, r CallRequest) (reply CallReply, err error) {
	body, err := json.Marshal(r)
	if err != nil {
		return reply, err
	}
	if len(body) > MaxRequest {
		return reply, fmt.Errorf("the arguments have %d bytes as JSON, more than %d", len(body), MaxRequest)
	}
	return reply, c.ask(ctx, http.MethodPost, "/v1/call", body, &reply)
}

// ask makes a request, and reads the answer into out, a text as it is.
func (c *Client) ask(ctx context.Context, method, path string, body []byte, out any) error {
	r, err := http.NewRequestWithContext(ctx, method, "http://sidecall"+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("process %d: %w", c.PID, c.explain(err))
	}
	data, err := io.ReadAll(io.LimitReader(answer.Body, MaxReply+1))
	if err = errors.Join(err, answer.Body.Close()); err != nil {
		return fmt.Errorf("process %d: %w", c.PID, c.explain(err))
	}
	switch {
	case len(data) > MaxReply:
		return fmt.Errorf("process %d: the answer has more than %d bytes", c.PID, MaxReply)
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("process %d: %s", c.PID, strings.TrimSpace(string(data)))
	}
	if text, ok := out.(*string); ok {
		*text = string(data)
		return nil
	}
	if err := json.Unmarshal(data, out); err != nil {
		return fmt.Errorf("process %d: the answer is not what was asked for: %w", c.PID, err)
	}
	return nil
}

// explain tells a process that has ended, and removes what it left.
func (c *Client) explain(err error) error {
	if errors.Is(err, syscall.ECONNREFUSED) {
		if c.own {
			_ = os.Remove(c.path)
		}
		return ErrGone
	}
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, io.EOF) || errors.Is(err, syscall.ECONNRESET) {
		return ErrGone
	}
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err // without the address, which means nothing
	}
	return err
}
