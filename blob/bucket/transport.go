package bucket

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
)

// TLS says whom to trust. The zero value trusts whom the system trusts.
type TLS struct {
	CA         string // path of a PEM file with further authorities
	SkipVerify bool   // trust anybody: for trying things out
}

// DefaultStall is how long a connection may stand still. Stores answer long
// copies with a blank now and then.
const DefaultStall = time.Minute

// connections is how many idle ones are kept: uploads and downloads under way
// would otherwise open one for each call.
const connections = 128

// Transport returns the HTTP transport of a driver. A connection on which
// nothing moves for the time of stall is given up (0 is DefaultStall).
func Transport(o TLS, stall time.Duration) (*http.Transport, error) {
	if stall <= 0 {
		stall = DefaultStall
	}
	trust := &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: o.SkipVerify}
	if o.CA != "" {
		pem, err := os.ReadFile(o.CA)
		if err != nil {
			return nil, fmt.Errorf("read the certificates of the store: %w", err)
		}
		if trust.RootCAs, err = x509.SystemCertPool(); err != nil {
			trust.RootCAs = x509.NewCertPool()
		}
		if !trust.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s holds no certificate in PEM form", o.CA)
		}
	}
	dial := &net.Dialer{Timeout: min(stall, 10*time.Second), KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			c, err := dial.DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			return &moving{c, stall}, nil
		},
		TLSClientConfig:       trust,
		TLSHandshakeTimeout:   min(stall, 10*time.Second),
		MaxIdleConns:          connections,
		MaxIdleConnsPerHost:   connections,
		IdleConnTimeout:       min(stall, 90*time.Second),
		ExpectContinueTimeout: time.Second,
		// What is stored is what is read: nothing is unpacked on the way.
		DisableCompression: true,
		// Part of a megabyte in one call: fewer of them for the same bytes.
		WriteBufferSize: 128 << 10,
		ReadBufferSize:  128 << 10,
	}, nil
}

// moving is a connection that ends when nothing moves on it in either
// direction.
type moving struct {
	net.Conn
	stall time.Duration
}

func (m *moving) Read(p []byte) (int, error) {
	if err := m.extend(); err != nil {
		return 0, err
	}
	return m.Conn.Read(p)
}

func (m *moving) Write(p []byte) (int, error) {
	if err := m.extend(); err != nil {
		return 0, err
	}
	return m.Conn.Write(p)
}

func (m *moving) extend() error {
	return m.SetDeadline(time.Now().Add(m.stall)) //nolint:forbidigo // deadlines are by the clock of the machine
}

// Pin refuses to talk to anybody else than a host and what is below it,
// whatever a redirect or a library's default says.
func Pin(host string, next http.RoundTripper) http.RoundTripper { return pinned{host, next} }

type pinned struct {
	host string
	next http.RoundTripper
}

func (p pinned) RoundTrip(r *http.Request) (*http.Response, error) {
	if host := r.URL.Hostname(); host != p.host && !strings.HasSuffix(host, "."+p.host) {
		return nil, ErrAddress.Errorf("a request to %s was refused: the endpoint is %s", host, p.host)
	}
	return p.next.RoundTrip(r)
}

// Endpoint reads where a store is: http://host:port or https://host.
func Endpoint(text string) (*url.URL, error) {
	if !strings.Contains(text, "://") {
		text = "https://" + text
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || strings.Trim(u.Path, "/") != "" || u.User != nil {
		return nil, ErrAddress.Wrap(err, "blobs: endpoint=%s: expected http://host:port or https://host", text)
	}
	return u, nil
}
