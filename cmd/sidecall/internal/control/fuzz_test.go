package control

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"testing"
)

type answering struct {
	status int
	body   []byte
}

func (a answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: a.status, Body: io.NopCloser(bytes.NewReader(a.body)), Header: http.Header{}}, nil
}

// FuzzReply: a process may be anybody's. What it answers is taken for what was asked for,
// or is an error that says whose it is.
func FuzzReply(f *testing.F) {
	f.Add(200, []byte(`{"pid":1,"components":[{"name":"a\u001b[31m"}]}`))
	f.Add(200, []byte(`[{"name":"f","params":[{}]}]`))
	f.Add(500, []byte("\x1b[2J no\n"))
	f.Add(200, []byte(`{"uptime":1e999,"instances":-1}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		c := &Client{PID: 7, http: &http.Client{Transport: answering{status, body}}}
		ctx := context.Background()
		_, err1 := c.Status(ctx)
		_, err2 := c.Functions(ctx)
		_, err3 := c.Call(ctx, CallRequest{})
		_, err4 := c.Graph(ctx, "dot")
		for _, err := range []error{err1, err2, err3, err4} {
			if err != nil && !bytes.HasPrefix([]byte(err.Error()), []byte("process 7: ")) {
				t.Errorf("%v", err)
			}
		}
	})
}
