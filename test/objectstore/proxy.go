package objectstore

import (
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// Break is what goes wrong with one request. The zero value: nothing.
type Break struct {
	// Status and Code are answered in the place of the store, in its own form.
	Status int
	Code   string
	// Hang never answers, until the client gives up.
	Hang bool
	// CutRequest cuts the connection to the store and to the client after so
	// many bytes of the request's body.
	CutRequest int64
	// CutAnswer cuts the connection after so many bytes of the answer's body.
	CutAnswer int64
	// Cut cuts the connection before anything reaches the store.
	Cut bool
	// Lose cuts the connection in the place of an answer: the store has done
	// what it was asked to.
	Lose bool
	// Version answers with another version of the object: ETag or generation.
	Version bool
}

// Proxy stands between a program and a server, and breaks what passes.
type Proxy struct {
	Server *Server
	front  *httptest.Server
	next   http.RoundTripper
	total  atomic.Int64

	mu     sync.Mutex
	rule   func(r *http.Request) Break
	budget int64 // bytes from the client until connections are cut; 0 none
}

// NewProxy starts a proxy to the server, stopped after the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	p := &Proxy{Server: s, next: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 64}}
	p.front = httptest.NewUnstartedServer(p)
	p.front.Listener = counted{p.front.Listener, p}
	// Connections that are cut on purpose are no news.
	p.front.Config.ErrorLog = nil
	p.front.Start()
	t.Cleanup(p.front.Close)
	return p
}

// Address is where a bucket is reached through the proxy.
func (p *Proxy) Address(t testing.TB, direct string, options ...string) string {
	t.Helper()
	u := Parse(t, direct)
	query := u.Query()
	query.Set("endpoint", p.front.URL)
	for _, o := range options {
		name, value, _ := strings.Cut(o, "=")
		query.Set(name, value)
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// Set makes a rule that is asked about each request, until Heal.
func (p *Proxy) Set(rule func(r *http.Request) Break) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule = rule
}

// First breaks the first n requests that match ("" is any method) and counts
// all that do.
func (p *Proxy) First(n int64, method string, b Break) (seen *atomic.Int64) {
	seen = new(atomic.Int64)
	p.Set(func(r *http.Request) Break {
		if method != "" && r.Method != method || seen.Add(1) > n {
			return Break{}
		}
		return b
	})
	return seen
}

// CutAfter cuts the connection, once, when so many bytes came from the client.
func (p *Proxy) CutAfter(bytes int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.budget = bytes
}

// Heal lets everything through again.
func (p *Proxy) Heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.rule, p.budget = nil, 0
}

// Requests is how many requests came so far.
func (p *Proxy) Requests() int64 { return p.total.Load() }

// spend reports whether the connection that brought the bytes is to be cut.
func (p *Proxy) spend(n int) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.budget == 0 {
		return false
	}
	if p.budget -= int64(n); p.budget > 0 {
		return false
	}
	p.budget = 0
	return true
}

// counted are connections whose bytes count.
type counted struct {
	net.Listener
	p *Proxy
}

func (c counted) Accept() (net.Conn, error) {
	conn, err := c.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return countedConn{conn, c.p}, nil
}

type countedConn struct {
	net.Conn
	p *Proxy
}

func (c countedConn) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if n > 0 && c.p.spend(n) {
		_ = c.Close()
		return 0, net.ErrClosed
	}
	return n, err
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.total.Add(1)
	p.mu.Lock()
	rule := p.rule
	p.mu.Unlock()
	var b Break
	if rule != nil {
		b = rule(r)
	}
	switch {
	case b.Hang:
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case b.Cut:
		panic(http.ErrAbortHandler)
	case b.Status != 0:
		_, _ = io.Copy(io.Discard, r.Body)
		p.refuse(w, b)
		return
	}
	answer, err := p.forward(r, b)
	if err != nil || b.Lose {
		if err == nil {
			_, _ = io.Copy(io.Discard, answer.Body)
			_ = answer.Body.Close()
		}
		panic(http.ErrAbortHandler)
	}
	defer func() { _ = answer.Body.Close() }()
	p.pass(w, answer, b)
}

// forward asks the server what the proxy was asked, under the same name: it is
// part of signatures.
func (p *Proxy) forward(r *http.Request, b Break) (*http.Response, error) {
	to, err := url.Parse(p.Server.Endpoint)
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	out.RequestURI, out.URL.Scheme, out.URL.Host = "", to.Scheme, to.Host
	if r.ContentLength == 0 {
		out.Body = nil
	} else if b.CutRequest > 0 {
		out.Body = io.NopCloser(io.MultiReader(io.LimitReader(r.Body, b.CutRequest), cut{}))
	}
	return p.next.RoundTrip(out)
}

type cut struct{}

func (cut) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// pass hands an answer on.
func (p *Proxy) pass(w http.ResponseWriter, answer *http.Response, b Break) {
	maps.Copy(w.Header(), answer.Header)
	// Where an upload goes on must not lead past the proxy.
	if at := answer.Header.Get("Location"); at != "" {
		w.Header().Set("Location", strings.Replace(at, p.Server.Endpoint, p.front.URL, 1))
	}
	if b.Version {
		for _, name := range []string{"Etag", "X-Goog-Generation"} {
			if w.Header().Get(name) != "" {
				w.Header().Set(name, otherVersion(w.Header().Get(name)))
			}
		}
	}
	if answer.ContentLength >= 0 {
		w.Header().Set("Content-Length", strconv.FormatInt(answer.ContentLength, 10))
	}
	w.WriteHeader(answer.StatusCode)
	if b.CutAnswer == 0 {
		_, _ = io.Copy(w, answer.Body)
		return
	}
	_, _ = io.CopyN(w, answer.Body, b.CutAnswer)
	_ = http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// otherVersion changes an ETag or a generation into another one.
func otherVersion(v string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '8' {
			return c + 1
		}
		return c
	}, v)
}

// refuse answers as the store would.
func (p *Proxy) refuse(w http.ResponseWriter, b Break) {
	switch p.Server.Kind {
	case GCS:
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(b.Status)
		_, _ = fmt.Fprintf(w, `{"error":{"code":%d,"message":"the proxy says so","errors":[{"domain":"global","reason":%q,"message":"the proxy says so"}]}}`, b.Status, b.Code)
	case Azure:
		w.Header().Set("x-ms-error-code", b.Code)
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(b.Status)
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="utf-8"?><Error><Code>%s</Code><Message>the proxy says so</Message></Error>`, b.Code)
	default:
		w.Header().Set("Content-Type", "application/xml")
		w.WriteHeader(b.Status)
		_, _ = fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>the proxy says so</Message></Error>`, b.Code)
	}
}
