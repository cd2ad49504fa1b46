// Package pki makes the plane's certificate authority and every certificate that its parts show each other.
package pki

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

const life = 30 * 24 * time.Hour

// names under which the API server is reached, from outside and from a Pod.
var serverNames = []string{"localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"}

// subjects is a row for each certificate: file name, who it says its owner is, whether it also serves.
var subjects = []struct {
	file, name, group string
	serves            bool
}{
	{"apiserver", "kube-apiserver", "", true},
	{"apiserver-kubelet", "kube-apiserver", "system:masters", false},
	{"etcd", "etcd", "", true},
	{"node", "node-a", "", true},
	{"webhook", "katib-webhook", "", true},
	{"admin", "admin", "system:masters", false},
	{"controllers", "system:kube-controller-manager", "system:masters", false},
	{"kubelet", "system:node:node-a", "system:masters", false},
	{"scientist", "scientist", "", false},
	{"katib", "system:serviceaccount:kubeflow:katib-controller", "system:masters", false},
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// Write fills folder with ca.crt, NAME.crt and NAME.key for every subject, and sa.key and sa.pub, which sign service account tokens.
func Write(folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	ca, err := newAuthority(folder)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		if err := ca.issue(folder, s.file, pkix.Name{CommonName: s.name, Organization: groups(s.group)}, s.serves); err != nil {
			return fmt.Errorf("certificate %s: %w", s.file, err)
		}
	}
	return writeTokenKey(folder)
}

func groups(name string) []string {
	if name == "" {
		return nil
	}
	return []string{name}
}

func newAuthority(folder string) (*authority, error) {
	key, err := newKey(folder, "ca")
	if err != nil {
		return nil, err
	}
	template := template(pkix.Name{CommonName: "nbkatib-cluster"})
	template.IsCA = true
	template.BasicConstraintsValid = true
	template.KeyUsage |= x509.KeyUsageCertSign
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	return &authority{certificate, key}, writePEM(folder, "ca.crt", "CERTIFICATE", der)
}

func (a *authority) issue(folder, file string, name pkix.Name, serves bool) error {
	key, err := newKey(folder, file)
	if err != nil {
		return err
	}
	template := template(name)
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	if serves {
		template.ExtKeyUsage = append(template.ExtKeyUsage, x509.ExtKeyUsageServerAuth)
		template.DNSNames = append([]string{name.CommonName}, serverNames...)
		template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		return err
	}
	return writePEM(folder, file+".crt", "CERTIFICATE", der)
}

func template(name pkix.Name) *x509.Certificate {
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		panic(err)
	}
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: serial, Subject: name, NotBefore: now.Add(-time.Minute), NotAfter: now.Add(life),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
}

func newKey(folder, file string) (*ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return nil, err
	}
	return key, writePEM(folder, file+".key", "EC PRIVATE KEY", der)
}

func writeTokenKey(folder string) error {
	key, err := newKey(folder, "sa")
	if err != nil {
		return err
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		return err
	}
	return writePEM(folder, "sa.pub", "PUBLIC KEY", der)
}

func writePEM(folder, file, kind string, der []byte) error {
	return os.WriteFile(filepath.Join(folder, file), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600)
}
