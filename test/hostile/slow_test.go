package hostile_test

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// drip sends a text one byte after the other until the other end closes the
// connection, and returns what it answered.
func drip(t *testing.T, c net.Conn, text string) answer {
	t.Helper()
	ended := make(chan struct{})
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		for _, b := range []byte(text) {
			select {
			case <-ended:
				return
			case <-time.After(100 * time.Millisecond):
			}
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	}()
	a := reply(t, c, http.MethodPost)
	close(ended)
	<-stopped
	return a
}

// open opens a connection to a listener, with TLS where it has that.
func (s *server) open(t *testing.T, base string) net.Conn {
	t.Helper()
	c := dial(t, base)
	if !strings.HasPrefix(base, "https:") {
		return c
	}
	return tls.Client(c, http.DefaultTransport.(*http.Transport).TLSClientConfig)
}

// A client that brings a byte now and then is told why and cut off, in header
// and body, on every listener, with and without TLS; and nothing is stored.
func TestOneByteAtATimeIsEnded(t *testing.T) {
	for name, args := range map[string][]string{"plain": nil, "TLS": certificate(t)} {
		t.Run(name, func(t *testing.T) {
			s := start(t, append(args, "--header-timeout", "3s", "--stall-timeout", "3s")...)
			body := strings.Repeat("x", 5000)
			form := []string{"Host: x", "Content-Type: multipart/form-data; boundary=edge", "Content-Length: 5000"}
			for what, c := range map[string]struct{ base, at, rest, says string }{
				"header on the web":   {s.Web, "", "GET / HTTP/1.1\r\nHost: x\r\nX: " + body, "header"},
				"header of the API":   {s.API, "", "GET / HTTP/1.1\r\nHost: x\r\nX: " + body, "header"},
				"header of the files": {s.Files, "", "GET / HTTP/1.1\r\nHost: x\r\nX: " + body, "header"},
				"body of the API":     {s.API, s.head("POST /v2.23/tasks.get_all HTTP/1.1", "Host: x", "Content-Length: 5000"), `{"name":"` + body, "too slowly"},
				"a batch of events":   {s.API, s.head("POST /v2.23/events.add_batch HTTP/1.1", "Host: x", "Content-Type: application/json-lines", "Content-Length: 5000"), body, "too slowly"},
				"upload":              {s.Files, s.head(append([]string{"POST / HTTP/1.1"}, form...)...), part("a.txt", body), "too slowly"},
				"upload on the web":   {s.Web, s.head(append([]string{"POST /files HTTP/1.1"}, form...)...), part("a.txt", body), "too slowly"},
				"batch of deletes":    {s.Files, s.head("POST /delete_many HTTP/1.1", "Host: x", "Content-Length: 5000"), `{"files":["` + body, "too slowly"},
				"upload in chunks":    {s.Files, s.head("POST / HTTP/1.1", "Host: x", form[1], "Transfer-Encoding: chunked"), "1000\r\n" + part("a.txt", body), "too slowly"},
			} {
				t.Run(what, func(t *testing.T) {
					t.Parallel()
					c2 := s.open(t, c.base)
					if _, err := io.WriteString(c2, c.at); err != nil {
						t.Fatal(err)
					}
					a := drip(t, c2, c.rest)
					if a.status != http.StatusRequestTimeout || !strings.Contains(a.message+string(a.body), c.says) {
						t.Errorf("%d %s %.200q, want 408 and %q", a.status, a.message, a.body, c.says)
					}
				})
			}
		})
	}
}

// What a slow client left half done is not stored.
func TestSlowUploadsThatAreEndedStoreNothing(t *testing.T) {
	s := start(t, "--stall-timeout", "1s")
	s.storesNothing(t, func() {
		c := dial(t, s.Files)
		_, err := io.WriteString(c, s.head("POST / HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=edge", "Content-Length: 5000000")+part("a.txt", strings.Repeat("x", 100_000)))
		must(t, err)
		if a := reply(t, c, http.MethodPost); a.status != http.StatusRequestTimeout {
			t.Errorf("%d %s", a.status, a.message)
		}
	})
}

// An honest slow client takes many times the limit in all, and is served: it
// brings more than the least in each window.
func TestSlowAndSteadyUploadsLive(t *testing.T) {
	s := start(t, "--stall-timeout", "5s")
	content := strings.Repeat("0123456789abcdef", 64<<10)
	body := part("slow.bin", content) + formEnd
	c := dial(t, s.Files)
	_, err := io.WriteString(c, s.head("POST / HTTP/1.1", "Host: x", "Content-Type: multipart/form-data; boundary=edge", fmt.Sprintf("Content-Length: %d", len(body))))
	must(t, err)
	for len(body) > 0 {
		n := min(len(body), 64<<10)
		_, err := io.WriteString(c, body[:n])
		must(t, err)
		body = body[n:]
		time.Sleep(time.Second)
	}
	if a := reply(t, c, http.MethodPost); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.message)
	}
	if a := s.do(t, http.MethodGet, s.Files+"/slow.bin", nil, nil); string(a.body) != content {
		t.Errorf("reads back as %d bytes", len(a.body))
	}
}

// A reader that stops reading is cut off; one that reads slowly gets all.
func TestReadersThatStopAreCutOff(t *testing.T) {
	const size = 64 << 20
	for name, args := range map[string][]string{"plain": nil, "TLS": certificate(t)} {
		t.Run(name, func(t *testing.T) {
			s := start(t, append(args, "--stall-timeout", "3s")...)
			body := part("large.bin", strings.Repeat("x", size)) + formEnd
			a := s.do(t, http.MethodPost, s.Files, map[string]string{"Content-Type": "multipart/form-data; boundary=edge"}, strings.NewReader(body))
			if a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.message)
			}
			get := func() (net.Conn, *http.Response) {
				c := s.open(t, s.Files)
				_, err := io.WriteString(c, s.head("GET /large.bin HTTP/1.1", "Host: x"))
				must(t, err)
				resp, err := http.ReadResponse(bufio.NewReaderSize(c, 1<<10), nil)
				must(t, err)
				return c, resp
			}
			_, stopped := get()
			_, slow := get()
			var got int64
			for step := int64(8 << 20); ; time.Sleep(500 * time.Millisecond) { // more than what the kernels hold
				n, err := io.CopyN(io.Discard, slow.Body, step)
				got += n
				if errors.Is(err, io.EOF) {
					break
				}
				must(t, err)
			}
			if got != size {
				t.Errorf("the slow reader got %d of %d bytes", got, size)
			}
			deadline := time.Now().Add(patience)
			cut := func() (lines []string) {
				for _, line := range s.logged(t, "path=/large.bin") {
					if !strings.Contains(line, fmt.Sprintf("bytes=%d ", size)) {
						lines = append(lines, line)
					}
				}
				return lines
			}
			for len(cut()) == 0 && time.Now().Before(deadline) {
				time.Sleep(100 * time.Millisecond)
			}
			if n, err := io.Copy(io.Discard, stopped.Body); err == nil || n >= size {
				t.Errorf("the one that stopped got %d bytes, %v", n, err)
			}
		})
	}
}

// certificate makes a certificate for this machine, lets clients of this
// process trust it, and returns the arguments for the server.
func certificate(t *testing.T) []string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	must(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	must(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	must(t, err)
	dir := t.TempDir()
	cert, private := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	must(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	must(t, os.WriteFile(private, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	parsed, err := x509.ParseCertificate(der)
	must(t, err)
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	http.DefaultTransport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool, ServerName: "localhost", MinVersion: tls.VersionTLS12}
	return []string{"--tls-cert", cert, "--tls-key", private}
}
