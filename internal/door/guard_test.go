package door_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/sqlstore"
	"github.com/coffer-ml/coffer/user"
)

// callers are credentials of three accounts and a guard that knows them.
type callers struct {
	guard               *door.Guard
	users               *user.Service
	pair                user.Pair // of the administrator
	admin, guest        string    // tokens
	adminID             user.ID
	password, latinUser string
}

func newCallers(t *testing.T) callers {
	t.Helper()
	db, err := sqlstore.Open(t.Context(), sqlstore.Config{Path: filepath.Join(t.TempDir(), "coffer.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	users := user.New(user.Config{Store: db.Users(), Tx: db.Tx, Now: time.Now})
	first, err := users.Bootstrap(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := callers{guard: &door.Guard{Users: users}, users: users, pair: first.Pair, password: "schlüssel", latinUser: "jörg"}
	guest, err := users.Create(t.Context(), user.Operator, user.Spec{Name: c.latinUser, Role: user.Guest, Password: c.password})
	if err != nil {
		t.Fatal(err)
	}
	admin, err := users.Authenticate(t.Context(), user.Basic{Name: c.pair.Access, Secret: c.pair.Secret})
	if err != nil {
		t.Fatal(err)
	}
	c.adminID = admin.User
	for to, who := range map[*string]user.Identity{&c.admin: admin, &c.guest: {User: guest.ID, Role: user.Guest}} {
		if *to, err = users.Login(t.Context(), who, 0); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestCredentials(t *testing.T) {
	c := newCallers(t)
	pair := c.pair.Access + ":" + c.pair.Secret
	for _, x := range []struct {
		expectation   string
		authorization string
		cookie        string
		need          door.Access
		want          error
		name          string
	}{
		{"a key pair", "Basic " + encoded(pair), "", door.Admin, nil, "admin"},
		{"the scheme in any case", "bASIC " + encoded(pair), "", door.Admin, nil, "admin"},
		{"a token", "Bearer " + c.admin, "", door.Admin, nil, "admin"},
		{"a token in lower case scheme", "bearer " + c.guest, "", door.Guest, nil, "jörg"},
		{"name and password in UTF-8", "Basic " + encoded(c.latinUser+":"+c.password), "", door.Guest, nil, "jörg"},
		{"name and password in latin-1", "Basic " + encoded("j\xf6rg:schl\xfcssel"), "", door.Guest, nil, "jörg"},
		{"the cookie alone reads", "", c.guest, door.Guest, nil, "jörg"},
		{"the header wins over the cookie", "Bearer " + c.guest, c.admin, door.Guest, nil, "jörg"},
		{"a bad header is not saved by a cookie", "Bearer x", c.admin, door.Guest, user.ErrInvalidToken, ""},
		{"nothing is refused", "", "", door.Guest, user.ErrNoCredentials, ""},
		{"a bad cookie is refused", "", "x", door.Guest, user.ErrInvalidToken, ""},
		{"an unknown scheme is refused", "Digest abc", "", door.Guest, user.ErrBadScheme, ""},
		{"a scheme alone is refused", "Bearer", "", door.Guest, user.ErrInvalidToken, ""},
		{"no base64 is refused", "Basic ???", "", door.Guest, user.ErrBadCredentials, ""},
		{"no colon is refused", "Basic " + encoded("admin"), "", door.Guest, user.ErrBadCredentials, ""},
		{"a wrong secret is refused", "Basic " + encoded(c.pair.Access+":x"), "", door.Guest, user.ErrInvalidCredentials, ""},
		{"a guest reads only", "Bearer " + c.guest, "", door.Member, user.ErrForbidden, ""},
		{"a guest changes what is his", "Bearer " + c.guest, "", door.Self, nil, "jörg"},
		{"a guest manages nothing", "Bearer " + c.guest, "", door.Admin, user.ErrForbidden, ""},
		{"anyone is not asked", "Digest abc", "", door.Anyone, nil, ""},
		{"bad credentials count as none where they are optional", "Digest abc", "", door.Optional, nil, ""},
		{"good ones count where they are optional", "Bearer " + c.guest, "", door.Optional, nil, "jörg"},
	} {
		t.Run(x.expectation, func(t *testing.T) {
			r := httptest.NewRequest(http.MethodGet, "http://coffer.test:8080/x", nil)
			if x.authorization != "" {
				r.Header.Set("Authorization", x.authorization)
			}
			if x.cookie != "" {
				r.AddCookie(&http.Cookie{Name: door.Cookie, Value: x.cookie})
			}
			who, err := c.guard.Admit(r, x.need)
			if !errors.Is(err, x.want) || who.Name != x.name {
				t.Errorf("%q, %v; expected %q, %v", who.Name, err, x.name, x.want)
			}
		})
	}
}

func TestTheProgramThatCallsIsKnown(t *testing.T) {
	c := newCallers(t)
	for _, header := range []string{"X-ClearML-Client", "X-Trains-Client"} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", "Bearer "+c.admin)
		r.Header.Set(header, "clearml-2.1.7")
		if who, err := c.guard.Admit(r, door.Guest); err != nil || who.Client != "clearml-2.1.7" {
			t.Errorf("%s: %+v, %v", header, who, err)
		}
	}
}

func TestWhereAPairWasUsedIsNoted(t *testing.T) {
	for _, x := range []struct {
		expectation, worker, forwarded, want string
	}{
		{"the machine that the caller names", "gpu-7", "", "gpu-7"},
		{"else the address of the socket", "", "", "192.0.2.7"},
		{"never what a proxy header says", "", "203.0.113.9", "192.0.2.7"},
		{"no more than a host name's length", strings.Repeat("w", 5000), "", strings.Repeat("w", 255)},
	} {
		t.Run(x.expectation, func(t *testing.T) {
			c := newCallers(t)
			p, err := c.users.CreateKey(t.Context(), user.Operator, c.adminID, "")
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.RemoteAddr = "192.0.2.7:4711"
			r.SetBasicAuth(p.Access, p.Secret)
			for name, value := range map[string]string{"X-ClearML-Worker": x.worker, "X-Forwarded-For": x.forwarded} {
				if value != "" {
					r.Header.Set(name, value)
				}
			}
			if _, err := c.guard.Admit(r, door.Guest); err != nil {
				t.Fatal(err)
			}
			keys, err := c.users.Keys(t.Context(), user.Operator, true)
			if err != nil {
				t.Fatal(err)
			}
			for _, k := range keys {
				if k.Access == p.Access && k.LastUsedFrom != x.want {
					t.Errorf("noted %q", k.LastUsedFrom)
				}
			}
		})
	}
}

func TestTheAdminSocketIsTheOperator(t *testing.T) {
	c := newCallers(t)
	r := httptest.NewRequest(http.MethodPost, "/", nil)
	who, err := c.guard.Admit(r.WithContext(door.AsOperator(context.Background())), door.Admin)
	if err != nil || who != user.Operator {
		t.Errorf("%+v, %v", who, err)
	}
}

// A call that changes something and brings nothing but the cookie must come
// from a page of ours.
func TestCookieRule(t *testing.T) {
	c := newCallers(t)
	c.guard.Origins = []string{"coffer.example.org"}
	own := http.Header{"Origin": {"http://coffer.test:8080"}, "Content-Type": {"application/json; charset=utf-8"}}
	with := func(h http.Header, name, value string) http.Header {
		out := h.Clone()
		out.Set(name, value)
		if value == "" {
			out.Del(name)
		}
		return out
	}
	for _, x := range []struct {
		expectation string
		method, url string
		header      http.Header
		need        door.Access
		bearer      bool
		want        error
	}{
		{"a JSON body from our page passes", "POST", "/x", own, door.Member, false, nil},
		{"a delete from our page passes", "DELETE", "/x?key=a", with(with(own, "Content-Type", ""), "X-Coffer", "1"), door.Member, false, nil},
		{"Sec-Fetch-Site tells our page as well", "POST", "/x", with(with(own, "Origin", ""), "Sec-Fetch-Site", "same-origin"), door.Member, false, nil},
		{"a page of the public address is ours", "POST", "/x", with(own, "Origin", "https://coffer.example.org"), door.Member, false, nil},
		{"somebody else's page is refused", "POST", "/x", with(own, "Origin", "http://evil.test"), door.Member, false, door.ErrCrossSite},
		{"another port of this host is refused", "POST", "/x", with(own, "Origin", "http://coffer.test:8888"), door.Member, false, door.ErrCrossSite},
		{"the origin null is refused", "POST", "/x", with(own, "Origin", "null"), door.Member, false, door.ErrCrossSite},
		{"no origin is refused", "POST", "/x", with(own, "Origin", ""), door.Member, false, door.ErrCrossSite},
		{"another site's fetch is refused", "POST", "/x", with(with(own, "Origin", ""), "Sec-Fetch-Site", "same-site"), door.Member, false, door.ErrCrossSite},
		{"a form is refused", "POST", "/x", with(own, "Content-Type", "application/x-www-form-urlencoded"), door.Member, false, door.ErrCrossSite},
		{"a form with files is refused", "POST", "/x", with(own, "Content-Type", "multipart/form-data; boundary=x"), door.Member, false, door.ErrCrossSite},
		{"a form that a script marked passes", "POST", "/x", with(with(own, "Content-Type", "multipart/form-data; boundary=x"), "X-Coffer", "1"), door.Member, false, nil},
		{"a link with arguments is refused", "GET", "/x?task=1", own, door.Member, false, door.ErrCrossSite},
		{"a HEAD with arguments is refused", "HEAD", "/x?task=1", own, door.Member, false, door.ErrCrossSite},
		{"a GET with a JSON body from our page passes", "GET", "/x", own, door.Member, false, nil},
		{"one's own things are guarded as well", "GET", "/x?label=a", nil, door.Self, false, door.ErrCrossSite},
		{"and what administrators do", "POST", "/x", nil, door.Admin, false, door.ErrCrossSite},
		{"reading is free", "GET", "/x?task=1", nil, door.Guest, false, nil},
		{"a caller with a token is free", "GET", "/x?task=1", http.Header{"Origin": {"http://evil.test"}}, door.Member, true, nil},
	} {
		t.Run(x.expectation, func(t *testing.T) {
			r := httptest.NewRequest(x.method, "http://coffer.test:8080"+x.url, nil)
			if x.header != nil {
				r.Header = x.header.Clone()
			}
			r.AddCookie(&http.Cookie{Name: door.Cookie, Value: c.admin})
			if x.bearer {
				r.Header.Set("Authorization", "Bearer "+c.admin)
			}
			if _, err := c.guard.Admit(r, x.need); !errors.Is(err, x.want) {
				t.Errorf("%v, expected %v", err, x.want)
			}
		})
	}
}
