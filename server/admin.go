package server

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/internal/fault"
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
	LastUsed     time.Time `json:"last_used,omitzero"`
	LastUsedFrom string    `json:"last_used_from"`
}

// createKey makes a pair for the named user.
func createKey(ctx context.Context, users *user.Service, who user.Identity, name, label string) (user.Pair, error) {
	u, err := users.ByName(ctx, who, name)
	if err != nil {
		return user.Pair{}, err
	}
	return users.CreateKey(ctx, who, u.ID, label)
}

func listKeys(ctx context.Context, users *user.Service, who user.Identity) ([]keyRow, error) {
	keys, err := users.Keys(ctx, who, true)
	if err != nil {
		return nil, err
	}
	all, err := users.All(ctx, who)
	if err != nil {
		return nil, err
	}
	names := make(map[user.ID]string, len(all))
	for _, u := range all {
		names[u.ID] = u.Name
	}
	return keyRows(keys, names), nil
}

func keyRows(keys []user.Key, names map[user.ID]string) []keyRow {
	rows := make([]keyRow, len(keys))
	for i, k := range keys {
		rows[i] = keyRow{k.Access, names[k.User], k.Label, k.Created, k.LastUsed, k.LastUsedFrom}
	}
	return rows
}

// problem is how the admin routes tell a failure.
type problem struct {
	Kind    string `json:"kind"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

// told is what the socket answers. Whoever may use it may also read the log,
// so that he is told which call a store refused.
func told(err error) string {
	var f *blob.Failure
	if errors.As(err, &f) {
		return fault.Of(err).Message + ": " + f.Error()
	}
	return fault.Of(err).Message
}

// maxPasswordBody is more than a password may have, so that one which is too
// long is refused as that.
const maxPasswordBody = 64 << 10

// refusal is the HTTP status of a failure: commands read the kind beside it.
func refusal(kind fault.Kind) int {
	switch kind {
	case fault.Unauthenticated:
		return http.StatusUnauthorized
	case fault.Forbidden:
		return http.StatusForbidden
	}
	return http.StatusBadRequest
}

// adminMount is what the admin socket has beside the usual routes. at tells
// new pairs where to connect to.
func adminMount(s *services, at keyPair, logger *slog.Logger) mount {
	m := http.NewServeMux()
	var routes []door.Route
	on := func(pattern string, fn func(r *http.Request, who user.Identity) (any, error)) {
		routes = append(routes, door.Route{Name: pattern, Access: door.Admin})
		m.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			who, err := s.guard.Admit(r, door.Admin)
			var reply any
			if err == nil {
				door.NoteUser(r.Context(), who.Name)
				reply, err = fn(r.WithContext(user.WithAct(r.Context(), door.Act(r, who, pattern))), who)
			}
			status := http.StatusOK
			if err != nil {
				f := fault.Of(err)
				status, reply = refusal(f.Reason.Kind), problem{f.Reason.Kind.String(), f.Reason.Name, told(err)}
				if f.Reason.Kind == fault.Internal || f.Reason.Kind == fault.Unavailable {
					logger.Error("administration failed", "id", door.RequestID(r.Context()), "reason", f.Reason.Name, "error", err)
				}
			}
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(reply) // a command that was interrupted is no error of ours
		})
	}
	on("POST /admin/keys", func(r *http.Request, who user.Identity) (any, error) {
		q := r.URL.Query()
		p, err := createKey(r.Context(), s.users, who, q.Get("user"), q.Get("label"))
		return at.with(p), err
	})
	on("GET /admin/keys", func(r *http.Request, who user.Identity) (any, error) {
		return listKeys(r.Context(), s.users, who)
	})
	on("DELETE /admin/keys", func(r *http.Request, who user.Identity) (any, error) {
		return struct{}{}, s.users.RevokeKey(r.Context(), who, r.URL.Query().Get("key"))
	})
	for _, route := range slices.Sorted(maps.Keys(accountActs)) {
		act := accountActs[route]
		on(route, func(r *http.Request, who user.Identity) (any, error) {
			password, err := io.ReadAll(io.LimitReader(r.Body, maxPasswordBody))
			if err != nil {
				return nil, err
			}
			return act(r.Context(), s.users, who, r.URL.Query(), string(password))
		})
	}
	on("GET /admin/blobs", func(r *http.Request, _ user.Identity) (any, error) {
		return listVolumes(r.Context(), s)
	})
	on("POST /admin/blobs/move", func(r *http.Request, _ user.Identity) (any, error) {
		q := r.URL.Query()
		after, err := strconv.ParseInt(q.Get("after"), 10, 64)
		if err != nil {
			return nil, ErrUsage.Errorf("after: expected the number of a row")
		}
		return moveStep(r.Context(), s, q.Get("from"), q.Get("to"), after)
	})
	on("POST /admin/gc", func(r *http.Request, _ user.Identity) (any, error) {
		grace, err := parseGrace(r.URL.Query().Get("grace"))
		if err != nil {
			return nil, err
		}
		return s.files.Collect(r.Context(), grace)
	})
	return mount{"/admin/", "", m, routes}
}
