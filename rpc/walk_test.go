package rpc_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/test/rows"
	"github.com/coffer-ml/coffer/user"
)

// caller is somebody who may not do all.
type caller struct {
	name  string
	known bool              // has good credentials
	rank  int               // what he may do: the place of the last level in levels
	as    user.Role         // by key pair
	with  map[string]string // or by these headers
}

// levels are the levels of access, from the least on.
var levels = []string{"anyone", "optional", "guest", "self", "member", "admin"}

// session opens a session with a key pair and returns its token.
func session(t *testing.T, w *rpctest.World, p user.Pair) string {
	t.Helper()
	token, _ := w.Do(t, rpctest.Request{Path: "/auth.login", Body: "{}", As: rpctest.Nobody, Header: basic(p.Access, p.Secret)}).Data["token"].(string)
	if token == "" {
		t.Fatal("no token")
	}
	return token
}

// callers are everybody but an administrator: without credentials, with those
// of an administrator that were good once, and with those of lesser roles.
func callers(t *testing.T, w *rpctest.World) []caller {
	t.Helper()
	made := fmt.Sprint(w.Now().UnixMilli()) // names must differ
	account := func(name string) (user.ID, user.Pair) {
		t.Helper()
		u, err := w.Users.Create(t.Context(), w.Operator, user.Spec{Name: name + " " + made, Role: user.Admin})
		if err != nil {
			t.Fatal(err)
		}
		p, err := w.Users.CreateKey(t.Context(), w.Operator, u.ID, "")
		if err != nil {
			t.Fatal(err)
		}
		return u.ID, p
	}
	_, revoked := account("of a revoked pair")
	tokenOfRevoked := session(t, w, revoked)
	gone, pairOfGone := account("removed")
	tokenOfGone := session(t, w, pairOfGone)
	if err := w.Users.RevokeKey(t.Context(), w.Operator, revoked.Access); err != nil {
		t.Fatal(err)
	}
	if err := w.Users.Delete(t.Context(), w.Operator, gone); err != nil {
		t.Fatal(err)
	}
	w.Pass(5 * time.Second)
	own := map[string]string{"Cookie": door.Cookie + "=" + tokenOfRevoked, "Origin": "http://" + rpctest.Host, "X-Coffer": "1"}
	return []caller{
		{name: "nobody", as: rpctest.Nobody},
		{name: "a wrong pair", with: basic(revoked.Access, "guess")},
		{name: "a forged token", with: map[string]string{"Authorization": "Bearer " + tokenOfRevoked[:len(tokenOfRevoked)-4] + "AAAA"}},
		{name: "a revoked pair", with: basic(revoked.Access, revoked.Secret)},
		{name: "a token of a revoked pair", with: map[string]string{"Authorization": "Bearer " + tokenOfRevoked}},
		{name: "a cookie of a revoked pair", with: own},
		{name: "a token of a removed account", with: map[string]string{"Authorization": "Bearer " + tokenOfGone}},
		{name: "a guest", known: true, rank: slices.Index(levels, "self"), as: user.Guest},
		{name: "a guest's token", known: true, rank: slices.Index(levels, "self"), with: map[string]string{"Authorization": "Bearer " + session(t, w, w.Pairs[user.Guest])}},
		{name: "a member", known: true, rank: slices.Index(levels, "member"), as: user.Member},
	}
}

func (c caller) request(q rpctest.Request, method string) rpctest.Request {
	q.Method, q.As = method, c.as
	if q.As == "" {
		q.As = rpctest.Nobody
	}
	header := maps.Clone(q.Header)
	if header == nil {
		header = make(map[string]string)
	}
	maps.Copy(header, c.with)
	q.Header = header
	return q
}

// verbs are the methods of HTTP, and one that is none.
var verbs = []string{
	http.MethodPost, http.MethodGet, http.MethodHead, http.MethodPut, http.MethodPatch, http.MethodDelete, "BREW",
}

// ownRows are the tables in which everybody changes what is his own: sessions,
// key pairs, his account with its preferences, and what the audit tells of it.
var ownRows = []string{"audit", "user_account", "user_key", "user_session"}

// Before each call everybody tries it by every verb, with the same body: who may
// not make it is refused and learns nothing, and whatever they do, a guest and
// strangers change nothing but what is a guest's own. What roles may do is
// asked of the table itself, and a row that is not walked fails.
func TestRolesOverTheWholeTable(t *testing.T) {
	w := rpctest.New(t)
	access := map[string]string{}
	for _, e := range rpc.Endpoints() {
		access[e.Name] = e.Access
	}
	everybody := callers(t, w)
	walked := map[string]bool{}
	playAfter(t, w, func(endpoint string, q rpctest.Request) {
		need := slices.Index(levels, access[endpoint])
		if need < 0 {
			t.Fatalf("%s has no level of access", endpoint)
		}
		walked[endpoint] = true
		logout := strings.HasSuffix(endpoint, ".logout")
		if logout {
			everybody = callers(t, w) // the token of the last walk has ended
		}
		before := w.Rows.All(t)
		for _, c := range everybody {
			if c.name == "a member" && access[endpoint] != "admin" {
				continue // he may
			}
			for _, verb := range verbs {
				r := w.Do(t, c.request(q, verb))
				subcode := r.Subcode
				if verb == http.MethodHead { // says nothing
					subcode = 20
				}
				wrong := false
				switch {
				case need <= slices.Index(levels, "optional"):
					wrong = r.Status != http.StatusOK && !c.known
				case !c.known:
					wrong = r.Status != http.StatusUnauthorized || len(r.Data) > 0
				case c.rank < need:
					wrong = r.Status != http.StatusForbidden || subcode != 20 || len(r.Data) > 0
				default:
					wrong = r.Status == http.StatusUnauthorized && !logout || r.Status == http.StatusForbidden && access[endpoint] != "self"
				}
				if wrong {
					t.Errorf("%s %s by %s: %d/%d %s %v", verb, endpoint, c.name, r.Status, r.Subcode, r.Message, r.Data)
				}
			}
		}
		for table, row := range rows.Changed(before, w.Rows.All(t)) {
			if (access[endpoint] == "self" || endpoint == "auth.login" || logout) && slices.Contains(ownRows, table) {
				continue
			}
			t.Errorf("%s by those who may not: the table %s has changed: %s", endpoint, table, row)
		}
	}, func(pair, string, rpctest.Reply) {})
	for name := range access {
		if !walked[name] {
			t.Errorf("%s was not walked: it has no golden pair", name)
		}
	}
}
