package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
)

// Addresses are where a running server is reached; absent listeners are "".
// They stand in addresses.json of the data directory while it serves.
type Addresses struct {
	Web   string `json:"web,omitempty"`
	API   string `json:"api,omitempty"`
	Files string `json:"files,omitempty"`
}

const (
	addressesFile = "addresses.json"
	adminSocket   = "admin.sock"
)

// listeners are the open ports and the admin socket.
type listeners struct {
	web, api, files, admin net.Listener
	tls                    bool
}

func openListeners(ctx context.Context, cfg Config) (l *listeners, err error) {
	l = &listeners{}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	var tlsConfig *tls.Config
	if cfg.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return nil, fmt.Errorf("tls-cert, tls-key: %w", err)
		}
		tlsConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
		l.tls = true
	}
	for _, o := range []struct {
		key, address string
		to           *net.Listener
	}{{"listen", cfg.Listen, &l.web}, {"api-listen", cfg.APIListen, &l.api}, {"files-listen", cfg.FilesListen, &l.files}} {
		if o.address == off {
			continue
		}
		opened, err := (&net.ListenConfig{}).Listen(ctx, "tcp", o.address)
		if err != nil {
			return l, fmt.Errorf("%s: %w", o.key, err)
		}
		*o.to = opened
		if tlsConfig != nil {
			*o.to = tls.NewListener(opened, tlsConfig)
		}
	}
	socket := filepath.Join(cfg.Data, adminSocket)
	_ = os.Remove(socket) // of a server that was killed; we hold the lock
	if l.admin, err = (&net.ListenConfig{}).Listen(ctx, "unix", socket); err != nil {
		return l, fmt.Errorf("admin socket: %w", err)
	}
	return l, os.Chmod(socket, 0o600)
}

func (l *listeners) close() {
	for _, x := range []net.Listener{l.web, l.api, l.files, l.admin} {
		if x != nil {
			_ = x.Close()
		}
	}
}

// addresses tells where clients on this machine reach the listeners.
func (l *listeners) addresses() Addresses {
	show := func(x net.Listener) string {
		if x == nil {
			return ""
		}
		scheme := "http"
		if l.tls {
			scheme = "https"
		}
		host, port, _ := net.SplitHostPort(x.Addr().String())
		if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
			host = "localhost"
		}
		return scheme + "://" + net.JoinHostPort(host, port)
	}
	return Addresses{Web: show(l.web), API: show(l.api), Files: show(l.files)}
}

func port(l net.Listener) string {
	if l == nil {
		return ""
	}
	_, p, _ := net.SplitHostPort(l.Addr().String())
	return p
}

// writeAddresses leaves the addresses for other processes, whole or not at all.
func writeAddresses(dir string, a Addresses) error {
	text, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	path := filepath.Join(dir, addressesFile)
	tmp := path + ".new"
	if err := os.WriteFile(tmp, append(text, '\n'), 0o600); err != nil {
		return fmt.Errorf("write addresses: %w", err)
	}
	return os.Rename(tmp, path)
}

// Limits on connections.
const (
	headerPatience = 20 * time.Second // for the header of a request
	idlePatience   = 2 * time.Minute  // between requests of one connection
	headerBytes    = 64 << 10         // of all header lines: the longest paths fit
)

// serveAll serves all listeners until ctx ends, and then lets what runs end
// within the grace period.
func serveAll(ctx context.Context, l *listeners, d doors, grace time.Duration) error {
	var servers []*http.Server
	failed := make(chan error, 4)
	start := func(x net.Listener, h http.Handler, conn func(context.Context, net.Conn) context.Context) {
		if x == nil {
			return
		}
		s := &http.Server{
			Handler: h, ReadHeaderTimeout: headerPatience, IdleTimeout: idlePatience, MaxHeaderBytes: headerBytes, ConnContext: conn,
		}
		servers = append(servers, s)
		go func() {
			if err := s.Serve(x); !errors.Is(err, http.ErrServerClosed) {
				failed <- err
			}
		}()
	}
	start(l.web, d.web, nil)
	start(l.api, d.api, nil)
	start(l.files, d.files, nil)
	start(l.admin, d.admin, func(ctx context.Context, _ net.Conn) context.Context { return door.AsOperator(ctx) })

	var err error
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace)
	defer cancel()
	ended := make(chan error, len(servers))
	for _, s := range servers {
		go func() {
			serr := s.Shutdown(stop)
			if serr != nil {
				_ = s.Close()
			}
			ended <- serr
		}()
	}
	for range servers {
		if serr := <-ended; serr != nil && err == nil && !errors.Is(serr, context.DeadlineExceeded) {
			err = serr
		}
	}
	return err
}
