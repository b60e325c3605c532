package web

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// script is longer packed than a short one would be.
var script = "console.log(" + strings.Repeat(`"coffer", `, 100) + "1)"

func appOf(t *testing.T, files fstest.MapFS) func(method, target string, headers ...string) *http.Response {
	t.Helper()
	h := New(Config{App: files, Version: "v1"})
	return func(method, target string, headers ...string) *http.Response {
		r := httptest.NewRequest(method, target, nil)
		for i := 0; i < len(headers); i += 2 {
			r.Header.Set(headers[i], headers[i+1])
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

var files = fstest.MapFS{
	"index.html":       {Data: []byte(`<meta name="csp-nonce" content="__NONCE__"><script type="module" src="/assets/a-1.js"></script>`)},
	"assets/a-1.js":    {Data: []byte(script)},
	"coffer.svg":       {Data: []byte("<svg/>")},
	".keep":            {},
	"assets/style.css": {Data: []byte("a{}")},
}

func TestEveryPlaceIsTheApp(t *testing.T) {
	get := appOf(t, files)
	nonces := make(map[string]bool)
	for _, place := range []string{"/", "/login?next=/tasks", "/tasks/0123/artifacts?key=a", "/projects", "/settings/keys"} {
		r := get("GET", place)
		page := body(t, r)
		m := regexp.MustCompile(`content="([A-Z2-7]{20,})"`).FindStringSubmatch(page)
		if r.StatusCode != 200 || m == nil {
			t.Fatalf("%s: %d %s", place, r.StatusCode, page)
		}
		policy := r.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "'nonce-"+m[1]+"'") || strings.Contains(policy, "unsafe") {
			t.Errorf("%s: policy %s", place, policy)
		}
		if nonces[m[1]] {
			t.Errorf("%s: the nonce %s was used before", place, m[1])
		}
		nonces[m[1]] = true
	}
	for _, none := range []string{"/nothing", "/assets/b.js", "/.keep", "/index.html.bak", "/api"} {
		if r := get("GET", none); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", none, r.StatusCode)
		}
	}
	if r := get("POST", "/tasks"); r.StatusCode != http.StatusNotFound {
		t.Errorf("POST: %d", r.StatusCode)
	}
}

func TestAssetsAreKeptAndPacked(t *testing.T) {
	get := appOf(t, files)
	r := get("GET", "/assets/a-1.js", "Accept-Encoding", "br, gzip")
	unpacked, err := gzip.NewReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(unpacked); err != nil || string(b) != script {
		t.Errorf("%v %q", err, b)
	}
	if r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%v", r.Header)
	}
	if r := get("GET", "/assets/a-1.js"); body(t, r) != script || r.Header.Get("Content-Encoding") != "" {
		t.Errorf("%v", r.Header)
	}
	if r := get("GET", "/coffer.svg", "Accept-Encoding", "gzip"); body(t, r) != "<svg/>" || r.Header.Get("Cache-Control") != "no-cache" {
		t.Errorf("%v", r.Header)
	}
}

func TestAPageStandsInForAnAppThatWasNotBuilt(t *testing.T) {
	get := appOf(t, fstest.MapFS{".keep": {}})
	for _, place := range []string{"/", "/about"} {
		if r := get("GET", place); r.StatusCode != 200 || !strings.Contains(body(t, r), "coffer keys create") {
			t.Errorf("%s: %d", place, r.StatusCode)
		}
	}
	if r := get("GET", "/tasks"); r.StatusCode != http.StatusNotFound {
		t.Errorf("/tasks: %d", r.StatusCode)
	}
	if r := appOf(t, files)("GET", "/about"); r.StatusCode != 200 || !strings.Contains(body(t, r), "coffer keys create") {
		t.Errorf("/about beside the app: %d", r.StatusCode)
	}
}
