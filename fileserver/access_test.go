package fileserver_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/user"
)

// Every way to the bytes asks who is calling, and a guest only reads.
func TestBytesNeedRights(t *testing.T) {
	w := newWorld(t)
	w.upload(t, "a.txt", "content")
	_, guest := w.account(t, user.Guest)
	_, member := w.account(t, user.Member)
	for who, c := range map[string]struct {
		credentials string
		reads       int
		writes      int
	}{
		"nobody":     {nobody, 401, 401},
		"a stranger": {"Bearer x.y.z", 401, 401},
		"a guest":    {"Bearer " + guest, 200, 403},
		"a member":   {"Bearer " + member, 200, 200},
	} {
		t.Run(who, func(t *testing.T) {
			w.credentials = ""
			w.upload(t, "a.txt", "content")
			w.credentials = c.credentials
			body, header := form(t, [2]string{"b.txt", "content"})
			for call, got := range map[string]int{
				"GET":  w.do(t, http.MethodGet, "/a.txt", nil, nil).Code - c.reads,
				"HEAD": w.do(t, http.MethodHead, "/a.txt", nil, nil).Code - c.reads,
				"POST": w.do(t, http.MethodPost, "/", header, body).Code - c.writes,
				"many": w.do(t, http.MethodPost, "/delete_many", nil, strings.NewReader(`{"files":["none"]}`)).Code - c.writes,
			} {
				if got != 0 {
					t.Errorf("%s: the status is off by %d", call, got)
				}
			}
			if got := w.do(t, http.MethodDelete, "/a.txt", nil, nil).Code; got != c.writes {
				t.Errorf("DELETE: %d, want %d", got, c.writes)
			}
		})
	}
}

// Whoever is revoked, or signs out, loses the bytes within seconds.
func TestRevocationReachesTheBytes(t *testing.T) {
	w := newWorld(t)
	w.upload(t, "a.txt", "content")
	pair, token := w.account(t, user.Member)
	read := func() int { return w.do(t, http.MethodGet, "/a.txt", nil, nil).Code }
	w.credentials = "Bearer " + token
	if got := read(); got != http.StatusOK {
		t.Fatalf("a fresh token: %d", got)
	}
	if err := w.users.RevokeKey(t.Context(), user.Operator, pair.Access); err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(3 * time.Second)
	if got := read(); got != http.StatusUnauthorized {
		t.Errorf("the token of a revoked pair, three seconds later: %d", got)
	}
}

// A cookie alone lets nobody write: a page of somebody else could send it.
func TestACookieAloneWritesNothing(t *testing.T) {
	w := newWorld(t)
	w.upload(t, "a.txt", "content")
	_, token := w.account(t, user.Member)
	w.credentials = nobody
	cookie := door.Cookie + "=" + token
	body, header := form(t, [2]string{"b.txt", "content"})
	header.Set("Cookie", cookie)
	if rec := w.do(t, http.MethodPost, "/", header, body); rec.Code != http.StatusForbidden {
		t.Errorf("a form: %d", rec.Code)
	}
	own := http.Header{"Cookie": {cookie}, "Origin": {"http://evil.test"}, "X-Coffer": {"1"}}
	if rec := w.do(t, http.MethodDelete, "/a.txt", own, nil); rec.Code != http.StatusForbidden {
		t.Errorf("a DELETE from another page: %d", rec.Code)
	}
	if rec := w.do(t, http.MethodPost, "/delete_many", own, strings.NewReader(`{"files":["a.txt"]}`)); rec.Code != http.StatusForbidden {
		t.Errorf("a batch from another page: %d", rec.Code)
	}
	if rec := w.do(t, http.MethodGet, "/a.txt", http.Header{"Cookie": {cookie}}, nil); rec.Code != http.StatusOK {
		t.Errorf("reading: %d", rec.Code)
	}
}
