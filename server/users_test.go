package server_test

import (
	"bytes"
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

// users runs coffer users on a directory, with something on standard input.
func users(t *testing.T, data, input string, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	var out, problem bytes.Buffer
	c := exec.CommandContext(t.Context(), coffer, append([]string{"users", "--data", data}, args...)...)
	c.Stdin, c.Stdout, c.Stderr, c.Env = strings.NewReader(input), &out, &problem, instance.Clean()
	_ = c.Run() // the code tells
	return out.String(), problem.String(), c.ProcessState.ExitCode()
}

// Each of these works through the running server and, in the same words, on a
// directory that nobody serves.
func TestAccountsAreManagedByCommands(t *testing.T) {
	r := start(t, "")
	for _, state := range []string{"while serving", "while stopped"} {
		t.Run(state, func(t *testing.T) {
			if state == "while stopped" {
				r.end(t)
			}
			run := func(input string, args ...string) string {
				t.Helper()
				out, problem, code := users(t, r.data, input, args...)
				if code != 0 {
					t.Fatalf("users %v: %d %s%s", args, code, out, problem)
				}
				return out
			}
			accounts := func() map[string]map[string]any {
				t.Helper()
				var rows []map[string]any
				decode(t, []byte(run("", "ls", "--json")), &rows)
				all := make(map[string]map[string]any)
				for _, row := range rows {
					all[row["name"].(string)] = row
				}
				return all
			}
			run("correct horse\n", "add", "ana", "--role", "guest", "--email", "ana@example.org")
			if ana := accounts()["ana"]; ana["role"] != "guest" || ana["email"] != "ana@example.org" || ana["password"] != true || len(ana["id"].(string)) != 32 {
				t.Errorf("made as %v", ana)
			}
			run("", "role", "ana", "member")
			var invited struct {
				Token string
				User  map[string]any
			}
			decode(t, []byte(run("", "invite", "eva", "--json")), &invited)
			if len(invited.Token) < 40 || invited.User["role"] != "member" || invited.User["password"] != false {
				t.Errorf("invited: %+v", invited)
			}
			if text := run("", "reset", "ana"); !strings.Contains(text, "/api/invitation/accept") {
				t.Errorf("a reset says %s", text)
			}
			if ana := accounts()["ana"]; ana["role"] != "member" || ana["password"] != false || ana["invited"] == nil {
				t.Errorf("after the reset: %v", ana)
			}
			for range 2 {
				if _, problem, code := command(t.Context(), "keys", "create", "--data", r.data, "--user", "ana"); code != 0 {
					t.Fatal(problem)
				}
			}
			var keys []map[string]any
			decode(t, []byte(run("", "keys", "ana", "--json")), &keys)
			if len(keys) != 2 || keys[0]["user"] != "ana" || keys[0]["secret_key"] != nil {
				t.Errorf("the pairs are %v", keys)
			}
			if text := run("", "revoke", "ana"); !strings.HasPrefix(text, "2 key pairs") {
				t.Errorf("revoked: %s", text)
			}
			decode(t, []byte(run("", "keys", "ana", "--json")), &keys)
			if len(keys) != 0 {
				t.Errorf("after the revocation %v", keys)
			}
			if text := run("", "ls"); !strings.Contains(text, "eva") || !strings.Contains(text, "invitation until") {
				t.Errorf("the list is\n%s", text)
			}
			run("", "delete", "ana")
			run("", "delete", "eva")
			if all := accounts(); len(all) != 1 || all["admin"] == nil {
				t.Errorf("in the end there are %v", all)
			}
			for _, c := range []struct {
				args, input string
				code        int
			}{
				{"add x", "", 2},
				{"add x", "short\n", 2},
				{"add x --role root", "correct horse\n", 2},
				{"add ADMIN", "correct horse\n", 5},
				{"add x --email none", "correct horse\n", 2},
				{"add", "", 2},
				{"invite x --role root", "", 2},
				{"role admin member", "", 5},
				{"role admin root", "", 2},
				{"role nobody-here admin", "", 3},
				{"reset nobody-here", "", 3},
				{"delete nobody-here", "", 3},
				{"delete admin", "", 5},
				{"keys nobody-here", "", 3},
				{"revoke nobody-here", "", 3},
				{"ls extra", "", 2},
				{"ls --jsom", "", 2},
			} {
				_, problem, code := users(t, r.data, c.input, strings.Fields(c.args)...)
				if code != c.code || !strings.HasPrefix(problem, "coffer: ") {
					t.Errorf("users %s: exit code %d, expected %d: %s", c.args, code, c.code, problem)
				}
			}
		})
	}
	again := start(t, r.data)
	var page struct {
		Entries []struct{ Action string }
	}
	got := again.do(t, http.MethodGet, again.Web+"/api/audit?user=operator&limit=1000", nil)
	decode(t, got.body, &page)
	told := make(map[string]int)
	for _, e := range page.Entries {
		told[e.Action]++
	}
	for _, action := range []string{"POST /admin/users", "POST /admin/users/invite", "POST /admin/users/role", "POST /admin/users/reset", "DELETE /admin/users", "DELETE /admin/users/keys"} {
		if told[action] == 0 || told[action]%2 != 0 { // as often while serving as while stopped
			t.Errorf("the audit tells %d times of %s", told[action], action)
		}
	}
	if text := again.log(t) + string(got.body); strings.Contains(text, "correct horse") {
		t.Error("a password stands in the log or in the audit")
	}
}

func TestAnAccountThatEndedIsOutAtOnce(t *testing.T) {
	r := start(t, "")
	if _, problem, code := users(t, r.data, "correct horse", "add", "ana", "--role", "admin"); code != 0 {
		t.Fatal(problem)
	}
	if got := r.signIn(t, "ana", "correct horse"); got != http.StatusOK {
		t.Fatalf("a new account cannot sign in: %d", got)
	}
	if _, problem, code := users(t, r.data, "", "delete", "ana"); code != 0 {
		t.Fatal(problem)
	}
	if got := r.signIn(t, "ana", "correct horse"); got != http.StatusUnauthorized {
		t.Errorf("it still signs in: %d", got)
	}
	if got := r.do(t, http.MethodGet, r.API+"/auth.login", nil); got.status != http.StatusOK {
		t.Errorf("somebody else is out, too: %d", got.status)
	}
}
