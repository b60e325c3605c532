package rpc_test

import (
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// entriesAfter returns what the audit has behind a place, the newest first, and
// the place where it ends now.
func entriesAfter(t *testing.T, w *rpctest.World, seen *int) []user.Entry {
	t.Helper()
	all, _, err := w.Users.Audit(t.Context(), w.Operator, user.AuditQuery{Limit: 10_000})
	if err != nil {
		t.Fatal(err)
	}
	fresh := all[:len(all)-*seen]
	*seen = len(all)
	return fresh
}

// changesNothing are the endpoints that write by their rights, and whose pair
// changes nothing all the same.
var changesNothing = map[string]string{
	"tasks.validate":       "it only looks",
	"models.publish_many":  "there is no such model",
	"models.delete_many":   "there is no such model",
	"queues.get_next_task": "nothing waits",
	"workers.register":     "agents are not kept",
	"workers.unregister":   "agents are not kept",
	"auth.validate_token":  "it only looks",
	"server.config":        "it only looks",
	"server.endpoints":     "it only looks",
	"login.logout":         "a key pair has no session",
	"auth.logout":          "a key pair has no session",
}

// Every change is told by the audit in the transaction that makes it. An
// endpoint that fails here changes something of which nobody said what it is:
// where its rows are written, in package sqlstore (or in the noun, where only
// that knows the name), call user.Note(ctx, user.TaskObject, id, "") with the
// kind and the id of the object, inside the transaction.
func TestEveryChangeIsInTheAudit(t *testing.T) {
	w := rpctest.New(t)
	access := map[string]string{}
	for _, e := range rpc.Endpoints() {
		access[e.Name] = e.Access
	}
	admin, err := w.Users.ByName(t.Context(), w.Operator, user.AdminName)
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	entriesAfter(t, w, &seen)
	told := map[string]bool{}
	play(t, w, func(p pair, body string, r rpctest.Reply) {
		fresh := entriesAfter(t, w, &seen)
		writes := slices.Contains([]string{"self", "member", "admin"}, access[p.endpoint]) || p.endpoint == "auth.login"
		if _, idle := changesNothing[p.endpoint]; idle {
			writes = false
		}
		switch {
		case !writes && len(fresh) > 0:
			t.Errorf("%s should change nothing, and the audit tells of %+v", p.endpoint, fresh)
		case writes && len(fresh) == 0:
			t.Errorf("%s changed nothing that the audit knows of. If its pair changes nothing, say so in changesNothing; else its rows are written outside of the context that the endpoint was given", p.endpoint)
		}
		named := false
		for _, e := range fresh {
			told[string(e.Kind)] = true
			if e.Kind == "" || e.Object == "" {
				t.Errorf("%s: the audit does not say what was changed: call user.Note(ctx, kind, id, \"\") where package sqlstore writes those rows", p.endpoint)
			}
			if e.Action != p.endpoint || e.User != admin.ID || e.As != "" || e.Address == "" || e.Key != w.Pairs[user.Admin].Access {
				t.Errorf("%s: %+v", p.endpoint, e)
			}
			named = named || e.Kind == user.SessionObject || e.Object == string(admin.ID) || strings.Contains(body+string(r.Body), e.Object)
		}
		if writes && len(fresh) > 0 && !named {
			t.Errorf("%s %s: the audit names none of the objects of the call, but %+v", p.endpoint, body, fresh)
		}
	})
	for _, kind := range []string{"user", "key", "session", "project", "task", "queue"} {
		if !told[kind] {
			t.Errorf("no pair was told as a change of a %s", kind)
		}
	}
}

// audit asks our own endpoint.
func audit(t *testing.T, w *rpctest.World, query url.Values) api.AuditPage {
	t.Helper()
	r := w.Do(t, rpctest.Request{Method: "GET", Path: "/audit?" + query.Encode()})
	var page api.AuditPage
	if err := json.Unmarshal(r.Body, &page); err != nil || r.Status != 200 {
		t.Fatalf("%v: %d %s", query, r.Status, r.Body)
	}
	return page
}

func TestTheAuditIsReadByPagesAndConditions(t *testing.T) {
	w := rpctest.New(t)
	member := w.Do(t, rpctest.Request{Path: "/users.get_current_user", As: user.Member}).Data["user"].(map[string]any)["id"].(string)
	admin := w.Call(t, "users.get_current_user", map[string]any{})["user"].(map[string]any)["id"].(string)
	var tasks []string
	begun := w.Now()
	for range 5 {
		w.Pass(time.Minute)
		tasks = append(tasks, w.Call(t, "tasks.create", map[string]any{"name": "x", "type": "training"})["id"].(string))
	}
	then := w.Now()
	as := map[string]string{"X-Clearml-Act-As": member, "X-Clearml-Worker": "gpu-7"}
	if r := w.Do(t, rpctest.Request{Path: "/v2.34/tasks.edit", Body: `{"task":"` + tasks[0] + `","comment":"c"}`, Header: as}); r.Status != 200 {
		t.Fatal(r.Message)
	}
	w.Do(t, rpctest.Request{Path: "/v2.34/tasks.edit", Body: `{"task":"` + tasks[0] + `","comment":"d"}`, As: user.Member})

	got := audit(t, w, url.Values{"object": {tasks[0]}}).Entries
	if len(got) != 3 || got[0].User != member || got[0].As != "" || got[2].Action != "tasks.create" {
		t.Fatalf("of one task: %+v", got)
	}
	e := got[1]
	if e.User != admin || e.UserName != "admin" || e.As != member || e.AsName != "member" || e.Action != "tasks.edit" || e.Kind != "task" ||
		e.Worker != "gpu-7" || e.Address != "192.0.2.1" || e.AccessKey != w.Pairs[user.Admin].Access || len(e.Request) != 32 {
		t.Errorf("in somebody else's name: %+v", e)
	}
	for _, c := range []struct {
		query url.Values
		want  int
	}{
		{url.Values{"as": {member}}, 1},
		{url.Values{"user": {member}}, 1},
		{url.Values{"user": {admin}, "kind": {"task"}}, 6},
		{url.Values{"action": {"tasks.create"}}, 5},
		{url.Values{"action": {"tasks.create"}, "object": {tasks[3]}}, 1},
		{url.Values{"since": {then.Format(time.RFC3339Nano)}}, 2},
		{url.Values{"until": {begun.Format(time.RFC3339Nano)}, "kind": {"task"}}, 0},
		{url.Values{"kind": {"project"}}, 0},
	} {
		if page := audit(t, w, c.query); len(page.Entries) != c.want || page.Next != "" {
			t.Errorf("%v: %d entries, next %q", c.query, len(page.Entries), page.Next)
		}
	}
	var walked []api.AuditEntry
	for q := (url.Values{"limit": {"2"}, "kind": {"task"}}); ; {
		page := audit(t, w, q)
		walked = append(walked, page.Entries...)
		if page.Next == "" {
			break
		}
		if len(page.Entries) != 2 {
			t.Fatalf("a page of %d", len(page.Entries))
		}
		q.Set("after", page.Next)
	}
	whole := audit(t, w, url.Values{"kind": {"task"}}).Entries
	if !slices.Equal(walked, whole) || len(whole) != 7 {
		t.Errorf("by pages %d, at once %d", len(walked), len(whole))
	}
	for _, query := range []string{"limit=0", "limit=x", "after=x", "since=yesterday", "until=1", "colour=red"} {
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/audit?" + query}); r.Status != 400 {
			t.Errorf("%s: %d %s", query, r.Status, r.Body)
		}
	}
	for _, role := range []user.Role{user.Guest, user.Member} {
		if r := w.Do(t, rpctest.Request{Method: "GET", Path: "/audit", As: role}); r.Status != 403 {
			t.Errorf("to a %s: %d", role, r.Status)
		}
	}
}

// What is refused, or fails midway, is not told: the audit tells what is.
func TestTheAuditTellsOnlyWhatCameToBe(t *testing.T) {
	w := rpctest.New(t)
	seen := 0
	entriesAfter(t, w, &seen)
	w.Refused(t, "tasks.delete", map[string]any{"task": "none"}, 400, 101)
	w.Refused(t, "users.update", map[string]any{"user": "none", "name": "x"}, 400, 301)
	w.Do(t, rpctest.Request{Path: "/v2.34/projects.create", Body: `{"name":"x"}`, As: user.Guest})
	r := w.Do(t, rpctest.Request{
		Path: "/v2.34/tasks.update_batch", Body: `{"task":"none","name":"x"}`, Header: map[string]string{"Content-Type": "application/json-lines"},
	})
	if fresh := entriesAfter(t, w, &seen); len(fresh) > 0 {
		t.Errorf("%+v (%d)", fresh, r.Status)
	}
}

// Events come all the time: of those by one caller to one task the audit has
// one an hour.
func TestEventsAreToldOnceAnHour(t *testing.T) {
	w := rpctest.New(t)
	task := w.Call(t, "tasks.create", map[string]any{"name": "x", "type": "training"})["id"].(string)
	send := func(as user.Role) {
		t.Helper()
		body := `{"type":"log","task":"` + task + `","msg":"hello"}`
		if r := w.Do(t, rpctest.Request{Path: "/v2.34/events.add", Body: body, As: as}); r.Status != 200 {
			t.Fatal(r.Message)
		}
	}
	told := func() int { return len(audit(t, w, url.Values{"action": {"events.add"}, "object": {task}}).Entries) }
	for range 5 {
		send("")
	}
	if n := told(); n != 1 {
		t.Errorf("five batches are told %d times", n)
	}
	send(user.Member)
	if n := told(); n != 2 {
		t.Errorf("those of somebody else are told %d times", n-1)
	}
	w.Pass(time.Hour)
	send("")
	if n := told(); n != 3 {
		t.Errorf("an hour later: %d", n)
	}
}

func TestLocksAreInTheAudit(t *testing.T) {
	w := rpctest.New(t)
	for _, name := range []string{"admin", "nobody here"} {
		for range 12 {
			_, err := w.Users.Authenticate(t.Context(), user.Basic{Name: name, Secret: "guess", Address: "192.0.2.66", From: "gpu-7"})
			if err == nil {
				t.Fatal("guessed")
			}
		}
	}
	got := audit(t, w, url.Values{"user": {"nobody"}}).Entries
	if len(got) != 1 || got[0].Address != "192.0.2.66" || got[0].Worker != "gpu-7" || got[0].Kind != "user" {
		t.Errorf("%+v", got)
	}
}
