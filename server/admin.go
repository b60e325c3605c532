package server

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/coffer-ml/coffer/internal/fault"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/user"
)

// keyPair is a pair ready to use: what to connect to, and with what.
type keyPair struct {
	APIServer   string `json:"api_server"`
	WebServer   string `json:"web_server"`
	FilesServer string `json:"files_server"`
	AccessKey   string `json:"access_key"`
	SecretKey   string `json:"secret_key"`
}

// keyRow is a living pair in a listing.
type keyRow struct {
	AccessKey    string    `json:"access_key"`
	User         string    `json:"user"`
	Label        string    `json:"label"`
	Created      time.Time `json:"created"`
	LastUsed     time.Time `json:"last_used"`
	LastUsedFrom string    `json:"last_used_from"`
}

// createKey makes a pair for the named user, by the operator.
func createKey(ctx context.Context, users *user.Service, name, label string) (user.Pair, error) {
	u, err := users.ByName(ctx, user.Operator, name)
	if err != nil {
		return user.Pair{}, err
	}
	return users.CreateKey(ctx, user.Operator, u.ID, label)
}

func listKeys(ctx context.Context, users *user.Service) ([]keyRow, error) {
	keys, err := users.Keys(ctx, user.Operator, true)
	if err != nil {
		return nil, err
	}
	all, err := users.All(ctx, user.Operator)
	if err != nil {
		return nil, err
	}
	names := make(map[user.ID]string, len(all))
	for _, u := range all {
		names[u.ID] = u.Name
	}
	rows := make([]keyRow, len(keys))
	for i, k := range keys {
		rows[i] = keyRow{k.Access, names[k.User], k.Label, k.Created, k.LastUsed, k.LastUsedFrom}
	}
	return rows, nil
}

// adminRoutes are what the admin socket has beside the usual routes.
func (s *services) adminRoutes(_ rpc.Addresses, _ Config) http.Handler {
	m := http.NewServeMux()
	m.HandleFunc("POST /admin/keys", func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		p, err := createKey(r.Context(), s.users, q.Get("user"), q.Get("label"))
		answer(w, p, err)
	})
	m.HandleFunc("GET /admin/keys", func(w http.ResponseWriter, r *http.Request) {
		rows, err := listKeys(r.Context(), s.users)
		answer(w, rows, err)
	})
	m.HandleFunc("DELETE /admin/keys/{key}", func(w http.ResponseWriter, r *http.Request) {
		answer(w, struct{}{}, s.users.RevokeKey(r.Context(), user.Operator, r.PathValue("key")))
	})
	return m
}

func answer(w http.ResponseWriter, v any, err error) {
	status := http.StatusOK
	if err != nil {
		status, v = http.StatusBadRequest, map[string]string{"error": fault.Of(err).Message}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

// errNoServer says that nobody serves the data directory.
var errNoServer = errors.New("no server is running on this data directory")

// askServer sends a request to the server of a data directory; errNoServer if
// there is none.
func askServer(ctx context.Context, data, method, path string, into any) error {
	socket := filepath.Join(data, adminSocket)
	if _, err := os.Stat(socket); err != nil {
		return errNoServer
	}
	client := &http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
		if err != nil {
			return nil, errors.Join(errNoServer, err)
		}
		return conn, nil
	}}}
	req, err := http.NewRequestWithContext(ctx, method, "http://coffer"+path, nil)
	if err != nil {
		return err
	}
	resp, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		var problem struct {
			Error string `json:"error"`
		}
		if err := json.Unmarshal(body, &problem); err != nil || problem.Error == "" {
			return fmt.Errorf("the server answered %s", strings.TrimSpace(string(body)))
		}
		return errors.New(problem.Error)
	}
	return json.Unmarshal(body, into)
}
