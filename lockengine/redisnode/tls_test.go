package redisnode_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/lockscope/lockscope/internal/redistest"
	"github.com/lockscope/lockscope/lockengine"
	"github.com/lockscope/lockscope/lockengine/nodetest"
	"github.com/lockscope/lockscope/lockengine/redisnode"
)

// A node behind TLS does what every node does, and a certificate of somebody
// else is refused.
func TestANodeBehindTLSConforms(t *testing.T) {
	dir := t.TempDir()
	trusted := certificate(t, dir)
	start := func(t *testing.T) string {
		t.Helper()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		_, port, _ := net.SplitHostPort(listener.Addr().String())
		listener.Close()
		redistest.Start(t, "--tls-port", port, "--tls-auth-clients", "no",
			"--tls-cert-file", filepath.Join(dir, "cert.pem"), "--tls-key-file", filepath.Join(dir, "key.pem"))
		return "rediss://127.0.0.1:" + port
	}
	nodetest.Run(t, func(t *testing.T) lockengine.Node {
		opts, err := redisnode.ParseURL(start(t))
		if err != nil {
			t.Fatal(err)
		}
		opts.TLSConfig.RootCAs = trusted
		n := redisnode.New("a", opts)
		t.Cleanup(func() { n.Close() })
		return n
	})
	t.Run("a certificate that nobody vouches for", func(t *testing.T) {
		n := dial(t, start(t))
		a := do(t, n, lockengine.KindAcquire, "k", "one", time.Minute)
		var unknown *tls.CertificateVerificationError
		if a.Vote != lockengine.VoteDown || !a.Void || !errors.As(a.Err, &unknown) {
			t.Errorf("%+v", a)
		}
	})
}

// certificate writes one for 127.0.0.1 that signed itself, and returns who
// trusts it.
func certificate(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(cert)
	return pool
}
