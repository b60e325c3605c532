package hostile_test

import (
	"net/http"
	"strings"
	"testing"
)

// Pages of other origins may read nothing here: no listener allows one,
// whatever it asks for.
func TestNoOtherOriginIsAllowed(t *testing.T) {
	s := start(t)
	for _, target := range []string{s.Web + "/", s.Web + "/api/v2.23/tasks.get_all", s.Web + "/files/a", s.API + "/v2.23/tasks.get_all", s.API + "/auth.login", s.Files + "/", s.Files + "/a"} {
		for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
			for _, origin := range []string{"http://evil.test", "null", s.Web} {
				a := s.do(t, method, target, map[string]string{
					"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization",
				}, nil)
				for name, value := range a.header {
					if strings.HasPrefix(name, "Access-Control-") {
						t.Errorf("%s %s for %s: %s: %s", method, target, origin, name, value)
					}
				}
			}
		}
	}
}

// The cookie of a session is for this host's pages alone: no script reads it,
// no other site's request carries it, it ends, and under TLS it goes nowhere
// in clear.
func TestTheSessionCookie(t *testing.T) {
	for name, c := range map[string]struct {
		args   []string
		secure bool
	}{
		"plain":                  {nil, false},
		"TLS":                    {certificate(t), true},
		"TLS ends before us":     {[]string{"--public-url", "https://coffer.example.org"}, true},
		"public and not through": {[]string{"--public-url", "http://coffer.example.org"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.args...)
			a := s.do(t, http.MethodGet, s.API+"/auth.login", nil, nil)
			cookies := (&http.Response{Header: a.header}).Cookies()
			if len(cookies) != 1 {
				t.Fatalf("%d %v", a.status, a.header)
			}
			k := cookies[0]
			const month = 30 * 24 * 60 * 60
			if !k.HttpOnly || k.SameSite != http.SameSiteLaxMode || k.MaxAge <= 0 || k.MaxAge > month || k.Domain != "" || k.Secure != c.secure {
				t.Errorf("%+v", k)
			}
		})
	}
}

// A failure tells its request id, and keeps what the machine said to itself.
func TestFailuresShowNothingOfTheInside(t *testing.T) {
	s := start(t)
	for _, target := range []string{
		s.API + "/v2.23/tasks.get_all?order_by=name'", s.API + "/v2.23/tasks.get_all?id=%00", s.API + "/v2.23/tasks.get_by_id?task='", s.Files + "/%ff", s.Files + "/a'?version='",
		s.Web + "/'", s.API + "/v2.23/tasks.get_all?name=(((", s.API + "/v2.23/tasks.get_all?page_size=9223372036854775807&page=9223372036854775807",
	} {
		a := s.do(t, http.MethodGet, target, nil, nil)
		for _, word := range []string{"sql", "sqlite", "goroutine", ".go:", "panic", s.data, "modernc"} {
			if strings.Contains(strings.ToLower(string(a.body)), strings.ToLower(word)) {
				t.Errorf("%s: %d says %q: %.300s", target, a.status, word, a.body)
			}
		}
		if a.header.Get("X-Request-Id") == "" {
			t.Errorf("%s: no request id", target)
		}
	}
}
