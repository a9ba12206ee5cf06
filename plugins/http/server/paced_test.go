package server

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"
)

// deadlines is a response that notes its writes and their deadlines.
type deadlines struct {
	*httptest.ResponseRecorder
	did []string
	now time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	switch {
	case at.IsZero():
		d.did = append(d.did, "none")
	case at.After(d.now.Add(30 * time.Minute)):
		d.did = append(d.did, "the request's")
	default:
		d.did = append(d.did, "a minute")
	}
	return nil
}

func (d *deadlines) Write(p []byte) (int, error) {
	d.did = append(d.did, "write")
	return len(p), nil
}

func (d *deadlines) FlushError() error {
	d.did = append(d.did, "flush")
	return nil
}

// TestPaced: a deadline holds for a write, and not for what the guest does between
// two.
func TestPaced(t *testing.T) {
	now := time.Now()
	for _, test := range []struct {
		name string
		end  time.Time
		want []string
	}{
		{"no deadline", time.Time{}, []string{"a minute", "write", "none", "a minute", "flush", "none"}},
		{"a late one", now.Add(time.Hour), []string{"a minute", "write", "the request's", "a minute", "flush", "the request's"}},
		{"a near one", now.Add(time.Second), []string{"write", "flush"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := &deadlines{ResponseRecorder: httptest.NewRecorder(), now: now}
			p := &paced{d, http.NewResponseController(d), time.Minute, test.end}
			if _, err := p.Write([]byte("x")); err != nil {
				t.Error(err)
			}
			if err := http.NewResponseController(p).Flush(); err != nil {
				t.Error(err)
			}
			if !slices.Equal(d.did, test.want) {
				t.Errorf("did %q, want %q", d.did, test.want)
			}
		})
	}
}
