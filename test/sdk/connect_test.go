package sdk_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/client"
)

func errorAs(err error) (*client.Error, bool) {
	var e *client.Error
	ok := errors.As(err, &e)
	return e, ok
}

// The same configuration is read from a file, from the environment, and from
// fields, each over the one before.
func TestG23ConfigurationComesFromFileEnvironmentAndFields(t *testing.T) {
	file := filepath.Join(t.TempDir(), "clearml.conf")
	must(t, os.WriteFile(file, []byte(fmt.Sprintf(`
api {
    # as coffer keys create --format conf prints it
    api_server: %s
    web_server: %s
    files_server: %s
    credentials { "access_key" = ${?MY_ACCESS}, "secret_key" = "%s" }
}
`, keys.API, keys.Web, keys.Files, keys.Secret)), 0o600))
	for _, c := range []struct {
		expectation string
		cfg         client.Config
		env         map[string]string
		denied      bool
	}{
		{"a file that is named", client.Config{File: file}, map[string]string{"MY_ACCESS": keys.Access}, false},
		{"a file that the environment names", client.Config{}, map[string]string{"MY_ACCESS": keys.Access, "CLEARML_CONFIG_FILE": file}, false},
		{"a file at home", client.Config{}, map[string]string{"MY_ACCESS": keys.Access, "HOME": filepath.Dir(file)}, false},
		{"the environment over the file", client.Config{File: file}, map[string]string{"MY_ACCESS": "other", "CLEARML_API_ACCESS_KEY": keys.Access, "CLEARML_API_SECRET_KEY": keys.Secret}, false},
		{"the environment alone", client.Config{File: "-"}, map[string]string{
			"CLEARML_API_HOST": keys.API, "CLEARML_WEB_HOST": keys.Web, "CLEARML_FILES_HOST": keys.Files,
			"CLEARML_API_ACCESS_KEY": keys.Access, "CLEARML_API_SECRET_KEY": keys.Secret,
		}, false},
		{"its old names", client.Config{File: "-"}, map[string]string{"TRAINS_API_HOST": keys.API, "TRAINS_API_ACCESS_KEY": keys.Access, "TRAINS_API_SECRET_KEY": keys.Secret}, false},
		{"fields over both", client.Config{File: file, AccessKey: keys.Access, SecretKey: keys.Secret}, map[string]string{"MY_ACCESS": "x", "CLEARML_API_ACCESS_KEY": "y", "CLEARML_API_SECRET_KEY": "z"}, false},
		{"keys that are none", client.Config{File: file}, map[string]string{"MY_ACCESS": "other"}, true},
		{"no keys", client.Config{File: "-", API: keys.API}, nil, true},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			c.cfg.Env = environment(c.env)
			opened, err := client.Open(t.Context(), c.cfg)
			if c.denied {
				is(t, err, client.ErrDenied)
				return
			}
			must(t, err)
			name, role, err := opened.WhoAmI(t.Context())
			must(t, err)
			if name != "admin" || role != "admin" {
				t.Errorf("signed in as %q, role %q", name, role)
			}
			must(t, opened.Close(t.Context()))
		})
	}
}

func TestOpenTellsWhatIsWrongWithTheConfiguration(t *testing.T) {
	broken := filepath.Join(t.TempDir(), "clearml.conf")
	must(t, os.WriteFile(broken, []byte("api {\n  api_server: \"http://host\n}"), 0o600))
	for _, c := range []struct {
		expectation string
		cfg         client.Config
		want        string
	}{
		{"nothing is configured", client.Config{}, "coffer login"},
		{"a file that is not there", client.Config{File: broken + ".not"}, "no such file"},
		{"a file that cannot be read", client.Config{File: broken}, "clearml.conf:2: a text was not closed"},
		{"no address", client.Config{API: "localhost:8008"}, "expected something like http://host:8008"},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			c.cfg.Env = environment(map[string]string{"HOME": t.TempDir()})
			_, err := client.Open(t.Context(), c.cfg)
			is(t, err, client.ErrInvalid)
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("%q does not tell %q", err, c.want)
			}
		})
	}
}

func TestAddressesThatAreNotGivenAreDerived(t *testing.T) {
	onePort := "http://" + hostOf(t, keys.Web)
	for _, c := range []struct{ api, web, wantAPI, wantWeb, wantFiles string }{
		{onePort + "/api/", "", onePort + "/api", onePort, onePort + "/files"},
		{"", onePort, onePort + "/api", onePort, onePort + "/files"},
	} {
		opened := open(t, func(cfg *client.Config) { cfg.API, cfg.Web, cfg.Files = c.api, c.web, "" })
		if got := opened.Addresses(); got != (client.Addresses{API: c.wantAPI, Web: c.wantWeb, Files: c.wantFiles}) {
			t.Errorf("%q, %q: got %+v", c.api, c.web, got)
		}
	}
}

func hostOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	must(t, err)
	return u.Host
}

// between puts a proxy between client and server, which spoils what spoil
// says: it answers in the server's place and returns true.
func between(t *testing.T, target string, spoil func(w http.ResponseWriter, r *http.Request) bool) string {
	t.Helper()
	u, err := url.Parse(target)
	must(t, err)
	proxy := httputil.NewSingleHostReverseProxy(u)
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !spoil(w, r) {
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// through sends everything through a proxy in front of the web listener.
func through(web string) func(*client.Config) {
	return func(cfg *client.Config) { cfg.Web, cfg.API, cfg.Files = web, web+"/api", web+"/files" }
}

// hangUp breaks a connection off without an answer.
func hangUp(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

func TestWhatMayHelpIsTriedAgain(t *testing.T) {
	spoils := map[string]func(w http.ResponseWriter){
		"a proxy without a server": func(w http.ResponseWriter) { w.WriteHeader(http.StatusBadGateway) },
		"a server that stops":      func(w http.ResponseWriter) { w.WriteHeader(http.StatusServiceUnavailable) },
		"a connection that breaks": hangUp,
		"a busy database": func(w http.ResponseWriter) {
			w.WriteHeader(http.StatusInternalServerError)
			_, _ = w.Write([]byte(`{"meta": {"result_code": 500, "result_subcode": 102, "result_msg": "busy"}, "data": {}}`))
		},
	}
	for expectation, spoil := range spoils {
		t.Run(expectation, func(t *testing.T) {
			var left atomic.Int32
			proxied := between(t, keys.API, func(w http.ResponseWriter, r *http.Request) bool {
				if strings.HasSuffix(r.URL.Path, "tasks.get_all_ex") && left.Add(-1) >= 0 {
					spoil(w)
					return true
				}
				return false
			})
			c := open(t, func(cfg *client.Config) { cfg.API = proxied })
			task := create(t, c, "steady")
			left.Store(3)
			got, err := c.Task(t.Context(), task.ID)
			must(t, err)
			if got.Name != "steady" || left.Load() >= 0 {
				t.Errorf("got %q, %d failures left", got.Name, left.Load())
			}
		})
	}
}

func TestWhatCannotHelpIsNotTriedAgain(t *testing.T) {
	for _, c := range []struct {
		expectation string
		answer      string
		status      int
		kind        error
	}{
		{"a mistake", `{"meta": {"result_code": 400, "result_subcode": 12, "result_msg": "no"}}`, 400, client.ErrInvalid},
		{"a fault of the server", `{"meta": {"result_code": 500, "result_subcode": 0, "result_msg": "no"}}`, 500, client.ErrInternal},
		{"a state", `{"meta": {"result_code": 400, "result_subcode": 110, "result_msg": "no"}}`, 400, client.ErrState},
		{"somebody else's page", `<html>`, 404, client.ErrNotFound},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			var asked atomic.Int32
			proxied := between(t, keys.API, func(w http.ResponseWriter, r *http.Request) bool {
				if !strings.HasSuffix(r.URL.Path, "tasks.get_all_ex") {
					return false
				}
				asked.Add(1)
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answer))
				return true
			})
			_, err := open(t, func(cfg *client.Config) { cfg.API = proxied }).Task(t.Context(), "1234")
			is(t, err, c.kind)
			e, _ := errorAs(err)
			if asked.Load() != 1 || e.Retryable || e.Host == "" || e.Object != "1234" {
				t.Errorf("asked %d times, error %+v", asked.Load(), e)
			}
		})
	}
}

// A task whose making got no answer may have been made: it is not made twice.
func TestWhatMakesThingsIsNotSentTwice(t *testing.T) {
	var made atomic.Int32
	proxied := between(t, keys.API, func(w http.ResponseWriter, r *http.Request) bool {
		if !strings.HasSuffix(r.URL.Path, "tasks.create") {
			return false
		}
		made.Add(1)
		hangUp(w)
		return true
	})
	c := open(t, func(cfg *client.Config) { cfg.API = proxied })
	_, err := c.CreateTask(t.Context(), client.TaskSpec{Name: "once"})
	is(t, err, client.ErrUnavailable)
	if made.Load() != 1 {
		t.Errorf("sent %d times", made.Load())
	}
}

func TestPatienceAndContextEnd(t *testing.T) {
	gone := httptest.NewServer(http.NotFoundHandler())
	gone.Close()
	cfg := config(t)
	cfg.API, cfg.Patience = gone.URL, -1
	_, err := client.Open(t.Context(), cfg)
	is(t, err, client.ErrUnavailable)

	cfg.Patience = time.Hour
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, err = client.Open(ctx, cfg)
	is(t, err, client.ErrUnavailable)
}

// An ended token is renewed without anybody noticing, and revoked keys are
// noticed.
func TestTokensAreRenewed(t *testing.T) {
	var logins, refused atomic.Int32
	proxied := between(t, keys.API, func(w http.ResponseWriter, r *http.Request) bool {
		if strings.HasSuffix(r.URL.Path, "auth.login") {
			logins.Add(1)
			return false
		}
		if refused.Add(-1) >= 0 {
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"meta": {"result_code": 401, "result_subcode": 30, "result_msg": "ended"}}`))
			return true
		}
		return false
	})
	var now atomic.Int64
	now.Store(time.Now().UnixNano())
	c := open(t, func(cfg *client.Config) {
		cfg.API = proxied
		cfg.Now = func() time.Time { return time.Unix(0, now.Load()) }
	})
	ask := func(want int32) {
		t.Helper()
		_, _, err := c.WhoAmI(t.Context())
		must(t, err)
		if logins.Load() != want {
			t.Errorf("logged in %d times, want %d", logins.Load(), want)
		}
	}
	ask(1)
	ask(1)
	refused.Store(1)
	ask(2)
	now.Add(int64(365 * 24 * time.Hour))
	ask(3)
	refused.Store(2) // also the new token
	_, _, err := c.WhoAmI(t.Context())
	is(t, err, client.ErrDenied)
}
