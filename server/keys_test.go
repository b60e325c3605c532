package server_test

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

// Each of these works through the running server and, in the same words, on a
// directory that nobody serves.
func TestKeysAreMadeListedAndRevoked(t *testing.T) {
	r := start(t, "")
	for _, state := range []string{"while serving", "while stopped"} {
		t.Run(state, func(t *testing.T) {
			if state == "while stopped" {
				r.end(t)
			}
			out, problem, code := command(t.Context(), "keys", "create", "--data", r.data, "--format", "json", "--label", "for "+state)
			var pair instance.Keys
			if err := json.Unmarshal([]byte(out), &pair); err != nil || code != 0 {
				t.Fatalf("%d %s%s", code, out, problem)
			}
			out, _, code = command(t.Context(), "keys", "ls", "--data", r.data)
			if code != 0 || !strings.Contains(out, pair.Access) || !strings.Contains(out, "for "+state) || strings.Contains(out, pair.Secret) {
				t.Errorf("%d: the list is\n%s", code, out)
			}
			if out, problem, code = command(t.Context(), "keys", "revoke", "--data", r.data, pair.Access); code != 0 {
				t.Errorf("%d %s%s", code, out, problem)
			}
			if out, _, _ = command(t.Context(), "keys", "ls", "--data", r.data); strings.Contains(out, pair.Access) {
				t.Errorf("a revoked pair is listed:\n%s", out)
			}
			for args, want := range map[string]int{
				"revoke " + pair.Access: 3, "revoke NONE": 3, "create --user nobody": 3,
				"create --format xml": 2, "revoke": 2, "ls extra": 2, "create --lable x": 2,
			} {
				_, problem, code := command(t.Context(), append([]string{"keys", "--data", r.data}, strings.Fields(args)...)...)
				if code != want || !strings.HasPrefix(problem, "coffer: ") {
					t.Errorf("keys %s: exit code %d, expected %d: %s", args, code, want, problem)
				}
			}
		})
	}
	if _, problem, code := command(t.Context(), "keys", "ls", "--data", filepath.Join(t.TempDir(), "none")); code != 3 || !strings.Contains(problem, "coffer serve --data") {
		t.Errorf("a directory without data: %d %s", code, problem)
	}
}

func TestARevokedPairEndsOnTheRunningServer(t *testing.T) {
	r := start(t, "")
	login := r.call(t, r.API, "auth.login", nil)["token"].(string)
	if _, problem, code := command(t.Context(), "keys", "revoke", "--data", r.data, r.keys.Access); code != 0 {
		t.Fatal(problem)
	}
	if got := r.do(t, http.MethodGet, r.API+"/auth.login", nil); got.status != http.StatusUnauthorized {
		t.Errorf("the pair still signs in: %d", got.status)
	}
	for _, address := range []string{r.API + "/tasks.get_all", r.Files + "/a"} {
		if got := r.do(t, http.MethodGet, address, nil, "Authorization", "Bearer "+login); got.status != http.StatusUnauthorized {
			t.Errorf("its session still opens %s: %d", address, got.status)
		}
	}
}

func TestAPairIsPrintedReadyToUse(t *testing.T) {
	r := start(t, "")
	t.Run("env for a shell", func(t *testing.T) {
		shell := exec.CommandContext(t.Context(), "sh", "-ec", `eval "$("$0" keys create --data "$1" --format env)"; env`, coffer, r.data)
		shell.Env = instance.Clean()
		out, err := shell.Output()
		if err != nil {
			t.Fatal(err)
		}
		for name, want := range map[string]string{"API_HOST": r.API, "WEB_HOST": r.Web, "FILES_HOST": r.Files, "API_ACCESS_KEY": "", "API_SECRET_KEY": ""} {
			_, rest, found := strings.Cut("\n"+string(out), "\nCLEARML_"+name+"=")
			got, _, _ := strings.Cut(rest, "\n")
			if !found || got == "" || want != "" && got != want {
				t.Errorf("CLEARML_%s is %q", name, got)
			}
		}
	})
	t.Run("for another address", func(t *testing.T) {
		out, problem, _ := command(t.Context(), "keys", "create", "--data", r.data, "--format", "json", "--public-url", "https://coffer.lab/")
		var pair instance.Keys
		if err := json.Unmarshal([]byte(out), &pair); err != nil || pair.API != "https://coffer.lab/api" || pair.Files != "https://coffer.lab/files" || pair.Web != "https://coffer.lab" {
			t.Errorf("%s%s", out, problem)
		}
	})
	t.Run("for another user", func(t *testing.T) {
		_, problem, code := command(t.Context(), "keys", "create", "--data", r.data, "--user", "ADMIN")
		if code != 0 { // names differ by more than case
			t.Error(problem)
		}
	})
	t.Run("in a directory with a name that needs care", func(t *testing.T) {
		data := filepath.Join(t.TempDir(), "it's a 'data' folder", strings.Repeat("deep/", 30))
		if err := os.MkdirAll(data, 0o700); err != nil {
			t.Fatal(err)
		}
		odd := start(t, data)
		if _, problem, code := command(t.Context(), "keys", "ls", "--data", data); code != 0 {
			t.Error(problem)
		}
		text, err := os.ReadFile(odd.Log)
		if err != nil {
			t.Fatal(err)
		}
		_, hint, _ := strings.Cut(string(text), "Another pair: coffer ")
		hint, _, _ = strings.Cut(hint, "\n")
		shell := exec.CommandContext(t.Context(), "sh", "-c", `"$0" `+hint, coffer)
		shell.Env = instance.Clean()
		if out, err := shell.CombinedOutput(); err != nil {
			t.Errorf("what the first start says to type fails: %v\n%s", err, out)
		}
	})
}
