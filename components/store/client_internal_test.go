package store

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// TestSentElsewhere: where a registry may send us.
func TestSentElsewhere(t *testing.T) {
	var target string
	registry := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, target, http.StatusTemporaryRedirect)
	}))
	defer registry.Close()
	secret := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "secret") }))
	defer secret.Close()
	over := httptest.NewTLSServer(secret.Config.Handler)
	defer over.Close()
	home, err := url.Parse(registry.URL)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		to    string
		local bool
		want  string // of the error, empty for none
	}{
		{secret.URL, false, "without TLS"},
		{over.URL, false, "which is for this machine alone"},
		{strings.Replace(over.URL, "127.0.0.1", "localhost", 1), false, "which is for this machine alone"},
		{strings.Replace(over.URL, "127.0.0.1", "[::ffff:127.0.0.1]", 1), false, "which is for this machine alone"},
		{"https://169.254.169.254/latest/meta-data", false, "which is for this machine alone"},
		{"http://169.254.169.254/latest/meta-data", true, "which is for this machine alone"},
		{"https://[fe80::1]:443/", true, "which is for this machine alone"},
		{"https://0.0.0.0/", true, "which is for this machine alone"},
		{"file:///etc/passwd", true, "unsupported protocol scheme"},
		{secret.URL, true, ""},
		{over.URL, true, ""},
	} {
		target = test.to
		base, ok := registry.Client().Transport.(*http.Transport)
		if !ok {
			t.Fatal("another transport")
		}
		c := clientOf(base.Clone(), home.Host, test.local, time.Minute, time.Minute)
		resp, err := c.Get(registry.URL)
		if err == nil {
			data, _ := io.ReadAll(resp.Body)
			resp.Body.Close()
			if test.want != "" || string(data) != "secret" {
				t.Errorf("%s, local %v: got %q", test.to, test.local, data)
			}
		} else if test.want == "" || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s, local %v: %v", test.to, test.local, err)
		}
	}
}

// TestSilentRegistry: one that says nothing, and one that stops in the middle.
func TestSilentRegistry(t *testing.T) {
	release := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/stops" {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "a beginning")
			_ = http.NewResponseController(w).Flush()
		}
		<-release
	}))
	defer silent.Close()
	defer close(release)
	c := clientOf(&http.Transport{}, strings.TrimPrefix(silent.URL, "http://"), true, 50*time.Millisecond, 50*time.Millisecond)
	if _, err := c.Get(silent.URL); err == nil || !strings.Contains(err.Error(), "timeout awaiting response headers") {
		t.Errorf("silent: %v", err)
	}
	resp, err := c.Get(silent.URL + "/stops")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if data, err := io.ReadAll(resp.Body); err != errStalled {
		t.Errorf("stops: %q, %v", data, err)
	}
}
