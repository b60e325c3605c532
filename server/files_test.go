package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func digest(content string) string {
	sum := sha256.Sum256([]byte(content))
	return hex.EncodeToString(sum[:])
}

func TestFilesAreReadWholeInPartsAndOnConditions(t *testing.T) {
	r := start(t, "")
	const content = "0123456789"
	if got := r.upload(t, r.Files, "/r/digits.txt", content); got.status != http.StatusOK || strings.TrimSpace(string(got.body)) != `["r/digits.txt"]` {
		t.Fatalf("upload: %d %s", got.status, got.body)
	}
	address, tag := r.Files+"/r/digits.txt", `"`+digest(content)+`"`
	for expectation, c := range map[string]struct {
		method string
		header []string
		status int
		body   string
		length string
	}{
		"the whole":               {"GET", nil, 200, content, "10"},
		"only what it is":         {"HEAD", nil, 200, "", "10"},
		"a range":                 {"GET", []string{"Range", "bytes=2-4"}, 206, "234", "3"},
		"a range to the end":      {"GET", []string{"Range", "bytes=7-"}, 206, "789", "3"},
		"the last bytes":          {"GET", []string{"Range", "bytes=-2"}, 206, "89", "2"},
		"a range past the end":    {"GET", []string{"Range", "bytes=10-"}, 416, "", ""},
		"a range of the same":     {"GET", []string{"Range", "bytes=2-4", "If-Range", tag}, 206, "234", "3"},
		"a range of what was":     {"GET", []string{"Range", "bytes=2-4", "If-Range", `"` + digest("other") + `"`}, 200, content, "10"},
		"nothing new":             {"GET", []string{"If-None-Match", tag}, 304, "", ""},
		"something new":           {"GET", []string{"If-None-Match", `"x"`}, 200, content, "10"},
		"only if it is the same":  {"GET", []string{"If-Match", `"x"`}, 412, "", ""},
		"no compression is asked": {"GET", []string{"Accept-Encoding", "gzip, br"}, 200, content, "10"},
	} {
		t.Run(expectation, func(t *testing.T) {
			got := r.do(t, c.method, address, nil, c.header...)
			if got.status != c.status || c.body != "" && string(got.body) != c.body || c.length != "" && got.header.Get("Content-Length") != c.length {
				t.Errorf("%d %q, length %s", got.status, got.body, got.header.Get("Content-Length"))
			}
			if got.status < 300 || got.status == 304 {
				if got.header.Get("ETag") != tag {
					t.Errorf("the tag is %s", got.header.Get("ETag"))
				}
			}
			if got.header.Get("Content-Encoding") != "" || strings.Contains(got.header.Get("Cache-Control"), "public") {
				t.Errorf("encoding %q, caching %q", got.header.Get("Content-Encoding"), got.header.Get("Cache-Control"))
			}
		})
	}
}

func TestEarlierContentsAreReadByNumberAndDigest(t *testing.T) {
	r := start(t, "")
	for _, content := range []string{"first", "second", "second", "first"} {
		r.upload(t, r.Files, "/v/a.txt", content)
	}
	for query, want := range map[string]string{
		"": "first", "?version=1": "first", "?version=2": "second", "?version=3": "first",
		"?digest=" + digest("second"): "second", "?digest=sha256:" + digest("first"): "first",
	} {
		if got := r.do(t, http.MethodGet, r.Files+"/v/a.txt"+query, nil); string(got.body) != want || got.header.Get("ETag") != `"`+digest(want)+`"` {
			t.Errorf("%q: %d %s", query, got.status, got.body)
		}
	}
	for query, status := range map[string]int{
		"?version=4": 404, "?digest=" + digest("never"): 404, "?version=0": 400, "?version=x": 400, "?digest=x": 400,
		"?version=1&digest=" + digest("first"): 400,
	} {
		if got := r.do(t, http.MethodGet, r.Files+"/v/a.txt"+query, nil); got.status != status {
			t.Errorf("%q: %d, expected %d", query, got.status, status)
		}
	}
}

// Nothing that somebody uploaded runs in a browser under our address.
func TestBrowsersRunNothingOfWhatTheyAreSent(t *testing.T) {
	r := start(t, "")
	for name, c := range map[string]struct {
		media  string
		inline bool
	}{
		"page.html": {"text/html; charset=utf-8", false}, "drawing.svg": {"image/svg+xml", false}, "code.js": {"text/javascript; charset=utf-8", false},
		"feed.xml": {"application/xml", false}, "PAGE.HTM": {"text/html; charset=utf-8", false}, "unknown.thing": {"application/octet-stream", false},
		"none": {"application/octet-stream", false}, "frame.csv.gz": {"application/gzip", false}, "paper.pdf": {"application/pdf", false},
		"picture.png": {"image/png", true}, "note.txt": {"text/plain; charset=utf-8", true}, "settings.json": {"application/json", true},
	} {
		r.upload(t, r.Web+"/files", "/b/"+name, "<script>alert(1)</script>")
		got := r.do(t, http.MethodGet, r.Web+"/files/b/"+name, nil)
		if got.header.Get("Content-Type") != c.media || got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "sandbox") {
			t.Errorf("%s is sent as %v", name, got.header)
		}
		if attached := strings.HasPrefix(got.header.Get("Content-Disposition"), "attachment"); attached == c.inline {
			t.Errorf("%s: %q", name, got.header.Get("Content-Disposition"))
		}
	}
	r.upload(t, r.Files, "/b/grün \"1\".txt", "x")
	got := r.do(t, http.MethodGet, r.Files+"/b/gr%C3%BCn%20%221%22.txt?download", nil)
	if d := got.header.Get("Content-Disposition"); !strings.HasPrefix(d, "attachment; ") || !strings.Contains(d, "filename*=UTF-8''gr%C3%BCn%20%221%22.txt") {
		t.Errorf("asked to download: %d %q", got.status, d)
	}
}

func TestStrangersGetNothing(t *testing.T) {
	r := start(t, "")
	r.upload(t, r.Files, "/s/a.txt", "secret")
	body, media := form(t, "/s/b.txt", "x")
	known := r.keys
	for who, pair := range map[string][2]string{"nobody": {"", ""}, "a wrong secret": {known.Access, "wrong"}, "an unknown key": {"KEY", known.Secret}} {
		r.keys.Access, r.keys.Secret = pair[0], pair[1]
		for _, base := range []string{r.Files, r.Web + "/files"} {
			for _, c := range []struct {
				method, path string
				body         []byte
			}{
				{"GET", "/s/a.txt", nil},
				{"HEAD", "/s/a.txt", nil},
				{"DELETE", "/s/a.txt", nil},
				{"GET", "/s/none", nil},
				{"POST", "", body},
				{"POST", "/delete_many", []byte(`{"files":["/s/a.txt"]}`)},
			} {
				got := r.do(t, c.method, base+c.path, c.body, "Content-Type", media)
				if got.status != http.StatusUnauthorized || got.header.Get("ETag") != "" {
					t.Errorf("%s: %s %s: %d %s", who, c.method, c.path, got.status, got.body)
				}
			}
		}
	}
	r.keys = known
	if got := r.do(t, http.MethodGet, r.Files+"/s/a.txt", nil); string(got.body) != "secret" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if got := r.do(t, http.MethodGet, r.Files+"/s/b.txt", nil); got.status != http.StatusNotFound {
		t.Errorf("a stranger has stored a file: %d", got.status)
	}
}

func TestDeletingIsExactAndCanBeTakenBack(t *testing.T) {
	r := start(t, "")
	for _, path := range []string{"/d/one", "/d/two", "/d/a+b %41", "/d/dir/three"} {
		r.upload(t, r.Files, path, path)
	}
	many := func(paths ...string) map[string]any {
		text, _ := json.Marshal(map[string]any{"files": paths})
		got := r.do(t, http.MethodPost, r.Files+"/delete_many", text)
		var reply map[string]any
		if err := json.Unmarshal(got.body, &reply); err != nil || got.status != http.StatusOK {
			t.Fatalf("%d %s", got.status, got.body)
		}
		return reply["deleted"].(map[string]any)
	}
	there := func(path string) bool {
		return r.do(t, http.MethodHead, r.Files+path, nil).status == http.StatusOK
	}
	for _, path := range []string{"", "/", ".", "/d", "/d/", "d/dir", "x/..", "/d/none", "/D/one"} {
		if gone := many(path); len(gone) != 0 {
			t.Errorf("deleting %q deleted %v", path, gone)
		}
	}
	if gone := many("/d/a+b %41", "/d/one"); len(gone) != 2 || there("/d/a+b%20%2541") || there("/d/one") {
		t.Errorf("deleted %v", gone)
	}
	if !there("/d/two") || !there("/d/dir/three") {
		t.Error("something else was deleted")
	}
	for n, status := range []int{200, 200} {
		if got := r.do(t, http.MethodDelete, r.Files+"/d/two", nil); got.status != status {
			t.Errorf("delete %d: %d", n+1, got.status)
		}
	}
	if got := r.do(t, http.MethodDelete, r.Files+"/d/none", nil); got.status != http.StatusNotFound {
		t.Errorf("deleting nothing: %d", got.status)
	}
	if r.upload(t, r.Files, "/d/two", "again"); !there("/d/two") {
		t.Error("an upload does not bring the path back")
	}
}

func TestALimitOnTheSizeOfAFile(t *testing.T) {
	r := start(t, "", "--max-upload-size", "1000")
	for size, status := range map[int]int{0: 200, 1000: 200, 1001: 413, 200_000: 413} {
		path := fmt.Sprintf("/l/%d", size)
		if got := r.upload(t, r.Files, path, strings.Repeat("x", size)); got.status != status {
			t.Errorf("%d bytes: %d %s", size, got.status, got.body)
		}
		if got := r.do(t, http.MethodGet, r.Files+path, nil); (got.status == http.StatusOK) != (status == 200) {
			t.Errorf("%d bytes afterwards: %d", size, got.status)
		}
	}
}
