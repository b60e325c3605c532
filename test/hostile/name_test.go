package hostile_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// names are names that lead elsewhere on some system, or look as if they did.
var names = []string{
	"..", ".", "../x", "../../x", "/../x", "//../x", "a/..", "a/../x", "a/../../x", "./x", "a/./x", "a/.", "/..", "/", "",
	"%2e%2e/x", "%2e%2e%2fx", "..%2fx", "%252e%252e%252fx", "%2e%2e%5cx", "..%5cx", "..%c0%afx", "%c0%ae%c0%ae/x", "%u002e%u002e/x",
	"..;/x", "..;x=1/x", "a;/../x", `..\x`, `a\..\x`, `\..\x`, `..\..\x`, "....//x", ".../x", "..../x", "．．/x", "․․/x", "..∕x", "..／x",
	"#x", "a#x", "a?x", "a?version=1", "?x", "a&x", "a+x", "a%x", "a%00x", "a\x00x", "a\x00/../x", "a\nx", "a\rx", "a\tx",
	`C:\x`, "C:/x", "C:x", `\\host\share\x`, "//host/share/x", `\\?\C:\x`, "CON", "nul.txt", "a/AUX", "x.", "x ", " x", "a:b", "x:$DATA", "~/x", "~root/x",
	"$(id)", "`id`", "|id", "x;id", "-rf", "--help", "<script>", "'", "a'b\"c", "é", "e\u0301", "\u202ex", "\ufeffx", "\xff\xfe", "a\xffb",
	"delete_many", "a/delete_many", "files/x", "api/x", "coffer.db", "blobs", "admin.sock", "/etc/passwd", "/proc/self/environ", "file:///etc/passwd",
	"http://elsewhere/x", strings.Repeat("ü", 512), strings.Repeat("n", 255), strings.Repeat("n", 4096), strings.Repeat("d/", 2000) + "x", strings.Repeat("n", 8192), strings.Repeat("n", 8193),
	strings.Repeat("../", 100) + "x", "a//b", "a/", "a//", "a///b",
}

// taken is the rule: a name is UTF-8 without NUL, has at most 8,192 bytes, and
// no segment of it is "." or "..". Slashes at its front do not count.
func taken(name string) bool {
	name = strings.TrimLeft(name, "/")
	if name == "" || len(name) > 8192 || !utf8.ValidString(name) || strings.Contains(name, "\x00") {
		return false
	}
	return !slices.ContainsFunc(strings.Split(name, "/"), func(s string) bool { return s == "." || s == ".." })
}

// escaped is the URL of a name: each byte that is no letter, digit or slash by
// its number.
func escaped(name string) string {
	segments := strings.Split(strings.TrimLeft(name, "/"), "/")
	for i, s := range segments {
		segments[i] = strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
	}
	return "/" + strings.Join(segments, "/")
}

// Each name either comes back to the letter, or is refused; it never leads
// anywhere else.
func TestNamesAreOnlyNames(t *testing.T) {
	s := start(t)
	quote := strings.NewReplacer(`\`, `\\`, `"`, `\"`)
	kept := map[string]string{}
	for _, name := range names {
		if strings.ContainsAny(name, "\r\n") { // would be another header
			continue
		}
		content := "content of " + name
		upload := func() answer {
			return s.do(t, http.MethodPost, s.Files, map[string]string{"Content-Type": "multipart/form-data; boundary=edge"},
				strings.NewReader(part(quote.Replace(name), content)+formEnd))
		}
		if !taken(name) {
			s.storesNothing(t, func() {
				if a := upload(); a.status != http.StatusBadRequest || a.message == "" {
					t.Errorf("%.60q: %d %q, want 400", name, a.status, a.message)
				}
			})
			continue
		}
		if a := upload(); a.status != http.StatusOK {
			t.Errorf("%.60q: %d %s", name, a.status, a.message)
		}
		kept[strings.TrimLeft(name, "/")] = content
	}
	for name, content := range kept {
		get := s.do(t, http.MethodGet, s.Files+escaped(name), nil, nil)
		head := s.do(t, http.MethodHead, s.Files+escaped(name), nil, nil)
		if get.status != http.StatusOK || string(get.body) != content || head.status != http.StatusOK {
			t.Errorf("%.60q: GET %d %.60q, HEAD %d", name, get.status, get.body, head.status)
		}
		if d := get.header.Get("Content-Disposition"); strings.ContainsAny(d, "\r\n/\x00") {
			t.Errorf("%.60q is offered as %q", name, d)
		}
	}
	for path, content := range list(t, filepath.Join(s.data, "blobs", "objects"), "") {
		d, err := os.Lstat(path)
		must(t, err)
		switch name := filepath.Base(path); {
		case !d.IsDir() && !d.Mode().IsRegular():
			t.Errorf("%s is %s", path, d.Mode())
		case content == folder && name != "objects" && !hexDigits(name, 2), content != folder && !hexDigits(name, len(name)):
			t.Errorf("%s is no key and no folder of keys", path)
		}
	}
	for name := range kept {
		if a := s.do(t, http.MethodDelete, s.Files+escaped(name), nil, nil); a.status != http.StatusOK {
			t.Errorf("%.60q: DELETE %d %s", name, a.status, a.message)
		}
		if a := s.do(t, http.MethodGet, s.Files+escaped(name), nil, nil); a.status != http.StatusNotFound {
			t.Errorf("%.60q: GET after its DELETE %d", name, a.status)
		}
	}
}

func hexDigits(text string, n int) bool {
	return len(text) == n && strings.Trim(text, "0123456789abcdef") == ""
}

// No spelling in a URL reaches a file of the machine, to read or to delete.
func TestPathsLeadNowhere(t *testing.T) {
	s := start(t)
	targets := []string{"/" + url.PathEscape(filepath.Join(s.data, "coffer.db")), filepath.Join(s.data, "coffer.db"), filepath.Join(s.around, "secret")}
	for _, n := range names {
		targets = append(targets, "/"+strings.Map(func(r rune) rune { // as it is, but for what cannot stand in a request line
			if r <= ' ' || r == 0x7f {
				return '_'
			}
			return r
		}, n), escaped(n))
	}
	for _, base := range []struct{ url, prefix string }{{s.Files, ""}, {s.Web, "/files"}} {
		for _, target := range targets {
			for _, method := range []string{"GET", "HEAD", "DELETE"} {
				if a := raw(t, base.url, s.head(method+" "+base.prefix+target+" HTTP/1.1", "Host: x"), false); method == "GET" && strings.Contains(string(a.body), secret) ||
					a.status != http.StatusNotFound && a.status != http.StatusBadRequest && (a.status != http.StatusOK || !isRoot(target)) && a.status != http.StatusMethodNotAllowed {
					t.Errorf("%s %.80q: %d %.100q", method, base.prefix+target, a.status, a.body)
				}
			}
		}
	}
}

// isRoot reports whether a target is the root with a query: a look at it is
// answered by OK.
func isRoot(target string) bool {
	path, _, _ := strings.Cut(target, "?")
	return strings.Trim(path, "/") == "" || strings.HasPrefix(target, "/#")
}

// A batch of deletes takes names, never folders and never patterns.
func TestDeletingManyDeletesWhatIsNamed(t *testing.T) {
	s := start(t)
	for _, name := range []string{"a/b/c.txt", "keep.txt"} {
		a := s.do(t, http.MethodPost, s.Files, map[string]string{"Content-Type": "multipart/form-data; boundary=edge"}, strings.NewReader(part(name, "content")+formEnd))
		if a.status != http.StatusOK {
			t.Fatalf("%s: %d", name, a.status)
		}
	}
	hostile := append([]string{"a", "a/", "a/b", "a/b/", "*", "a/*", "a/b/../b/c.txt", "x/..", "./keep.txt", "%2e/keep.txt", "a/b/c.txt/", filepath.Join(s.around, "secret")}, names...)
	hostile = slices.DeleteFunc(hostile, func(n string) bool { return !utf8.ValidString(n) || strings.TrimLeft(n, "/") == "keep.txt" })
	body, err := json.Marshal(map[string]any{"files": hostile})
	must(t, err)
	a := s.do(t, http.MethodPost, s.Files+"/delete_many", nil, strings.NewReader(string(body)))
	var reply struct {
		Deleted map[string]string   `json:"deleted"`
		Errors  map[string][]string `json:"errors"`
	}
	must(t, json.Unmarshal(a.body, &reply))
	refused := 0
	for _, list := range reply.Errors {
		refused += len(list)
	}
	if a.status != http.StatusOK || len(reply.Deleted) != 0 || refused != len(hostile) {
		t.Errorf("%d: deleted %v, refused %d of %d", a.status, reply.Deleted, refused, len(hostile))
	}
	for _, name := range []string{"/a/b/c.txt", "/keep.txt"} {
		if a := s.do(t, http.MethodGet, s.Files+name, nil, nil); a.status != http.StatusOK {
			t.Errorf("%s: %d", name, a.status)
		}
	}
	for _, body := range []string{"", "{}", `{"files":[]}`, `{"files":"a"}`, `["a"]`, `{"files":[7]}`, "nonsense", `{"files":["` + strings.Repeat("x", 2<<20) + `"]}`} {
		if a := s.do(t, http.MethodPost, s.Files+"/delete_many", nil, strings.NewReader(body)); a.status != http.StatusBadRequest || a.message == "" {
			t.Errorf("%.40q: %d %q, want 400", body, a.status, a.message)
		}
	}
}

// Which version is wanted is a whole number or a digest and nothing else.
func TestOddVersionsAreRefused(t *testing.T) {
	s := start(t)
	s.do(t, http.MethodPost, s.Files, map[string]string{"Content-Type": "multipart/form-data; boundary=edge"}, strings.NewReader(part("f.txt", "content")+formEnd))
	for query, want := range map[string]int{
		"version=1": 200, "version=2": 404, "version=0": 400, "version=-1": 400, "version=1e3": 400, "version=99999999999999999999": 400, "version=../1": 400,
		"version=1%00": 400, "version=%2e%2e": 400, "version=one": 400, "version=1&digest=x": 400, "digest=x": 400, "digest=../../f.txt": 400,
		"digest=" + strings.Repeat("0", 64): 404, "digest=sha256:" + strings.Repeat("0", 64): 404, "digest=" + strings.Repeat("0", 65): 400, "version=%zz": 200, "version=": 200,
	} {
		if a := s.do(t, http.MethodGet, s.Files+"/f.txt?"+query, nil, nil); a.status != want {
			t.Errorf("%.60s: %d %s, want %d", query, a.status, a.message, want)
		}
	}
}

// An address in a record is a text: nothing is opened or deleted because of it.
func TestAddressesInRecordsAreNotFollowed(t *testing.T) {
	s := start(t)
	canary := filepath.Join(s.around, "secret")
	uris := []string{
		"file://" + canary, canary, "file:///etc/passwd", s.Files + "/../secret", s.Files + "/../../secret", s.Files + "/%2e%2e/secret", s.Files + "/a/../../secret",
		s.Files + "/%252e%252e/secret", s.Files + "/a%00b", s.Files + "/", s.Files, s.Files + "//etc/passwd", "files:/../secret", "files:../../secret", "files:" + canary,
		"http://169.254.169.254/latest/meta-data", "gopher://x", "s3://bucket/../x", "javascript:alert(1)", "\x00", "\\\\host\\share", strings.Repeat("u", 100_000), "",
	}
	for i, uri := range uris {
		id := s.task(t)
		body, err := json.Marshal(map[string]any{"task": id, "artifacts": []any{map[string]any{"key": "a", "type": "custom", "uri": uri, "hash": strings.Repeat("0", 64), "content_size": 1, "timestamp": 1}}})
		must(t, err)
		a := s.call(t, "tasks.add_or_update_artifacts", body)
		if a.status != http.StatusOK && (a.status != http.StatusBadRequest || a.subcode != 12 || !strings.Contains(a.message, "uri")) {
			t.Errorf("%d %.80q: %d/%d %.200s", i, uri, a.status, a.subcode, a.message)
		}
		body, err = json.Marshal(map[string]any{"task": id, "output_dest": uri, "force": true})
		must(t, err)
		if a := s.call(t, "tasks.edit", body); a.status != http.StatusOK && a.status != http.StatusBadRequest {
			t.Errorf("%d %.80q as a destination: %d/%d %.200s", i, uri, a.status, a.subcode, a.message)
		}
		if a := s.call(t, "tasks.get_by_id", []byte(`{"task":"`+id+`"}`)); a.status != http.StatusOK || strings.Contains(string(a.body), secret) {
			t.Errorf("%d %.80q: the task reads as %d", i, uri, a.status)
		}
		if a := s.call(t, "tasks.delete", []byte(`{"task":"`+id+`","force":true,"delete_external_artifacts":true}`)); a.status != http.StatusOK {
			t.Errorf("%d %.80q: deleting the task: %d %s", i, uri, a.status, a.message)
		}
	}
	if content, err := os.ReadFile(canary); err != nil || string(content) != secret {
		t.Errorf("the file that addresses named: %q, %v", content, err)
	}
}
