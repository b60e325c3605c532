package server_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/bcrypt"
)

// usersFile writes a file of accounts.
func usersFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// signIn returns the status of a sign-in by name and password.
func (r *running) signIn(t *testing.T, name, password string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.API+"/auth.login", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.SetBasicAuth(name, password)
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

func TestAccountsFromAFile(t *testing.T) {
	hash, err := bcrypt.GenerateFromPassword([]byte("battery staple"), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "users.yaml")
	usersFile(t, path, "users:\n- {name: admin, role: admin, password: correct horse}\n- {name: eva, password_hash: "+string(hash)+"}\n")
	r := start(t, "", "--users-file", path)
	if text := r.log(t); !strings.Contains(text, "password   (that of "+path+")") || strings.Contains(text, "correct horse") {
		t.Errorf("the first start shows\n%s", text)
	}
	for name, password := range map[string]string{"admin": "correct horse", "eva": "battery staple"} {
		if got := r.signIn(t, name, password); got != http.StatusOK {
			t.Errorf("%s cannot sign in: %d", name, got)
		}
	}
	if got := r.do(t, http.MethodGet, r.Web+"/api/audit?kind=user&user=server", nil); got.status != http.StatusOK || strings.Count(string(got.body), `"action":"start"`) < 2 {
		t.Errorf("the audit says %d %s", got.status, got.body)
	}
	r.end(t)

	usersFile(t, path, "users:\n- {name: admin, role: admin, password: new horse now}\n")
	r = start(t, r.data, "--users-file", path)
	for _, c := range []struct {
		name, password string
		want           int
	}{{"admin", "correct horse", 401}, {"admin", "new horse now", 200}, {"eva", "battery staple", 401}} {
		if got := r.signIn(t, c.name, c.password); got != c.want {
			t.Errorf("%s by %q after the change: %d, expected %d", c.name, c.password, got, c.want)
		}
	}
	r.end(t)

	for expectation, c := range map[string]struct {
		text  string
		parts []string
	}{
		"no YAML":         {"users: [", []string{"YAML"}},
		"another key":     {"accounts: []\n", []string{"line 1", `"accounts"`}},
		"no list":         {"users: ana\n", []string{"line 1", "list"}},
		"no account":      {"users:\n- ana\n", []string{"line 2", "name, role"}},
		"an unknown key":  {"users:\n- {name: ana, pass: secret-word}\n", []string{"line 2", `"ana"`, `"pass"`}},
		"no password":     {"users:\n\n- name: ana\n", []string{"line 3", `"ana"`, "password"}},
		"a short one":     {"users:\n- {name: ana, password: secret}\n", []string{"line 2", `"ana"`, "8 to 1024"}},
		"one name twice":  {"users:\n- {name: ana, password: secret-word}\n- {name: ANA, password: secret-word}\n", []string{"line 3", "line 2 has"}},
		"no hash":         {"users:\n- {name: ana, password_hash: secret-word}\n", []string{"bcrypt"}},
		"no such role":    {"users:\n- {name: ana, role: root, password: secret-word}\n", []string{`"root"`, "guest, member or admin"}},
		"a text as a row": {"users:\n- {name: ana, password: [secret-word]}\n", []string{"line 2", "name, role"}},
	} {
		usersFile(t, path, c.text)
		_, problem, code := command(t.Context(), "serve", "--data", r.data, "--users-file", path, "--listen", "127.0.0.1:0", "--api-listen", "off", "--files-listen", "off")
		if code != 2 || strings.Contains(problem, "secret-word") {
			t.Errorf("%s: exit code %d: %s", expectation, code, problem)
		}
		for _, part := range append(c.parts, "users-file", path) {
			if !strings.Contains(problem, part) {
				t.Errorf("%s: %q is not told by %s", expectation, part, problem)
			}
		}
	}
	_, problem, code := command(t.Context(), "serve", "--data", r.data, "--users-file", path+".none")
	if code != 2 || !strings.Contains(problem, path+".none") {
		t.Errorf("no file: exit code %d: %s", code, problem)
	}
}
