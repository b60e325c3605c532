package door_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/coffer-ml/coffer/internal/door"
)

func TestCORS(t *testing.T) {
	const lab, other = "https://lab.example.org", "https://other.example.org"
	for _, c := range []struct {
		name            string
		origins         []string
		method, origin  string
		asks            string // Access-Control-Request-Method
		status          int
		allowed, passed bool
	}{
		{"no origin is listed", nil, "GET", lab, "", 200, false, true},
		{"no page asks", []string{lab}, "GET", "", "", 200, false, true},
		{"a listed page reads", []string{other, lab}, "GET", lab, "", 200, true, true},
		{"letter case of hosts", []string{"https://LAB.example.org"}, "GET", lab, "", 200, true, true},
		{"every page", []string{door.AnyOrigin}, "GET", lab, "", 200, true, true},
		{"a page that is not listed", []string{lab}, "GET", other, "", 200, false, true},
		{"a host that begins like one listed", []string{lab}, "GET", lab + ".evil.org", "", 200, false, true},
		{"another scheme", []string{lab}, "GET", "http://lab.example.org", "", 200, false, true},
		{"a page in a sandbox", []string{lab}, "GET", "null", "", 200, false, true},
		{"the question before", []string{lab}, "OPTIONS", lab, "DELETE", 204, true, false},
		{"the question of a page that is not listed", []string{lab}, "OPTIONS", other, "DELETE", 200, false, true},
		{"another OPTIONS", []string{lab}, "OPTIONS", lab, "", 200, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			passed := false
			h := door.CORS{Origins: c.origins, Methods: []string{"GET", "DELETE"}, Allow: []string{"Authorization"}, Expose: []string{"ETag", "Content-Range"}}.
				Wrap(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { passed = true }))
			r := httptest.NewRequest(c.method, "/a/file", nil)
			for name, value := range map[string]string{"Origin": c.origin, "Access-Control-Request-Method": c.asks} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			got := w.Header()
			if w.Code != c.status || passed != c.passed {
				t.Errorf("status %d, passed on: %t", w.Code, passed)
			}
			if want := map[bool]string{true: c.origin}[c.allowed]; got.Get("Access-Control-Allow-Origin") != want {
				t.Errorf("allowed: %q, expected %q", got.Get("Access-Control-Allow-Origin"), want)
			}
			if got.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("cookies are allowed")
			}
			if len(c.origins) > 0 && got.Get("Vary") != "Origin" {
				t.Error("a cache would give one page's answer to another")
			}
			if c.status == http.StatusNoContent {
				if got.Get("Access-Control-Allow-Methods") != "GET, DELETE" || got.Get("Access-Control-Allow-Headers") != "Authorization" {
					t.Errorf("the answer to the question is %v", got)
				}
			} else if want := map[bool]string{true: "ETag, Content-Range"}[c.allowed]; got.Get("Access-Control-Expose-Headers") != want {
				t.Errorf("exposed: %q", got.Get("Access-Control-Expose-Headers"))
			}
		})
	}
}
