package fileserver_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// Whatever a file is called and holds, a browser that opens it runs nothing.
func TestNothingRunsInABrowser(t *testing.T) {
	w := newWorld(t)
	const script = `<script>alert(1)</script>`
	for name, inline := range map[string]bool{
		"a.html": false, "a.HTM": false, "a.xhtml": false, "a.svg": false, "a.svgz": false, "a.xml": false, "a.js": false, "a.mjs": false, "a.css": false,
		"a.pdf": false, "a.swf": false, "a.md": false, "a": false, "a.html.": false, "a.png.html": false, "a.shtml": false, "a.xsl": false, "a.mht": false,
		"a.txt": true, "a.png": true, "a.json": true, "a.csv": true, "a.html.txt": true, "<script>.txt": true,
	} {
		w.upload(t, name, script)
		h := w.do(t, http.MethodGet, "/"+strings.NewReplacer("<", "%3C", ">", "%3E").Replace(name), nil, nil).Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(h.Get("Content-Security-Policy"), "sandbox;") {
			t.Errorf("%s: %v", name, h)
		}
		if attached := strings.HasPrefix(h.Get("Content-Disposition"), "attachment"); attached == inline {
			t.Errorf("%s as %s: attached %v, want %v", name, h.Get("Content-Type"), attached, !inline)
		}
		if inline && (strings.Contains(h.Get("Content-Type"), "html") || strings.Contains(h.Get("Content-Type"), "xml")) {
			t.Errorf("%s is shown as %s", name, h.Get("Content-Type"))
		}
	}
}

// Replies that repeat what a caller sent are JSON, and nothing takes them for
// a page.
func TestRepliesAreNoPages(t *testing.T) {
	w := newWorld(t)
	const name = "<script>alert(1)</script>.txt"
	body, header := form(t, [2]string{name, "content"})
	bad, badHeader := form(t, [2]string{"../" + name, "content"})
	for what, rec := range map[string]interface {
		Header() http.Header
	}{
		"upload":           w.do(t, http.MethodPost, "/", header, body),
		"refused upload":   w.do(t, http.MethodPost, "/", badHeader, bad),
		"delete":           w.do(t, http.MethodDelete, "/%3Cscript%3Ealert(1)%3C%2Fscript%3E.txt", nil, nil),
		"not found":        w.do(t, http.MethodGet, "/%3Cscript%3E", nil, nil),
		"batch":            w.do(t, http.MethodPost, "/delete_many", nil, strings.NewReader(`{"files":["<script>"]}`)),
		"no method":        w.do(t, "BREW", "/%3Cscript%3E", nil, nil),
		"a version that's": w.do(t, http.MethodGet, "/a?version=%3Cscript%3E", nil, nil),
	} {
		h := rec.Header()
		if h.Get("Content-Type") != "application/json" || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %v", what, h)
		}
	}
}

// No cache between us and a reader gives what he may see to others.
func TestCachesArePrivate(t *testing.T) {
	w := newWorld(t)
	w.upload(t, "a.txt", "content")
	h := w.do(t, http.MethodGet, "/a.txt", nil, nil).Header()
	if got := h.Get("Cache-Control"); got != "private, no-cache" {
		t.Errorf("the newest version: %s", got)
	}
	h = w.do(t, http.MethodGet, "/a.txt?digest="+strings.Trim(h.Get("ETag"), `"`), nil, nil).Header()
	if got := h.Get("Cache-Control"); !strings.HasPrefix(got, "private,") {
		t.Errorf("by digest: %s", got)
	}
}

// The bytes go out as they came, whatever their name says and the client takes.
func TestNothingIsEncoded(t *testing.T) {
	w := newWorld(t)
	content := strings.Repeat("compressible ", 10_000)
	for _, name := range []string{"a.txt", "a.gz", "a.tar.bz2", "a.xz", "a.br", "a.zst", "a.csv.gz", "a.Z"} {
		w.upload(t, name, content)
		rec := w.do(t, http.MethodGet, "/"+name, http.Header{"Accept-Encoding": {"gzip, br, zstd"}}, nil)
		if rec.Header().Get("Content-Encoding") != "" || rec.Body.String() != content {
			t.Errorf("%s: %v", name, rec.Header())
		}
	}
}

// An upload to a path that is taken hides nothing: what was there stays
// readable by its number and its digest.
func TestOverwritingKeepsWhatWasThere(t *testing.T) {
	w := newWorld(t)
	w.upload(t, "a.txt", "one")
	digest := w.do(t, http.MethodGet, "/a.txt", nil, nil).Header().Get("X-Coffer-Digest")
	w.upload(t, "a.txt", "two")
	for target, want := range map[string]string{"/a.txt": "two", "/a.txt?version=1": "one", "/a.txt?version=2": "two", "/a.txt?digest=" + digest: "one"} {
		if rec := w.do(t, http.MethodGet, target, nil, nil); rec.Code != http.StatusOK || rec.Body.String() != want {
			t.Errorf("%s: %d %q", target, rec.Code, rec.Body)
		}
	}
}

// A file and what looks like its folder are two names that know nothing of
// each other, and deleting one leaves the other.
func TestNamesMayBeginAlike(t *testing.T) {
	w := newWorld(t)
	for _, name := range []string{"a", "a/b", "a/b/c", "a/", "A"} {
		w.upload(t, name, "content of "+name)
	}
	if rec := w.do(t, http.MethodDelete, "/a", nil, nil); rec.Code != http.StatusOK {
		t.Fatalf("%d", rec.Code)
	}
	for _, name := range []string{"a/b", "a/b/c", "a/", "A"} {
		if rec := w.do(t, http.MethodGet, "/"+name, nil, nil); rec.Body.String() != "content of "+name {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
}

// A batch takes names to the letter first: a percent sign or a plus in one is
// not mistaken for another name.
func TestABatchOfDeletesTakesNamesToTheLetter(t *testing.T) {
	w := newWorld(t)
	names := []string{"a+b", "a b", "a%20b", "a%2Bb", "50%", "x%zz"}
	for _, name := range names {
		w.upload(t, name, "content")
	}
	for i, name := range names {
		body, err := json.Marshal(map[string]any{"files": []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		rec := w.do(t, http.MethodPost, "/delete_many", nil, strings.NewReader(string(body)))
		var reply struct {
			Deleted map[string]string `json:"deleted"`
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &reply); err != nil || len(reply.Deleted) != 1 || reply.Deleted[name] != name {
			t.Errorf("%q: %s, %v", name, rec.Body, err)
		}
		for j, other := range names {
			want := http.StatusOK
			if j <= i {
				want = http.StatusNotFound
			}
			target := "/" + strings.NewReplacer("%", "%25", " ", "%20").Replace(other)
			if got := w.do(t, http.MethodGet, target, nil, nil).Code; got != want {
				t.Errorf("after deleting %q: %q is %d, want %d", name, other, got, want)
			}
		}
	}
}
