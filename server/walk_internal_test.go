package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/test/postgres"
	"github.com/coffer-ml/coffer/test/rows"
	"github.com/coffer-ml/coffer/user"
)

// mark stands in everything that the server of the walk holds: in names, texts
// and bytes.
const mark = "m4rk3d"

// hall is a server without listeners, with something of each kind in it.
type hall struct {
	services *services
	listening
	data string
	rows *rows.Reader

	task, project, model, queue, upload, account, access string
}

func newHall(t *testing.T, at string) *hall {
	t.Helper()
	h := &hall{data: filepath.Join(t.TempDir(), "data")}
	f := pflag.NewFlagSet("serve", pflag.ContinueOnError)
	Flags(f)
	must(t, f.Parse([]string{"--data", h.data, "--db", at}))
	cfg, err := Load(f, func(string) string { return "" })
	must(t, err)
	unlock, err := lockData(cfg.Data)
	must(t, err)
	t.Cleanup(unlock)
	logger, m := newLogger(cfg, io.Discard), newMetrics()
	h.services, err = build(t.Context(), cfg, logger, m)
	must(t, err)
	t.Cleanup(func() { must(t, h.services.close()) })
	must(t, h.services.prepare(t.Context(), cfg, nil, io.Discard, keyPair{}))
	h.listening = newListening(h.services, cfg, m, logger, rpc.Addresses{WebPort: "8080", APIPort: "8008", FilesPort: "8081"}, keyPair{}, func() bool { return false })
	h.rows = rows.Open(t, sqlstore.Config{Path: filepath.Join(cfg.Data, databaseFile), URL: cfg.DB})
	h.fill(t)
	return h
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// fill puts something of each kind into the server.
func (h *hall) fill(t *testing.T) {
	t.Helper()
	call := func(endpoint, body, keep string) string {
		t.Helper()
		r := httptest.NewRequest(http.MethodPost, "/"+endpoint, strings.NewReader(body))
		rec := serveOn(h.api, r.WithContext(door.AsOperator(r.Context())))
		var reply struct{ Data map[string]any }
		if err := json.Unmarshal(rec.Body.Bytes(), &reply); err != nil || rec.Code != http.StatusOK {
			t.Fatalf("%s: %d %s", endpoint, rec.Code, rec.Body)
		}
		id, _ := reply.Data[keep].(string)
		return id
	}
	h.project = call("projects.create", `{"name":"`+mark+`"}`, "id")
	h.task = call("tasks.create", `{"name":"`+mark+`","type":"training","project":"`+h.project+`","hyperparams":{"a":{"b":{"section":"a","name":"b","value":"`+mark+`"}}}}`, "id")
	call("tasks.add_or_update_artifacts", `{"task":"`+h.task+`","artifacts":[{"key":"`+mark+`","type":"custom","uri":"http://example.com:8081/`+mark+`.txt","type_data":{"preview":"`+mark+`"}}]}`, "")
	call("events.add", `{"type":"log","task":"`+h.task+`","msg":"`+mark+`"}`, "")
	h.model = call("models.create", `{"name":"`+mark+`","ready":false,"uri":"http://example.com:8081/`+mark+`.txt"}`, "id")
	h.queue = call("queues.create", `{"name":"`+mark+`"}`, "id")

	u, err := h.services.users.Create(t.Context(), user.Operator, user.Spec{Name: mark, Role: user.Member})
	must(t, err)
	p, err := h.services.users.CreateKey(t.Context(), user.Operator, u.ID, mark)
	must(t, err)
	h.account, h.access = string(u.ID), p.Access

	body, media := h.form(t, mark+".txt")
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.Header.Set("Content-Type", media)
	if rec := serveOn(h.files, r.WithContext(door.AsOperator(r.Context()))); rec.Code != http.StatusOK {
		t.Fatalf("upload: %d %s", rec.Code, rec.Body)
	}
	r = httptest.NewRequest(http.MethodPost, "/uploads", strings.NewReader(`{"path":"`+mark+`.bin","size":4}`))
	rec := serveOn(h.api, r.WithContext(door.AsOperator(r.Context())))
	var opened struct{ ID string }
	if err := json.Unmarshal(rec.Body.Bytes(), &opened); err != nil || opened.ID == "" {
		t.Fatalf("upload in parts: %d %s", rec.Code, rec.Body)
	}
	h.upload = opened.ID
}

// form is an upload of one file.
func (h *hall) form(t *testing.T, path string) (io.Reader, string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	part, err := w.CreateFormFile(path, path)
	must(t, err)
	_, err = io.WriteString(part, mark)
	must(t, err)
	must(t, w.Close())
	return &b, w.FormDataContentType()
}

func serveOn(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	handler.ServeHTTP(rec, r)
	return rec
}

// sample is how a route is called so that it would work for an administrator.
type sample struct{ query, body string }

// samples has one for each route but the endpoints of the protocol, which take
// the body of all. A route that is not here was added without a thought of who
// may call it.
func (h *hall) samples() map[string]sample {
	artifact := sample{query: "key=" + mark}
	return map[string]sample{
		"GET /healthz": {}, "GET /readyz": {}, "GET /metrics": {},

		"GET /": {}, "POST /": {}, "GET /{path}": {}, "DELETE /{path}": {},
		"POST /delete_many": {body: `{"files":["` + mark + `.txt"]}`},

		"POST /uploads": {body: `{"path":"` + mark + `.new","size":4}`}, "GET /uploads": {}, "GET /uploads/{id}": {}, "DELETE /uploads/{id}": {},
		"PUT /uploads/{id}/parts/{offset}": {body: "four"}, "DELETE /uploads/{id}/parts/{offset}": {}, "POST /uploads/{id}/commit": {},

		"GET /artifacts": {}, "GET /tasks/{task}/artifacts": {}, "GET /tasks/{task}/artifact": artifact,
		"GET /tasks/{task}/artifact/versions": artifact, "DELETE /tasks/{task}/artifact": artifact,
		"PATCH /tasks/{task}/artifact":        {query: "key=" + mark, body: `{"set":{"a":"b"}}`},
		"POST /tasks/{task}/artifact/restore": {query: "v=1&key=" + mark}, "GET /archive": {query: "task=" + h.task},
		"GET /blobs/{digest}": {}, "GET /search": {query: "q=" + mark}, "GET /usage": {},
		"GET /tasks/{task}/scalars": {query: "metric=a&variant=b"}, "GET /tasks/{task}/log/search": {query: "q=" + mark}, "GET /events/stream": {query: "from=start&task=" + h.task},
		"GET /preview/{digest}": {}, "GET /preview/{digest}/image": {}, "GET /preview/{digest}/html": {}, "GET /preview/{digest}/bytes": {},
		"POST /delete-plan": {body: `{"tasks":["` + h.task + `"]}`},
		"GET /lineage":      {query: "model=" + h.model}, "GET /audit": {},
		"GET /rules": {}, "PATCH /rules": {body: `{"block_scripts":false}`},
		"GET /users": {}, "POST /users": {body: `{"name":"made by the walk"}`}, "PATCH /users/{user}": {body: `{"family_name":"changed"}`},
		"DELETE /users/{user}": {}, "POST /users/{user}/reset": {body: "{}"}, "GET /users/{user}/keys": {},
		"POST /users/password":    {body: `{"old":"x","new":"correct horse"}`},
		"POST /invitation/look":   {body: `{"token":"x"}`},
		"POST /invitation/accept": {body: `{"token":"x","password":"correct horse"}`},

		"POST /admin/keys": {query: "user=" + mark}, "GET /admin/keys": {}, "DELETE /admin/keys": {query: "key=" + h.access},
		"GET /admin/users": {}, "POST /admin/users": {query: "name=by+command&role=guest", body: "correct horse"}, "POST /admin/users/invite": {query: "name=x&role=guest"},
		"POST /admin/users/role": {query: "role=guest&name=" + mark}, "POST /admin/users/reset": {query: "name=" + mark},
		"GET /admin/users/keys": {query: "name=" + mark}, "DELETE /admin/users/keys": {query: "name=" + mark}, "DELETE /admin/users": {query: "name=" + mark},
		"GET /admin/blobs": {}, "POST /admin/blobs/move": {query: "from=1&to=1&after=0"}, "POST /admin/gc": {query: "grace=24h"},
	}
}

// request calls a route by a verb.
func (h *hall) request(t *testing.T, m mount, route door.Route, verb string) *http.Request {
	t.Helper()
	_, path, ours := strings.Cut(route.Name, " ")
	var body io.Reader
	media := "application/json"
	if ours {
		s := h.samples()[route.Name]
		path = strings.NewReplacer("{digest}", fmt.Sprintf("%x", sha256.Sum256([]byte(mark))), "{path}", mark+".txt", "{id}", h.upload, "{offset}", "0", "{task}", h.task, "{user}", h.account).Replace(path) + "?" + s.query
		body = strings.NewReader(s.body)
	} else {
		path = route.Name
		body = strings.NewReader(fmt.Sprintf(
			`{"task":%q,"project":%q,"model":%q,"queue":%q,"user":%q,"access_key":%q,"ids":[%[1]q,%[3]q],"name":"changed","force":true}`,
			h.task, h.project, h.model, h.queue, h.account, h.access,
		))
	}
	if route.Name == "POST /" {
		body, media = h.form(t, mark+".txt")
	}
	r := httptest.NewRequest(verb, "http://coffer.test"+m.base+path, body)
	r.Header.Set("Content-Type", media)
	return r
}

// visitor is somebody who comes to the server.
type visitor struct {
	name string
	role user.Role // "" is nobody
	sign func(r *http.Request)
}

func (h *hall) visitors(t *testing.T) []visitor {
	t.Helper()
	users := h.services.users
	account := func(name string, role user.Role) (user.ID, user.Pair, string) {
		u, err := users.Create(t.Context(), user.Operator, user.Spec{Name: name, Role: role})
		must(t, err)
		p, err := users.CreateKey(t.Context(), user.Operator, u.ID, "")
		must(t, err)
		who, err := users.Authenticate(t.Context(), user.Basic{Name: p.Access, Secret: p.Secret})
		must(t, err)
		token, err := users.Login(t.Context(), who, 0)
		must(t, err)
		return u.ID, p, token
	}
	pair := func(p user.Pair) func(*http.Request) {
		return func(r *http.Request) { r.SetBasicAuth(p.Access, p.Secret) }
	}
	bearer := func(token string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
	}
	cookie := func(token string) func(*http.Request) {
		return func(r *http.Request) {
			r.AddCookie(&http.Cookie{Name: door.Cookie, Value: token})
			r.Header.Set("Origin", "http://coffer.test")
			r.Header.Set("X-Coffer", "1")
		}
	}
	_, revoked, revokedToken := account("revoked", user.Admin)
	removed, _, removedToken := account("removed", user.Admin)
	_, guest, guestToken := account("a guest", user.Guest)
	_, member, memberToken := account("a member", user.Member)
	must(t, users.RevokeKey(t.Context(), user.Operator, revoked.Access))
	must(t, users.Delete(t.Context(), user.Operator, removed))
	return []visitor{
		{"nobody", "", func(*http.Request) {}},
		{"a stranger", "", bearer("x.y.z")},
		{"a revoked pair", "", pair(revoked)},
		{"a token of a revoked pair", "", bearer(revokedToken)},
		{"a cookie of a revoked pair", "", cookie(revokedToken)},
		{"a token of a removed account", "", bearer(removedToken)},
		{"a guest", user.Guest, pair(guest)},
		{"a guest's token", user.Guest, bearer(guestToken)},
		{"a guest's cookie", user.Guest, cookie(guestToken)},
		{"a member", user.Member, pair(member)},
		{"a member's token", user.Member, bearer(memberToken)},
	}
}

// verbs are the methods that the walk tries.
var verbs = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions, "BREW",
}

// ranks are the roles in order, nobody first.
var ranks = []user.Role{"", user.Guest, user.Member, user.Admin}

// needs is the least role that a level of access asks for.
var needs = map[door.Access]user.Role{
	door.Anyone: "", door.Optional: "", door.Guest: user.Guest, door.Self: user.Guest, door.Member: user.Member, door.Admin: user.Admin,
}

// whole reads everything that the server keeps.
func (h *hall) whole(t *testing.T) map[string][]string {
	t.Helper()
	all := h.rows.All(t)
	must(t, filepath.WalkDir(filepath.Join(h.data, "blobs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			info, ierr := d.Info()
			must(t, ierr)
			all["files"] = append(all["files"], fmt.Sprint(path, info.Size(), info.ModTime()))
		}
		return err
	}))
	return all
}

// Every visitor tries every route of every listener by every verb. Who has not
// shown good credentials gets no byte of what the server holds, a guest changes
// nothing but what is his own, and what is for administrators is refused to
// members. What there is to walk is what newListening mounts, by the tables of
// the parts themselves.
func TestEveryVisitorAtEveryRoute(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) { walk(t, newHall(t, "")) })
	t.Run("postgres", func(t *testing.T) { walk(t, newHall(t, postgres.Database(t))) })
}

func walk(t *testing.T, h *hall) {
	visitors := h.visitors(t)
	walked := 0
	for name, listener := range map[string]mounts{"web": h.web, "api": h.api, "files": h.files, "admin": h.admin[:len(h.admin)-len(h.web)]} {
		for _, m := range listener {
			if len(m.routes) == 0 {
				t.Errorf("%s serves %s, and nothing says who may call it", name, m.path)
			}
			walked += len(m.routes)
			before := h.whole(t)
			for _, route := range m.routes {
				if !own(route) {
					h.visit(t, listener, m, route, visitors)
				}
			}
			for table, row := range rows.Changed(before, h.whole(t)) {
				t.Errorf("%s at %s, by those who may not: %s has changed: %s", name, m.path, table, row)
			}
			for _, route := range m.routes {
				if own(route) { // rpc's walk looks at what these change
					h.visit(t, listener, m, route, visitors)
				}
			}
		}
	}
	if walked < 400 {
		t.Errorf("only %d routes were walked", walked)
	}
	h.work(t)
}

// own reports whether a route is there for everybody to change what is his own.
func own(route door.Route) bool { return route.Access == door.Self || route.Name == "/auth.login" }

// visit sends everybody who may not change anything there to one route.
func (h *hall) visit(t *testing.T, listener mounts, m mount, route door.Route, visitors []visitor) {
	t.Helper()
	method, path, ours := strings.Cut(route.Name, " ")
	if _, known := h.samples()[route.Name]; ours && !known {
		t.Errorf("%s: say in samples how it is called", route.Name)
	}
	need := slices.Index(ranks, needs[route.Access])
	for _, v := range visitors {
		rank := slices.Index(ranks, v.role)
		if v.role == user.Member && need <= rank || v.role != "" && strings.HasSuffix(route.Name, ".logout") {
			continue // he may change things, and is needed again
		}
		tried := verbs
		if !ours { // all others are tried by rpc's walk
			tried = []string{http.MethodPost, http.MethodGet}
		}
		for _, verb := range tried {
			asked := verb
			if verb == http.MethodHead {
				asked = http.MethodGet
			}
			itself := !ours || asked == method
			if !itself && slices.ContainsFunc(m.routes, func(r door.Route) bool { return r.Name == asked+" "+path }) {
				continue // that is another route
			}
			r := h.request(t, m, route, verb)
			v.sign(r)
			ctx, cancel := context.WithTimeout(r.Context(), 10*time.Second)
			if v.role != "" && strings.HasSuffix(route.Name, "/stream") {
				cancel() // it would go on and on
			}
			rec := serveOn(listener, r.WithContext(ctx))
			cancel()
			itself = itself && (verb != http.MethodHead || rec.Code != http.StatusMethodNotAllowed)
			wrong := ""
			switch {
			case v.role == "" && strings.Contains(rec.Body.String(), mark):
				wrong = "content is told"
			case rec.Code >= http.StatusInternalServerError && ctx.Err() == nil:
				wrong = "it fails"
			case verb == http.MethodOptions || need == 0:
			case v.role == "" && (rec.Code < http.StatusBadRequest || itself && rec.Code != http.StatusUnauthorized):
				wrong = "expected 401"
			case itself && rank < need && v.role != "" && rec.Code != http.StatusForbidden:
				wrong = "expected 403"
			}
			if wrong != "" {
				t.Errorf("%s %s at %s by %s: %s, it is %d %.300s", verb, route.Name, m.path, v.name, wrong, rec.Code, rec.Body)
			}
		}
	}
}

// work shows that each route is open to an administrator as it was called: it
// was refused to others for what they are, not for what they sent.
func (h *hall) work(t *testing.T) {
	t.Helper()
	for _, listener := range []mounts{h.web, h.files, {h.admin[0]}} {
		for _, m := range listener {
			for _, route := range m.routes {
				method, _, ours := strings.Cut(route.Name, " ")
				if !ours || strings.HasSuffix(route.Name, "/stream") || needs[route.Access] == "" {
					continue
				}
				r := h.request(t, m, route, method)
				rec := serveOn(listener, r.WithContext(door.AsOperator(r.Context())))
				if rec.Code == http.StatusUnauthorized || rec.Code >= http.StatusInternalServerError || rec.Code == http.StatusForbidden && route.Access != door.Self {
					t.Errorf("%s at %s by an administrator: %d %s", route.Name, m.path, rec.Code, rec.Body)
				}
			}
		}
	}
}
