package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certificate leaves a certificate for 127.0.0.1 and its key.
func certificate(t *testing.T) (cert, key string, pool *x509.CertPool) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, key, pool = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem"), x509.NewCertPool()
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return cert, key, pool
}

func TestAllListenersSpeakTLS(t *testing.T) {
	cert, key, pool := certificate(t)
	plain := http.DefaultTransport
	http.DefaultTransport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}}
	t.Cleanup(func() { http.DefaultTransport = plain })
	r := start(t, "", "--tls-cert", cert, "--tls-key", key)
	for what, address := range map[string]string{"web": r.Web, "API": r.API, "files": r.Files} {
		if !strings.HasPrefix(address, "https://127.0.0.1:") {
			t.Errorf("%s is reached at %s", what, address)
		}
	}
	if got := r.upload(t, r.Files, "/tls/a", "secret"); got.status != http.StatusOK {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	if got := r.do(t, http.MethodGet, r.Web+"/files/tls/a", nil); string(got.body) != "secret" {
		t.Errorf("download: %d %s", got.status, got.body)
	}
	login := r.do(t, http.MethodGet, r.API+"/auth.login", nil)
	if cookie := login.header.Get("Set-Cookie"); !strings.Contains(cookie, "Secure") {
		t.Errorf("the cookie may travel in clear: %s", cookie)
	}
	host := strings.TrimPrefix(r.API, "https://")
	if got := r.artifactAt(t, r.Files+"/tls/a", host); got != r.Files+"/tls/a" {
		t.Errorf("an address is told as %s", got)
	}
	if page := string(r.do(t, http.MethodGet, r.Web+"/about", nil).body); !strings.Contains(page, r.Web+"/files") {
		t.Error("the page does not tell the https address")
	}
	if r.keys.API != r.API {
		t.Errorf("a pair is to be used at %s", r.keys.API)
	}
}

func TestACertificateThatCannotBeReadIsNamed(t *testing.T) {
	cert, _, _ := certificate(t)
	_, other, _ := certificate(t)
	for expectation, args := range map[string][]string{
		"no file":     {"--tls-cert", cert, "--tls-key", "/nowhere/key.pem"},
		"another key": {"--tls-cert", cert, "--tls-key", other},
		"no key":      {"--tls-cert", cert},
	} {
		t.Run(expectation, func(t *testing.T) {
			data := filepath.Join(t.TempDir(), "data")
			_, problem, code := command(t.Context(), append([]string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--api-listen", "off", "--files-listen", "off"}, args...)...)
			if code != 2 || !strings.Contains(problem, "tls-cert, tls-key: ") {
				t.Errorf("exit code %d: %s", code, problem)
			}
		})
	}
}
