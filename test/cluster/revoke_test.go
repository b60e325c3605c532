package cluster_test

import (
	"encoding/json"
	"io"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/test/postgres"
)

// felt is how long a revocation may take to be felt everywhere.
const felt = 5 * time.Second

// Whatever was opened with a revoked key pair ends within five seconds, on
// every server of the database, on the API as on the bytes; also if it is used
// all the time meanwhile.
func TestRevocationIsFeltEverywhere(t *testing.T) {
	t.Run("two servers on PostgreSQL", func(t *testing.T) {
		at, shared := postgres.Database(t), t.TempDir()
		revoke(t, serve(t, "--db", at, "--blobs", shared), serve(t, "--db", at, "--blobs", shared))
	})
	t.Run("one server on SQLite", func(t *testing.T) { revoke(t, serve(t)) })
}

// credentials are a way to show who one is.
type credentials struct {
	name string
	sign func(*http.Request)
}

func revoke(t *testing.T, servers ...*running) {
	const path = "revoked/one.bin"
	if got := servers[0].upload(t, path, "content"); got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	var lost, kept pair
	must(t, json.Unmarshal([]byte(command(t, "keys", "create", "--data", servers[0].data, "--format", "json")), &lost))
	must(t, json.Unmarshal([]byte(command(t, "keys", "create", "--data", servers[0].data, "--format", "json")), &kept))
	ends, stays := servers[0].opened(t, "the revoked pair", lost), servers[len(servers)-1].opened(t, "the other pair", kept)

	// doors are all ways in: what they answer to credentials.
	doors := make(map[string]func(credentials) int)
	for i, r := range servers {
		name := []string{"the first server", "the second server"}[i]
		doors["the API of "+name] = func(c credentials) int { return r.status(t, c, http.MethodPost, r.API+"/tasks.get_all") }
		doors["the bytes of "+name] = func(c credentials) int { return r.status(t, c, http.MethodGet, r.Files+"/"+path) }
		doors["the web listener of "+name] = func(c credentials) int { return r.status(t, c, http.MethodGet, r.Web+"/files/"+path) }
		doors["endpoints of our own of "+name] = func(c credentials) int { return r.status(t, c, http.MethodGet, r.Web+"/api/artifacts") }
	}
	every := func(all []credentials, want int) {
		t.Helper()
		for where, ask := range doors {
			for _, c := range all {
				if got := ask(c); got != want {
					t.Errorf("%s at %s: %d, expected %d", c.name, where, got, want)
				}
			}
		}
	}
	every(append(ends, stays...), http.StatusOK)

	ending := make(chan struct{})
	var using sync.WaitGroup
	for _, ask := range doors {
		using.Go(func() {
			for {
				select {
				case <-ending:
					return
				case <-time.After(100 * time.Millisecond):
					for _, c := range ends {
						ask(c)
					}
				}
			}
		})
	}
	// By the last server; the others have to find out.
	command(t, "keys", "revoke", lost.Access, "--data", servers[len(servers)-1].data)
	time.Sleep(felt)
	every(ends, http.StatusUnauthorized)
	every(stays, http.StatusOK)
	close(ending)
	using.Wait()
}

// opened signs in with a pair and returns all that can be shown from then on.
func (r *running) opened(t *testing.T, name string, p pair) []credentials {
	t.Helper()
	basic := credentials{name, func(req *http.Request) { req.SetBasicAuth(p.Access, p.Secret) }}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.API+"/auth.login", nil)
	must(t, err)
	basic.sign(req)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	var e envelope
	must(t, json.NewDecoder(resp.Body).Decode(&e))
	token, _ := e.Data["token"].(string)
	if token == "" || len(resp.Cookies()) != 1 {
		t.Fatalf("no session: %+v", e)
	}
	cookie := resp.Cookies()[0]
	return []credentials{
		basic,
		{"a token of " + name, func(req *http.Request) { req.Header.Set("Authorization", "Bearer "+token) }},
		{"the cookie of " + name, func(req *http.Request) { req.AddCookie(cookie) }},
	}
}

// status asks with credentials and returns the status alone.
func (r *running) status(t *testing.T, c credentials, method, address string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	must(t, err)
	c.sign(req)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Errorf("%s: %v", address, err)
		return 0
	}
	defer func() { _ = resp.Body.Close() }()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}
