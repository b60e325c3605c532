package server

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"sync"
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

const addressesFile = "addresses.json"

// listeners are the open ports and the admin socket.
type listeners struct {
	web, api, files, admin net.Listener
	scheme                 string
}

func openListeners(ctx context.Context, cfg Config) (l *listeners, err error) {
	l = &listeners{scheme: cfg.scheme()}
	defer func() {
		if err != nil {
			l.close()
		}
	}()
	var tlsConfig *tls.Config
	if cfg.TLSCert != "" {
		pair, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
		if err != nil {
			return l, ErrUsage.Errorf("tls-cert, tls-key: %s", err)
		}
		tlsConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12}
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
		*o.to = paced{opened, cfg.StallTimeout}
		if tlsConfig != nil {
			*o.to = tls.NewListener(*o.to, tlsConfig)
		}
	}
	l.admin, err = listenAdmin(ctx, cfg.Data)
	return l, err
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
		return reached(l.scheme, x.Addr().String())
	}
	return Addresses{Web: show(l.web), API: show(l.api), Files: show(l.files)}
}

// reached returns the address at which clients on this machine reach a
// listener.
func reached(scheme, listen string) string {
	host, port, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "localhost"
	}
	return scheme + "://" + net.JoinHostPort(host, port)
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
	headerBytes = 64 << 10    // of all header lines: the longest paths fit
	lastWords   = time.Second // for replies that are written but not yet read by their callers
)

// serveAll serves all listeners until ctx ends or one of them breaks. Then
// requests that run may end within the grace period, and new ones are told to
// come back; what still runs after that is cut off.
func serveAll(ctx context.Context, l *listeners, d doors, running *drain, cfg Config, logger *slog.Logger) error {
	var servers []*http.Server
	failed := make(chan error, 4)
	start := func(x net.Listener, h http.Handler, conn func(context.Context, net.Conn) context.Context) {
		if x == nil {
			return
		}
		s := &http.Server{
			Handler:           door.Pace{Window: cfg.StallTimeout, Now: time.Now}.Wrap(closeAfterChunks(running.wrap(h))),
			ReadHeaderTimeout: cfg.HeaderTimeout, IdleTimeout: cfg.IdleTimeout, MaxHeaderBytes: headerBytes,
			ConnContext: conn, ConnState: answerLate(cfg.HeaderTimeout), ErrorLog: slog.NewLogLogger(logger.Handler(), slog.LevelWarn),
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
	logger.Info("stopping", "grace", cfg.ShutdownGrace)
	late := time.NewTimer(cfg.ShutdownGrace)
	defer late.Stop()
	select {
	case <-running.stop():
	case <-late.C:
		logger.Warn("requests are cut off: they still run at the end of the grace period")
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWords)
	defer cancel()
	var ended sync.WaitGroup
	for _, s := range servers {
		ended.Go(func() {
			if s.Shutdown(closing) != nil {
				_ = s.Close()
			}
		})
	}
	ended.Wait()
	return err
}
