package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/user"
)

// manage does something to the accounts of a data directory: through the
// server that owns it if one runs, by a request to its admin socket whose
// reply goes to into, else on the directory itself.
func manage(ctx context.Context, cfg Config, method, path, body string, into any, directly func(context.Context, *user.Service) error) error {
	err := askServerWith(ctx, cfg.Data, method, path, body, into)
	if errors.Is(err, errNoServer) {
		route, _, _ := strings.Cut(path, "?")
		return withUsers(user.WithAct(ctx, user.Act{Who: user.Operator, Action: method + " " + route}), cfg, directly)
	}
	return err
}

// errNoServer says that nobody serves the data directory.
var errNoServer = errors.New("no server is running on this data directory")

// askServer sends a request to the server of a data directory; errNoServer if
// there is none.
func askServer(ctx context.Context, data, method, path string, into any) error {
	return askServerWith(ctx, data, method, path, "", into)
}

// askServerWith is askServer with a body.
func askServerWith(ctx context.Context, data, method, path, body string, into any) error {
	client := &http.Client{Transport: &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			conn, err := dialAdmin(ctx, data)
			if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ECONNREFUSED) {
				return nil, errNoServer
			}
			return conn, err
		},
	}}
	req, err := http.NewRequestWithContext(ctx, method, "http://coffer"+path, strings.NewReader(body))
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("ask the server: %w", err)
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if resp.StatusCode == http.StatusOK {
		return json.Unmarshal(answer, into)
	}
	var p problem
	if err := json.Unmarshal(answer, &p); err != nil || p.Message == "" {
		return fmt.Errorf("the server answered %d: %s", resp.StatusCode, strings.TrimSpace(string(answer)))
	}
	for _, kind := range fault.Kinds() {
		if kind.String() == p.Kind {
			return fault.Reason{Kind: kind, Name: p.Reason}.Errorf("%s", p.Message)
		}
	}
	return errors.New(p.Message)
}

// withUsers opens the accounts of a data directory that nobody serves, or of a
// database on a server, which is shared by any number.
func withUsers(ctx context.Context, cfg Config, fn func(context.Context, *user.Service) error) error {
	return owning(cfg, func() error {
		db, users, err := openUsers(ctx, cfg)
		if err != nil {
			return err
		}
		return errors.Join(fn(ctx, users), db.Close())
	})
}

// withServices is withUsers with everything.
func withServices(ctx context.Context, cfg Config, logTo io.Writer, fn func(*services) error) error {
	return owning(cfg, func() error {
		s, err := build(ctx, cfg, newLogger(cfg, logTo), nil)
		if err != nil {
			return err
		}
		return errors.Join(fn(s), s.close())
	})
}

// owning runs fn as the owner of a data directory that was served before;
// nobody need own a database on a server.
func owning(cfg Config, fn func() error) error {
	if cfg.DB != "" {
		return fn()
	}
	if _, err := os.Stat(filepath.Join(cfg.Data, databaseFile)); err != nil {
		return ErrNoData.Errorf("%s holds no Coffer yet; start it once with: coffer serve --data %s", cfg.Data, cfg.Data)
	}
	unlock, err := lockData(cfg.Data)
	if err != nil {
		return err
	}
	defer unlock()
	return fn()
}

// ErrNoData is the reason for a data directory that was never served.
var ErrNoData = fault.Reason{Kind: fault.NotFound, Name: "server.no_data"}
