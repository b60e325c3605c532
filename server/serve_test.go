package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

func TestTheFirstStartShowsPasswordAndPairOnce(t *testing.T) {
	first := start(t, "")
	text := first.log(t)
	pair := regexp.MustCompile(`"access_key" = "([A-Z0-9]{30})"\n\s+"secret_key" = "([\w-]{60,})"`).FindStringSubmatch(text)
	password := regexp.MustCompile(`(?m)^  password   (\S{16,})$`).FindStringSubmatch(text)
	if pair == nil || password == nil {
		t.Fatalf("no pair or no password in\n%s", text)
	}
	for _, part := range []string{
		"user       admin", "web_server: " + first.Web, "api_server: " + first.API, "files_server: " + first.Files,
		"export CLEARML_API_ACCESS_KEY='" + pair[1] + "'", "coffer keys create --data",
	} {
		if !strings.Contains(text, part) {
			t.Errorf("the first start does not show %q", part)
		}
	}
	for name, secret := range map[string]string{pair[1]: pair[2], "admin": password[1]} {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, first.API+"/auth.login", nil)
		req.SetBasicAuth(name, secret)
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			t.Errorf("%s cannot sign in: %d", name, resp.StatusCode)
		}
	}
	first.end(t)
	second := start(t, first.data)
	if text := second.log(t); strings.Contains(text, "password") || strings.Contains(text, pair[1]) || strings.Contains(text, "secret_key") {
		t.Errorf("the second start shows secrets again:\n%s", text)
	}
	for _, path := range []string{"coffer.db", "coffer.db-wal"} {
		content, err := os.ReadFile(filepath.Join(first.data, path))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(pair[2])) || bytes.Contains(content, []byte(password[1])) {
			t.Errorf("%s holds a secret in clear", path)
		}
	}
}

func TestTheDataDirectoryIsForItsOwnerAlone(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	if err := os.MkdirAll(data, 0o755); err != nil { // it was there before, for all to look into
		t.Fatal(err)
	}
	r := start(t, data)
	r.upload(t, r.Files, "/a", "x")
	err := filepath.WalkDir(data, func(path string, d os.DirEntry, err error) error {
		if err != nil || path == data {
			return err
		}
		info, err := d.Info()
		if err == nil && info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s may be used by others: %s", path, info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAddressesStandInTheDirectoryWhileServing(t *testing.T) {
	r := start(t, "")
	content, err := os.ReadFile(filepath.Join(r.data, "addresses.json"))
	if err != nil {
		t.Fatal(err)
	}
	var a instance.Addresses
	if err := json.Unmarshal(content, &a); err != nil || a.Web == "" || a.API == "" || a.Files == "" {
		t.Fatalf("%s: %v", content, err)
	}
	for what, address := range map[string]string{"web": a.Web, "API": a.API + "/debug.ping", "files": a.Files} {
		if got := r.do(t, http.MethodGet, address, nil); got.status != http.StatusOK {
			t.Errorf("%s does not answer at %s: %d", what, address, got.status)
		}
	}
	r.end(t)
	for _, name := range []string{"addresses.json", "admin.sock"} {
		if _, err := os.Lstat(filepath.Join(r.data, name)); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
}

func TestOneProcessOwnsADirectory(t *testing.T) {
	r := start(t, "")
	_, problem, code := command(t.Context(), "serve", "--data", r.data, "--listen", "127.0.0.1:0", "--api-listen", "off", "--files-listen", "off")
	if code != 5 || !strings.Contains(problem, r.data) || !strings.Contains(problem, fmt.Sprint(r.PID())) {
		t.Errorf("exit code %d: %s", code, problem)
	}
	if got := r.do(t, http.MethodGet, r.Web+"/readyz", nil); got.status != http.StatusOK {
		t.Errorf("the server that was there is disturbed: %d", got.status)
	}
}

func TestOnePortServesAll(t *testing.T) {
	r := start(t, "", "--api-listen", "off", "--files-listen", "off")
	if r.API != "" || r.Files != "" || r.keys.API != r.Web+"/api" || r.keys.Files != r.Web+"/files" {
		t.Errorf("addresses %+v, keys %+v", r.Addresses, r.keys)
	}
	for _, address := range []string{r.Web + "/files", r.Web + "/files/"} {
		if got := r.upload(t, address, "/one/port.txt", address); got.status != http.StatusOK {
			t.Errorf("POST %s: %d %s", address, got.status, got.header.Get("Location"))
		}
		if got := r.do(t, http.MethodGet, r.Web+"/files/one/port.txt", nil); string(got.body) != address {
			t.Errorf("GET: %d %s", got.status, got.body)
		}
	}
	for _, path := range []string{"/api/v2.23/tasks.get_all", "/api/tasks.get_all"} {
		if got := r.do(t, http.MethodPost, r.Web+path, nil); got.status != http.StatusOK {
			t.Errorf("%s: %d", path, got.status)
		}
	}
	if got := r.do(t, http.MethodGet, r.Web+"/tasks.get_all", nil); got.status != http.StatusNotFound {
		t.Errorf("the API is served beside its prefix: %d", got.status)
	}
}

// artifactAt registers an artifact under an address and returns the address
// that a reader with the given Host is told.
func (r *running) artifactAt(t *testing.T, address, host string) string {
	t.Helper()
	id := r.call(t, r.API, "tasks.create", map[string]any{"name": "addressed", "type": "training"})["id"]
	item := map[string]any{"key": "a", "type": "custom", "uri": address}
	r.call(t, r.API, "tasks.add_or_update_artifacts", map[string]any{"task": id, "artifacts": []any{item}})
	task := r.call(t, r.API, "tasks.get_by_id", map[string]any{"task": id}, "Host", host)["task"].(map[string]any)
	return task["execution"].(map[string]any)["artifacts"].([]any)[0].(map[string]any)["uri"].(string)
}

func TestThePublicAddressIsToldToEveryone(t *testing.T) {
	r := start(t, "", "--public-url", "https://coffer.example.org/")
	for _, written := range []string{"https://coffer.example.org/files/p/a%20b", r.Files + "/p/a%20b", r.Web + "/files/p/a%20b"} {
		for _, host := range []string{"coffer.example.org", "127.0.0.1:9", strings.TrimPrefix(r.API, "http://")} {
			if got := r.artifactAt(t, written, host); got != "https://coffer.example.org/files/p/a%20b" {
				t.Errorf("%s for %s: %s", written, host, got)
			}
		}
	}
	if r.keys.API != "https://coffer.example.org/api" || r.keys.Files != "https://coffer.example.org/files" {
		t.Errorf("a pair is to be used at %+v", r.keys)
	}
	if page := r.do(t, http.MethodGet, r.Web+"/about", nil).body; !bytes.Contains(page, []byte("https://coffer.example.org/files")) {
		t.Errorf("the page does not show the public address")
	}
}

func TestFurtherNamesAreOursAndAllOthersAreNot(t *testing.T) {
	r := start(t, "", "--also-known-as", "coffer.lab,10.0.0.7:99")
	web, _ := url.Parse(r.Web)
	for written, want := range map[string]string{
		"http://coffer.lab/files/p/a":       "http://" + web.Host + "/files/p/a",
		"http://10.0.0.7:99/files/p/a":      "http://" + web.Host + "/files/p/a",
		"http://10.0.0.7/files/p/a":         "http://10.0.0.7/files/p/a",
		"http://other.lab/files/p/a":        "http://other.lab/files/p/a",
		"s3://coffer.lab/files/p/a":         "s3://coffer.lab/files/p/a",
		r.Web + "/elsewhere/p/a":            r.Web + "/elsewhere/p/a",
		r.Files + "/p/%C3%A4%20b%2Fc?x=%23": "http://" + web.Host + "/files/p/%C3%A4%20b%2Fc?x=%23",
	} {
		if got := r.artifactAt(t, written, web.Host); got != want {
			t.Errorf("%s: %s, expected %s", written, got, want)
		}
	}
}

func TestProbesAndMetrics(t *testing.T) {
	r := start(t, "")
	r.upload(t, r.Files, "/metrics/a", "12345")
	r.call(t, r.API, "tasks.get_all", map[string]any{})
	plain := func(address string, header ...string) answer {
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		for i := 0; i < len(header); i += 2 {
			req.Header.Set(header[i], header[i+1])
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = resp.Body.Close() }()
		text, _ := io.ReadAll(resp.Body)
		return answer{resp.StatusCode, resp.Header, text}
	}
	for _, base := range []string{r.Web, r.API} {
		for _, path := range []string{"/healthz", "/readyz"} {
			if got := plain(base + path); got.status != http.StatusOK || string(got.body) != "ok\n" {
				t.Errorf("%s%s: %d %s", base, path, got.status, got.body)
			}
		}
		got := plain(base + "/metrics")
		for _, line := range []string{
			"coffer_blob_hashed_bytes_total 5", "coffer_upload_bytes_total 5", `coffer_api_calls_total{code="200",endpoint="tasks.get_all"} 1`,
			`coffer_http_requests_total{listener="files",method="POST",status="200"} 1`, "go_goroutines ", "process_resident_memory_bytes ",
		} {
			if !bytes.Contains(got.body, []byte("\n"+line)) {
				t.Errorf("%s/metrics has no line %q", base, line)
			}
		}
		if got := plain(base+"/metrics", "X-Forwarded-For", "203.0.113.9"); got.status != http.StatusUnauthorized {
			t.Errorf("a stranger behind a proxy is shown the metrics: %d", got.status)
		}
		if got := r.do(t, http.MethodGet, base+"/metrics", nil, "X-Forwarded-For", "203.0.113.9"); got.status != http.StatusOK {
			t.Errorf("with credentials the metrics are not shown: %d", got.status)
		}
	}
}

func TestEachRequestIsOneLineWithItsID(t *testing.T) {
	r := start(t, "", "--log-format", "json")
	got := r.do(t, http.MethodPost, r.API+"/tasks.get_by_id", []byte(`{"task":"none"}`), "Content-Type", "application/json", "X-Request-Id", "build-7")
	var e struct{ Meta struct{ ID string } }
	if err := json.Unmarshal(got.body, &e); err != nil || e.Meta.ID != "build-7" || got.header.Get("X-Request-Id") != "build-7" {
		t.Errorf("the id is told as %q and %q, %v", e.Meta.ID, got.header.Get("X-Request-Id"), err)
	}
	r.end(t)
	found := 0
	for line := range strings.Lines(r.log(t)) {
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) == nil && entry["id"] == "build-7" {
			found++
			if entry["path"] != "/tasks.get_by_id" || entry["status"] != 400.0 || entry["user"] != "admin" {
				t.Errorf("logged %s", line)
			}
		}
	}
	if found != 1 {
		t.Errorf("%d lines for one request", found)
	}
}

func TestVersionTellsWhatRuns(t *testing.T) {
	out, problem, code := command(t.Context(), "version")
	if code != 0 || !regexp.MustCompile(`^coffer \S+ \(API 2\.\d+, commit \S+, go1\.\S+ \w+/\w+\)\n$`).MatchString(out) {
		t.Errorf("%d %s%s", code, out, problem)
	}
}

func TestThePageShowsTheVersionAndHowToPointTheSDKHere(t *testing.T) {
	r := start(t, "")
	out, _, _ := command(t.Context(), "version")
	version := strings.Fields(out)[1]
	page := r.do(t, http.MethodGet, r.Web+"/about", nil)
	for _, part := range []string{
		version, "api_server: " + r.Web + "/api", "web_server: " + r.Web + "\n", "files_server: " + r.Web + "/files", "coffer keys create", "upload_artifact",
	} {
		if !strings.Contains(string(page.body), part) {
			t.Errorf("the page does not show %q", part)
		}
	}
	if !strings.HasPrefix(page.header.Get("Content-Type"), "text/html") || !strings.Contains(page.header.Get("Content-Security-Policy"), "default-src 'none'") {
		t.Errorf("sent with %v", page.header)
	}
	if odd := r.do(t, http.MethodGet, r.Web+"/about", nil, "Host", `"><script>alert(1)</script>`); strings.Contains(string(odd.body), "<script") {
		t.Error("the name that a caller uses for the server reaches the page as it is")
	}
	if style := r.do(t, http.MethodGet, r.Web+"/style.css", nil); style.status != http.StatusOK || !strings.HasPrefix(style.header.Get("Content-Type"), "text/css") {
		t.Errorf("the style sheet: %d %s", style.status, style.header.Get("Content-Type"))
	}
	if none := r.do(t, http.MethodGet, r.Web+"/nothing", nil); none.status != http.StatusNotFound {
		t.Errorf("another path: %d", none.status)
	}
}
