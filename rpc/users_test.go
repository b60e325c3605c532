package rpc_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// company returns the id of the one company.
func company(t *testing.T, w *rpctest.World) string {
	t.Helper()
	id, _, err := w.Users.Company(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// newUser makes an account by the protocol.
func newUser(t *testing.T, w *rpctest.World, name string) string {
	t.Helper()
	return w.Call(t, "auth.create_user", map[string]any{"name": name, "company": company(t, w), "email": name + "@example.org"})["id"].(string)
}

func userNames(t *testing.T, w *rpctest.World, body map[string]any) string {
	t.Helper()
	var names []string
	for _, u := range w.Call(t, "users.get_all_ex", body)["users"].([]any) {
		names = append(names, u.(map[string]any)["name"].(string))
	}
	return strings.Join(names, " ")
}

func TestListsOfUsers(t *testing.T) {
	w := rpctest.New(t)
	ana := newUser(t, w, "ana")
	gone := newUser(t, w, "gone")
	task := w.Call(t, "tasks.create", map[string]any{"name": "x", "type": "training"})["id"]
	made := w.Do(t, rpctest.Request{Path: "/v2.34/projects.create", Body: `{"name":"a/b"}`, As: user.Member})
	top := w.Call(t, "projects.get_all", map[string]any{"name": "^a$"})["projects"].([]any)[0].(map[string]any)["id"]
	as := map[string]string{"X-Clearml-Impersonate-As": gone}
	w.Do(t, rpctest.Request{Path: "/v2.34/tasks.create", Body: `{"name":"y","type":"training","project":"` + made.Data["id"].(string) + `"}`, Header: as})
	// A model of somebody who has made nothing else, and may write no more.
	other := w.Call(t, "projects.create", map[string]any{"name": "other"})["id"].(string)
	guest := w.Do(t, rpctest.Request{Path: "/users.get_current_user", As: user.Guest}).Data["user"].(map[string]any)["id"].(string)
	r := w.Do(t, rpctest.Request{
		Path: "/v2.34/models.create", Body: `{"name":"m","uri":"s3://bucket/m","project":"` + other + `"}`, Header: map[string]string{"X-Clearml-Act-As": guest},
	})
	if r.Status != 200 {
		t.Fatal(r.Message)
	}
	for _, c := range []struct {
		body map[string]any
		want string
	}{
		{map[string]any{}, "admin ana gone guest member"},
		{map[string]any{"order_by": []string{"-name"}, "page": 0, "page_size": 2}, "member guest"},
		{map[string]any{"name": "^A"}, ""},
		{map[string]any{"name": "an"}, "ana"},
		{map[string]any{"id": []string{ana}}, "ana"},
		{map[string]any{"active_in_projects": []any{}}, "admin gone guest member"},
		{map[string]any{"active_in_projects": []any{top}}, "gone member"},
		{map[string]any{"active_in_projects": []any{"none"}}, ""},
		{map[string]any{"active_in_projects": []any{other}}, "admin guest"},
		{map[string]any{"active_in_projects": []any{"none", made.Data["id"]}, "name": "^m"}, "member"},
	} {
		if got := userNames(t, w, c.body); got != c.want {
			t.Errorf("%v: %s, want %s", c.body, got, c.want)
		}
	}
	w.Call(t, "users.delete", map[string]any{"user": gone})
	if got := userNames(t, w, map[string]any{}); got != "admin ana guest member" {
		t.Errorf("after one was removed: %s", got)
	}
	named := w.Call(t, "tasks.get_all_ex", map[string]any{"name": "^y$", "only_fields": []string{"user.name"}})
	if got := fmt.Sprint(named["tasks"].([]any)[0].(map[string]any)["user"]); !strings.Contains(got, "name:gone") {
		t.Errorf("who made a task that outlived him: %s (task %v)", got, task)
	}
}

func TestWhatIsToldOfAUser(t *testing.T) {
	w := rpctest.New(t)
	ana := newUser(t, w, "ana")
	show := func(header map[string]string) map[string]any {
		r := w.Do(t, rpctest.Request{Path: "/v2.34/users.get_by_id", Body: `{"user":"` + ana + `"}`, Header: header, As: user.Guest})
		u, _ := r.Data["user"].(map[string]any)
		return u
	}
	if u := show(nil); u["name"] != "ana" || u["role"] != "member" || u["email"] != nil || u["preferences"] != nil {
		t.Errorf("to a guest: %v", u)
	}
	token := w.Call(t, "auth.get_token_for_user", map[string]any{"user": ana})["token"].(string)
	own := map[string]string{"Authorization": "Bearer " + token}
	w.Do(t, rpctest.Request{Path: "/v2.33/users.set_preferences", Body: `{"preferences":{"a.b":1.50}}`, Header: own})
	if u := show(own); u["email"] != "ana@example.org" || u["preferences"] != `{"a":{"b":1.50}}` {
		t.Errorf("to herself: %v", u)
	}
	r := w.Do(t, rpctest.Request{Path: "/v2.33/users.set_preferences", Body: `{"preferences":{"a.c":2},"return_updated":false}`, Header: own})
	if fmt.Sprint(r.Data) != "map[fields:map[] updated:1]" {
		t.Errorf("unasked: %v", r.Data)
	}
	r = w.Do(t, rpctest.Request{Path: "/v2.33/users.set_preferences", Body: `{"preferences":{"a.c":2}}`, Header: own})
	if fmt.Sprint(r.Data) != "map[fields:map[] updated:0]" {
		t.Errorf("nothing new: %v", r.Data)
	}
	r = w.Do(t, rpctest.Request{Path: "/v2.33/users.get_preferences", Header: own})
	if !strings.Contains(string(r.Body), `{"a":{"b":1.50,"c":2}}`) {
		t.Errorf("preferences: %s", r.Body)
	}
	r = w.Do(t, rpctest.Request{Path: "/v2.34/users.get_current_user", Header: own})
	if u := r.Data["user"].(map[string]any); u["id"] != ana || u["role"] != "member" || u["company"].(map[string]any)["id"] != company(t, w) || r.Data["settings"].(map[string]any)["max_download_items"] == "" {
		t.Errorf("current user: %v", r.Data)
	}
}

// The headers of the protocol let an administrator act for somebody else, and
// nobody but him.
func TestActingForSomebodyElse(t *testing.T) {
	w := rpctest.New(t)
	guest := w.Do(t, rpctest.Request{Path: "/users.get_current_user", As: user.Guest}).Data["user"].(map[string]any)["id"].(string)
	member := w.Do(t, rpctest.Request{Path: "/users.get_current_user", As: user.Member}).Data["user"].(map[string]any)["id"].(string)
	for _, c := range []struct {
		expectation, endpoint, header, as string
		by                                user.Role
		status, subcode                   int
	}{
		{"with his role", "projects.create", "X-Clearml-Impersonate-As", member, user.Admin, 200, 0},
		{"in the older spelling", "projects.create", "X-Trains-Impersonate-As", member, user.Admin, 200, 0},
		{"with his role a guest cannot write", "projects.create", "X-Clearml-Impersonate-As", guest, user.Admin, 403, 20},
		{"with one's own he can", "projects.create", "X-Clearml-Act-As", guest, user.Admin, 200, 0},
		{"a member of a project manages nobody", "users.delete", "X-Clearml-Impersonate-As", member, user.Admin, 403, 20},
		{"nobody that is not there", "projects.create", "X-Clearml-Impersonate-As", "nobody", user.Admin, 400, 6},
		{"no member", "projects.create", "X-Clearml-Act-As", guest, user.Member, 400, 6},
		{"no guest", "users.get_all", "X-Clearml-Act-As", member, user.Guest, 400, 6},
		{"no guest beyond himself", "projects.create", "X-Clearml-Impersonate-As", member, user.Guest, 403, 20},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			q := rpctest.Request{Path: "/v2.34/" + c.endpoint, Body: `{"name":"` + c.expectation + `","user":"x"}`, As: c.by, Header: map[string]string{c.header: c.as}}
			if r := w.Do(t, q); r.Status != c.status || r.Subcode != c.subcode {
				t.Errorf("%d/%d %s", r.Status, r.Subcode, r.Message)
			}
		})
	}
	p := w.Call(t, "projects.get_all", map[string]any{"name": "^with one's own he can$"})["projects"].([]any)[0].(map[string]any)
	if p["user"] != guest {
		t.Errorf("made by %v", p["user"])
	}
	both := map[string]string{"X-Clearml-Act-As": member, "X-Trains-Impersonate-As": member}
	if r := w.Do(t, rpctest.Request{Path: "/users.get_all", Header: both}); r.Status != 400 || r.Subcode != 5 {
		t.Errorf("both headers: %d/%d %s", r.Status, r.Subcode, r.Message)
	}
	r := w.Do(t, rpctest.Request{Path: "/v2.34/auth.login", Header: map[string]string{"X-Clearml-Impersonate-As": member}})
	token := map[string]string{"Authorization": "Bearer " + r.Data["token"].(string)}
	if u := w.Do(t, rpctest.Request{Path: "/users.get_current_user", Header: token}).Data["user"].(map[string]any); u["id"] != member {
		t.Errorf("a session in his name is one of %v", u)
	}
}

func TestSessionsLiveAsLongAsWasAsked(t *testing.T) {
	w := rpctest.New(t)
	for body, age := range map[string]string{`{}`: "Max-Age=2592000", `{"expiration_sec":7200}`: "Max-Age=7200", `{"expiration_sec":31536000}`: "Max-Age=31536000"} {
		r := w.Do(t, rpctest.Request{Path: "/v2.34/auth.login", Body: body})
		if cookie := r.Header.Get("Set-Cookie"); !strings.Contains(cookie, age) || strings.Contains(cookie, "Domain") {
			t.Errorf("%s: %d %s", body, r.Status, cookie)
		}
	}
	for _, seconds := range []int{-1, 31536001} {
		w.Refused(t, "auth.login", map[string]any{"expiration_sec": seconds}, 400, 12)
	}
}

func TestTheServerTellsAboutItself(t *testing.T) {
	w := rpctest.New(t)
	info := w.Call(t, "server.info", map[string]any{})
	if uid, _ := info["uid"].(string); len(uid) != 32 || uid == company(t, w) || info["version"] == "" {
		t.Errorf("server.info: %v", info)
	}
	if uid := w.Call(t, "server.info", map[string]any{})["uid"]; uid != info["uid"] {
		t.Error("the id of the installation is drawn anew each time")
	}
	all := w.Call(t, "server.config", map[string]any{})
	if all["listen"] != ":8080" || fmt.Sprint(w.Call(t, "server.config", map[string]any{"path": "db"})) != "map[db:postgres://coffer:xxxxx@db/coffer]" {
		t.Errorf("server.config: %v", all)
	}
	if n := len(w.Call(t, "server.endpoints", map[string]any{})["endpoints"].([]any)); n < 100 {
		t.Errorf("server.endpoints lists %d", n)
	}
	for _, body := range []string{`{}`, `{"enabled":true}`, `{}`} {
		r := w.Do(t, rpctest.Request{Path: "/v2.34/server.report_stats_option", Body: body})
		if r.Data["supported"] != false || r.Data["enabled"] != false {
			t.Errorf("statistics for somebody else: %v", r.Data)
		}
	}
	for _, path := range []string{"/auth.fixed_users_mode", "/login.supported_modes"} {
		r := w.Do(t, rpctest.Request{Path: path, As: rpctest.Nobody})
		if text := string(r.Body); r.Status != 200 || strings.Contains(text, "password") || !strings.Contains(text, `"guest":{"enabled":false}`) {
			t.Errorf("%s: %d %s", path, r.Status, text)
		}
	}
}

// own calls one of our own endpoints.
func own(t *testing.T, w *rpctest.World, as user.Role, route, body string, into any) int {
	t.Helper()
	method, path, _ := strings.Cut(route, " ")
	r := w.Do(t, rpctest.Request{Method: method, Path: path, Body: body, As: as})
	if r.Status == http.StatusOK && into != nil {
		if err := json.Unmarshal(r.Body, into); err != nil {
			t.Fatal(err)
		}
	}
	return r.Status
}

func TestAccountsByEndpointsOfOurOwn(t *testing.T) {
	w := rpctest.New(t)
	var made struct {
		Token string
		User  struct {
			ID, Name, Role, Invited string
			Password                bool
		}
	}
	if got := own(t, w, "", "POST /users", `{"name":"ana","role":"guest"}`, &made); got != 200 || made.User.Role != "guest" || made.User.Password || made.User.Invited == "" {
		t.Fatalf("an invitation: %d %+v", got, made)
	}
	look := func(token string) string { return `{"token":"` + token + `"}` }
	for _, c := range []struct {
		route, body string
		want        int
	}{
		{"POST /invitation/look", look(made.Token), 200},
		{"POST /invitation/look", look("x"), 404},
		{"POST /invitation/accept", `{"token":"` + made.Token + `","password":"short"}`, 400},
		{"POST /invitation/accept", `{"token":"` + made.Token + `","password":"correct horse"}`, 200},
		{"POST /invitation/accept", `{"token":"` + made.Token + `","password":"correct horse"}`, 404},
		{"POST /invitation/look", `{"token":1}`, 400},
		{"POST /invitation/look", `{} {}`, 400},
		{"POST /invitation/look", `{"unknown":1}`, 400},
		{"POST /invitation/look", `{"token":"` + strings.Repeat("x", 1<<16) + `"}`, 413},
	} {
		if got := own(t, w, rpctest.Nobody, c.route, c.body, nil); got != c.want {
			t.Errorf("%s %.60s: %d, want %d", c.route, c.body, got, c.want)
		}
	}
	who, err := w.Users.Authenticate(t.Context(), user.Basic{Name: "ana", Secret: "correct horse"})
	if err != nil {
		t.Fatal(err)
	}
	pair, err := w.Users.CreateKey(t.Context(), who, who.User, "hers")
	if err != nil {
		t.Fatal(err)
	}
	w.Pairs["ana"] = pair
	for _, c := range []struct {
		as          user.Role
		route, body string
		want        int
	}{
		{"ana", "POST /users/password", `{"old":"wrong","new":"battery staple"}`, 403},
		{"ana", "POST /users/password", `{"old":"correct horse","new":"battery staple"}`, 200},
		{"ana", "GET /users", "", 403},
		{"ana", "PATCH /users/" + made.User.ID, `{"role":"admin"}`, 403},
		{"", "PATCH /users/" + made.User.ID, `{"role":"member","email":"ana@example.org"}`, 200},
		{"", "PATCH /users/" + made.User.ID, `{"role":"root"}`, 400},
		{"", "PATCH /users/nobody", `{"role":"member"}`, 404},
		{"", "POST /users", `{"name":"ANA"}`, 409},
		{"", "POST /users", `{"name":"eva","role":"member","password":"correct horse"}`, 200},
		{"", "POST /users/nobody/reset", "", 404},
		{"", "DELETE /users/nobody", "", 404},
	} {
		if got := own(t, w, c.as, c.route, c.body, nil); got != c.want {
			t.Errorf("%s %s: %d, want %d", c.route, c.body, got, c.want)
		}
	}
	var keys struct {
		Keys []map[string]any `json:"keys"`
	}
	if own(t, w, "", "GET /users/"+made.User.ID+"/keys", "", &keys); len(keys.Keys) != 1 || keys.Keys[0]["access_key"] != pair.Access || keys.Keys[0]["secret_key"] != nil {
		t.Errorf("her keys: %v", keys)
	}
	var reset struct{ Token string }
	if got := own(t, w, "", "POST /users/"+made.User.ID+"/reset", "", &reset); got != 200 || reset.Token == "" {
		t.Errorf("reset: %d", got)
	}
	if _, err := w.Users.Authenticate(t.Context(), user.Basic{Name: "ana", Secret: "battery staple"}); err == nil {
		t.Error("the password outlives its reset")
	}
	if got := own(t, w, "", "DELETE /users/"+made.User.ID, "", nil); got != 200 {
		t.Errorf("delete: %d", got)
	}
	if got := own(t, w, "ana", "GET /tasks/x/artifacts", "", nil); got != 401 {
		t.Errorf("a key pair outlives its account: %d", got)
	}
	var list struct{ Users []struct{ Name string } }
	if own(t, w, "", "GET /users", "", &list); len(list.Users) != 4 {
		t.Errorf("accounts: %v", list)
	}
}

// A page of somebody else cannot change accounts with the cookie of whoever
// looks at it.
func TestAccountsAreSafeFromOtherPages(t *testing.T) {
	w := rpctest.New(t)
	token := w.Call(t, "auth.login", map[string]any{})["token"].(string)
	for _, route := range []string{"POST /users", "PATCH /users/x", "DELETE /users/x", "POST /users/x/reset", "POST /users/password"} {
		method, path, _ := strings.Cut(route, " ")
		for name, header := range map[string]map[string]string{
			"JSON": {"Origin": "http://evil.test"},
			"form": {"Origin": "http://evil.test", "Content-Type": "text/plain"},
			"ours": {"Origin": "http://" + rpctest.Host, "Content-Type": "text/plain"},
		} {
			header["Cookie"] = door.Cookie + "=" + token
			if r := w.Do(t, rpctest.Request{Method: method, Path: path, Body: `{}`, As: rpctest.Nobody, Header: header}); r.Status != 403 {
				t.Errorf("%s by %s: %d", route, name, r.Status)
			}
		}
	}
}
