package rpc_test

import (
	"net/http"
	"testing"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// Every endpoint of the table but those for anyone asks who is calling; those
// that write refuse a guest, whomever he says he acts for; and those that
// change anything refuse a call that brings nothing but a cookie.
func TestEveryEndpointKeepsItsDoor(t *testing.T) {
	w := rpctest.New(t)
	r := w.Do(t, rpctest.Request{Method: http.MethodGet, Path: "/auth.login"})
	token, _ := r.Data["token"].(string)
	if token == "" {
		t.Fatalf("no token: %d %s", r.Status, r.Message)
	}
	checked := map[string]int{}
	for _, e := range rpc.Endpoints() {
		path := "/v999.0/" + e.Name
		checked[e.Access]++
		switch e.Access {
		case "anyone", "optional":
			continue
		case "member", "admin":
			q := rpctest.Request{Path: path, Body: "{}", As: user.Guest, Header: map[string]string{
				"X-Clearml-Impersonate-As": "admin", "X-Clearml-Act-As": "admin", "X-Trains-Impersonate-As": "admin",
			}}
			if r := w.Do(t, q); r.Status != http.StatusForbidden || r.Subcode != 20 {
				t.Errorf("%s by a guest: %d/%d %s", e.Name, r.Status, r.Subcode, r.Message)
			}
		}
		if r := w.Do(t, rpctest.Request{Path: path, Body: "{}", As: rpctest.Nobody}); r.Status != http.StatusUnauthorized || r.Subcode != 20 {
			t.Errorf("%s by nobody: %d/%d %s", e.Name, r.Status, r.Subcode, r.Message)
		}
		if e.Access == "guest" {
			continue
		}
		cookie := door.Cookie + "=" + token
		for what, q := range map[string]rpctest.Request{
			"a link":                 {Method: http.MethodGet, Path: path + "?task=x", Header: map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "none"}},
			"a form of another page": {Path: path, Body: "task=x", Header: map[string]string{"Cookie": cookie, "Origin": "http://evil.test", "Content-Type": "application/x-www-form-urlencoded"}},
			"a form of ours":         {Path: path, Body: "task=x", Header: map[string]string{"Cookie": cookie, "Origin": "http://" + rpctest.Host, "Content-Type": "application/x-www-form-urlencoded"}},
			"JSON of another page":   {Path: path, Body: "{}", Header: map[string]string{"Cookie": cookie, "Origin": "http://evil.test"}},
			"JSON of another port":   {Path: path, Body: "{}", Header: map[string]string{"Cookie": cookie, "Origin": "http://coffer.test:8081"}},
		} {
			q.As = rpctest.Nobody
			if r := w.Do(t, q); r.Status != http.StatusForbidden {
				t.Errorf("%s by %s: %d/%d %s", e.Name, what, r.Status, r.Subcode, r.Message)
			}
		}
	}
	link := rpctest.Request{Method: http.MethodGet, Path: "/v2.13/login.logout", As: rpctest.Nobody, Header: map[string]string{"Cookie": door.Cookie + "=" + token}}
	if r := w.Do(t, link); r.Status != http.StatusForbidden {
		t.Errorf("a link signs somebody out: %d", r.Status)
	}
	if checked[""] > 0 || checked["member"] < 20 || checked["self"] == 0 {
		t.Errorf("the table was read as %v", checked)
	}
}
