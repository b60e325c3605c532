package postgres

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
)

// Proxy stands between a program and a server, and can cut the connection.
type Proxy struct {
	to string
	l  net.Listener

	mu   sync.Mutex
	cut  bool
	open map[net.Conn]struct{}
	wait sync.WaitGroup
}

// NewProxy starts a proxy to the server, stopped after the test.
func NewProxy(t testing.TB, s *Server) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{to: s.Address(), l: l, open: make(map[net.Conn]struct{})}
	p.wait.Go(p.accept)
	t.Cleanup(func() {
		_ = l.Close()
		p.Cut()
		p.wait.Wait()
	})
	return p
}

// URL is where a database is reached through the proxy.
func (p *Proxy) URL(t testing.TB, direct string) string {
	t.Helper()
	u, err := url.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	u.Host = p.l.Addr().String()
	return u.String()
}

// Cut breaks all connections, and each new one, until Mend.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = true
	for c := range p.open {
		_ = c.Close()
	}
}

// Mend lets new connections through again.
func (p *Proxy) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = false
}

func (p *Proxy) accept() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		p.wait.Go(func() { p.serve(c) })
	}
}

func (p *Proxy) serve(c net.Conn) {
	if !p.hold(c) {
		return
	}
	defer p.release(c)
	s, err := net.Dial("tcp", p.to)
	if err != nil || !p.hold(s) {
		return
	}
	defer p.release(s)
	p.wait.Go(func() {
		_, _ = io.Copy(s, c)
		_ = s.Close()
	})
	_, _ = io.Copy(c, s)
}

// hold notes an open connection; one that comes while all are cut is closed.
func (p *Proxy) hold(c net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cut {
		_ = c.Close()
		return false
	}
	p.open[c] = struct{}{}
	return true
}

func (p *Proxy) release(c net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = c.Close()
	delete(p.open, c)
}
