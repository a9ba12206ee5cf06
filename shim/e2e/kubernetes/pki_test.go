//go:build linux

package kubernetes_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs the cluster's certificates.
type authority struct {
	dir  string
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certificates makes them, and a kubeconfig for each user.
func (c *cluster) certificates() error {
	a := &authority{dir: c.dir}
	if err := a.issue("ca", pkix.Name{CommonName: "test-ca"}); err != nil {
		return err
	}
	for name, subject := range map[string]pkix.Name{
		"apiserver":   {CommonName: "kube-apiserver"},
		"admin":       {CommonName: "admin", Organization: []string{"system:masters"}},
		"kubelet":     {CommonName: "system:node:" + nodeName, Organization: []string{"system:nodes"}},
		"controllers": {CommonName: "system:kube-controller-manager"},
		"scheduler":   {CommonName: "system:kube-scheduler"},
		"proxy":       {CommonName: "system:kube-proxy"},
	} {
		if err := a.issue(name, subject); err != nil {
			return err
		}
		config := fmt.Sprintf(`apiVersion: v1
kind: Config
current-context: c
clusters: [{name: c, cluster: {server: %q, certificate-authority: %q}}]
users: [{name: u, user: {client-certificate: %q, client-key: %q}}]
contexts: [{name: c, context: {cluster: c, user: u}}]
`, api, filepath.Join(c.dir, "ca.crt"), filepath.Join(c.dir, name+".crt"), filepath.Join(c.dir, name+".key"))
		if err := os.WriteFile(filepath.Join(c.dir, name+".conf"), []byte(config), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// issue writes a certificate and its key; the first one is the authority's own.
func (a *authority) issue(name string, subject pkix.Name) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return err
	}
	template := &x509.Certificate{SerialNumber: serial, Subject: subject,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(48 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", nodeName, "kubernetes.default.svc"},
		IPAddresses: []net.IP{net.ParseIP("127.0.0.1"), net.ParseIP(nodeIP), net.ParseIP("10.96.0.1")}}
	if a.cert == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
		a.cert, a.key = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return err
	}
	if template == a.cert {
		if a.cert, err = x509.ParseCertificate(der); err != nil {
			return err
		}
	}
	private, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(a.dir, name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(a.dir, name+".key"), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: private}), 0o600)
}
