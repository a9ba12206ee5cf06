package server_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/sidecall/sidecall/plugins/http/server"
)

// TestDrainAnswer: who is ended with the server may ask another.
func TestDrainAnswer(t *testing.T) {
	s := serve(t, setup{listen: server.Listen{DrainTimeout: 50 * time.Millisecond}})
	type answer struct {
		resp *http.Response
		body string
	}
	answers := make(chan answer, 1)
	go func() {
		resp, body := s.get("/loop")
		answers <- answer{resp, body}
	}()
	eventually(t, "it runs", func() bool { return s.pool.Stats().Busy == 1 })
	if err := s.end(); !errors.Is(err, server.ErrDrain) {
		t.Errorf("got %v", err)
	}
	a := <-answers
	if a.resp.StatusCode != 503 || a.body != "Service Unavailable\n" || a.resp.Header.Get("Retry-After") != "1" || !a.resp.Close {
		t.Errorf("got %d %q %v, connection closed: %v", a.resp.StatusCode, a.body, a.resp.Header, a.resp.Close)
	}
}

// TestReaderKeepsNothing: without a deadline too, a client that takes nothing keeps its
// instance no longer than the limit.
func TestReaderKeepsNothing(t *testing.T) {
	for _, protocol := range []string{"HTTP/1.1", "HTTP/2"} {
		t.Run(protocol, func(t *testing.T) {
			s := serve(t, setup{limits: server.Limits{Deadline: -1, Write: 100 * time.Millisecond}})
			tr := &http.Transport{Protocols: &http.Protocols{}}
			tr.Protocols.SetHTTP1(protocol == "HTTP/1.1")
			tr.Protocols.SetUnencryptedHTTP2(protocol == "HTTP/2")
			defer tr.CloseIdleConnections()
			resp, err := (&http.Client{Transport: tr}).Get(s.url + "/flood")
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			eventually(t, "guest ended", func() bool { return s.pool.Stats().Busy == 0 })
			if _, err := io.Copy(io.Discard, resp.Body); err == nil {
				t.Error("the answer came to an end")
			}
			s.want("/hello", 200, "hello")
		})
	}
}

// TestLeavesEarly: a client that leaves before its body was read is noticed.
func TestLeavesEarly(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux tells")
	}
	for _, path := range []string{"/sleep", "/loop"} {
		t.Run(path, func(t *testing.T) {
			s := serve(t, setup{limits: server.Limits{Deadline: time.Hour}})
			c, err := net.Dial("tcp", s.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n%0500d", path, 0)
			eventually(t, "it runs", func() bool { return s.pool.Stats().Busy == 1 })
			time.Sleep(2 * 250 * time.Millisecond) // who stays is left alone
			if s.pool.Stats().Busy != 1 {
				t.Error("the guest ended while its client was there")
			}
			if err := c.Close(); err != nil {
				t.Error(err)
			}
			eventually(t, "guest ended", func() bool { return s.pool.Stats().Busy == 0 })
			s.want("/hello", 200, "hello")
		})
	}
}

// pemFiles writes a new certificate and its key into a new folder.
func pemFiles(t *testing.T) (dir string, leaf *x509.Certificate) {
	t.Helper()
	pair, _ := certificate(t)
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir = t.TempDir()
	for name, block := range map[string]*pem.Block{
		"tls.crt": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "tls.key": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	leaf, err = x509.ParseCertificate(pair.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return dir, leaf
}

// TestCertificateChanges changes the certificate as kubelet does: files are links
// through a link that is replaced.
func TestCertificateChanges(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("symbolic links need a privilege on Windows")
	}
	first, before := pemFiles(t)
	second, after := pemFiles(t)
	secret := t.TempDir()
	link := func(to, name string) {
		t.Helper()
		if err := os.Symlink(to, filepath.Join(secret, ".new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(secret, ".new"), filepath.Join(secret, name)); err != nil {
			t.Fatal(err)
		}
	}
	link(first, "..data")
	link("..data/tls.crt", "tls.crt")
	link("..data/tls.key", "tls.key")
	log := &logged{}
	cfg, err := server.Certificate(filepath.Join(secret, "tls.crt"), filepath.Join(secret, "tls.key"), zerolog.New(log))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, setup{listen: server.Listen{TLS: cfg}})
	shown := func() *x509.Certificate {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		d := &tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}} // the certificate itself is compared
		c, err := d.DialContext(ctx, "tcp", s.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		return c.(*tls.Conn).ConnectionState().PeerCertificates[0]
	}
	if !shown().Equal(before) {
		t.Error("another certificate than the file's")
	}
	link(second, "..data")
	eventually(t, "new certificate", func() bool { return shown().Equal(after) })
	log.one(t, "the certificate was read again")

	// One that cannot be read leaves the old one.
	if err := os.Remove(filepath.Join(second, "tls.key")); err != nil {
		t.Fatal(err)
	}
	eventually(t, "warning", func() bool {
		if !shown().Equal(after) {
			t.Error("another certificate")
		}
		return len(log.lines(t, "the certificate has changed and cannot be read: the old one is used")) > 0
	})
	link(first, "..data")
	eventually(t, "the first certificate", func() bool { return shown().Equal(before) })
}

func TestCertificateErrors(t *testing.T) {
	dir, _ := pemFiles(t)
	_, err := server.Certificate(filepath.Join(dir, "none"), filepath.Join(dir, "tls.key"), zerolog.Nop())
	if want := "reading the certificate: open " + filepath.Join(dir, "none") + ": no such file or directory"; !errors.Is(err, os.ErrNotExist) || runtime.GOOS == "linux" && err.Error() != want {
		t.Errorf("got %v", err)
	}
	other, _ := pemFiles(t)
	_, err = server.Certificate(filepath.Join(dir, "tls.crt"), filepath.Join(other, "tls.key"), zerolog.Nop())
	if err == nil || err.Error() != "reading the certificate: tls: private key does not match public key" {
		t.Errorf("got %v", err)
	}
}
