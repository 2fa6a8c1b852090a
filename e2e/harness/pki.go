package harness

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// A pki is the cluster's certificate authority, and the folder where all its files lie.
type pki struct {
	dir string
	crt *x509.Certificate
	key crypto.Signer
}

// newPKI makes the authority and the key that signs the tokens of service accounts.
func newPKI(dir string) (*pki, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	p := &pki{dir: dir, crt: certificate(pkix.Name{CommonName: "irsa-doctor e2e"})}
	p.crt.IsCA, p.crt.KeyUsage = true, x509.KeyUsageCertSign|x509.KeyUsageDigitalSignature
	var err error
	if p.key, err = p.issue("ca", p.crt); err != nil {
		return nil, err
	}
	tokens, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	return p, p.write("tokens", "key", tokens)
}

// certificate is a template: valid for a day, for servers and clients.
func certificate(subject pkix.Name) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: subject, NotBefore: now.Add(-time.Minute), NotAfter: now.Add(24 * time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		BasicConstraintsValid: true,
	}
}

// issue signs a certificate for a new key and writes both. The first signs itself.
func (p *pki) issue(name string, template *x509.Certificate) (crypto.Signer, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	signer := p.key
	if signer == nil {
		signer = key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, p.crt, key.Public(), signer)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(p.path(name, "crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		return nil, err
	}
	return key, p.write(name, "key", key)
}

func (p *pki) path(name, kind string) string { return filepath.Join(p.dir, name+"."+kind) }

func (p *pki) write(name, kind string, key crypto.Signer) error {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	return os.WriteFile(p.path(name, kind), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600)
}

// server makes name's serving certificate for loopback and for addresses.
func (p *pki) server(name string, addresses ...net.IP) error {
	template := certificate(pkix.Name{CommonName: name})
	template.IPAddresses = append(addresses, net.IPv4(127, 0, 0, 1))
	_, err := p.issue(name, template)
	return err
}

// client makes a client certificate for a user, and the kubeconfig with it.
func (p *pki) client(name, server, user string, groups ...string) error {
	if _, err := p.issue(name, certificate(pkix.Name{CommonName: user, Organization: groups})); err != nil {
		return err
	}
	named := func(kind string, value object) []object { return []object{{"name": "e2e", kind: value}} }
	files := map[string][]byte{}
	for field, path := range map[string]string{"ca": p.path("ca", "crt"), "crt": p.path(name, "crt"), "key": p.path(name, "key")} {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		files[field] = text
	}
	text, err := json.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": "e2e",
		"clusters": named("cluster", object{"server": server, "certificate-authority-data": files["ca"]}),
		"users":    named("user", object{"client-certificate-data": files["crt"], "client-key-data": files["key"]}),
		"contexts": named("context", object{"cluster": "e2e", "user": "e2e"}),
	})
	if err != nil {
		return err
	}
	return os.WriteFile(p.path(name, "kubeconfig"), text, 0o600)
}
