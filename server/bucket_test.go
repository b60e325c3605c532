package server_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// onEachStore runs a test with an empty bucket of each kind, and a shared
// folder.
func onEachStore(t *testing.T, test func(t *testing.T, at string)) {
	for _, kind := range objectstore.Kinds() {
		t.Run(string(kind), func(t *testing.T) { test(t, objectstore.Bucket(t, kind)) })
	}
	t.Run("folder", func(t *testing.T) { test(t, "file://"+filepath.Join(t.TempDir(), "shared")) })
}

func TestFilesAreKeptInAnyStore(t *testing.T) {
	onEachStore(t, func(t *testing.T, at string) {
		r := start(t, "", "--blobs", at)
		contents := map[string]string{"/s/empty": "", "/s/small.txt": "0123456789", "/s/large.bin": string(blobtest.Bytes(20<<20, 1))}
		for path, content := range contents {
			if got := r.upload(t, r.Files, path, content); got.status != http.StatusOK {
				t.Fatalf("%s: %d %s", path, got.status, got.body)
			}
		}
		reads := func() {
			t.Helper()
			for path, content := range contents {
				got := r.do(t, http.MethodGet, r.Files+path, nil)
				if got.status != http.StatusOK || string(got.body) != content || got.header.Get("ETag") != `"`+digest(content)+`"` {
					t.Errorf("%s: %d with %d bytes, %s", path, got.status, len(got.body), got.header.Get("ETag"))
				}
			}
		}
		reads()
		for header, want := range map[string]string{"bytes=2-4": "234", "bytes=7-": "789", "bytes=-2": "89"} {
			if got := r.do(t, http.MethodGet, r.Files+"/s/small.txt", nil, "Range", header); got.status != http.StatusPartialContent || string(got.body) != want {
				t.Errorf("%s: %d %s", header, got.status, got.body)
			}
		}
		large := contents["/s/large.bin"]
		if got := r.do(t, http.MethodGet, r.Files+"/s/large.bin", nil, "Range", "bytes=9000000-19000000"); string(got.body) != large[9000000:19000001] {
			t.Errorf("a range of the large one: %d with %d bytes", got.status, len(got.body))
		}
		r.inParts(t, "/s/parts.bin", large[:18<<20])
		contents["/s/parts.bin"] = large[:18<<20]
		reads()

		t.Run("and is what the metrics and the probes tell of", func(t *testing.T) {
			kind, _, _ := strings.Cut(at, ":")
			got := string(r.do(t, http.MethodGet, r.Web+"/metrics", nil).body)
			for _, line := range []string{
				fmt.Sprintf(`coffer_store_calls_total{call="put",result="ok",store=%q}`, kind),
				fmt.Sprintf(`coffer_store_bytes_total{direction="written",store=%q}`, kind),
			} {
				if !strings.Contains(got, "\n"+line) {
					t.Errorf("there is no %s", line)
				}
			}
			if got := r.do(t, http.MethodGet, r.Web+"/readyz", nil); got.status != http.StatusOK {
				t.Errorf("%d %s", got.status, got.body)
			}
		})
		t.Run("whose calls can be tried, also while it is in use", func(t *testing.T) {
			out, problem, code := command(t.Context(), "serve", "--check", "--blobs", at, "--data", t.TempDir(), "--redirect-downloads", "on")
			if code != 0 || strings.Contains(out, "FAILED") || strings.Count(out, "  ok ") < 8 {
				t.Errorf("%d %s%s", code, out, problem)
			}
		})
		t.Run("and freed from it", func(t *testing.T) {
			for path := range contents {
				r.do(t, http.MethodDelete, r.Files+path, nil)
			}
			if out, problem, code := command(t.Context(), "gc", "--grace", "0", "--data", r.data); code != 0 || !strings.Contains(out, "4 contents") {
				t.Errorf("%d %s%s", code, out, problem)
			}
		})
		t.Run("and nobody else's", func(t *testing.T) {
			wantNoStart(t, 5, "belongs to another Coffer", "--data", t.TempDir(), "--blobs", at)
		})
	})
}

// inParts uploads a file in parts, the second one first.
func (r *running) inParts(t *testing.T, path, content string) {
	t.Helper()
	var begun struct{ ID string }
	r.own(t, http.MethodPost, "/uploads", fmt.Sprintf(`{"path": %q, "size": %d}`, path, len(content)), &begun)
	half := 6 << 20
	for _, p := range [][2]int{{half, len(content)}, {0, half}} {
		got := r.do(t, http.MethodPut, fmt.Sprintf("%s/uploads/%s/parts/%d", r.API, begun.ID, p[0]), []byte(content[p[0]:p[1]]))
		if got.status != http.StatusOK {
			t.Fatalf("part at %d: %d %s", p[0], got.status, got.body)
		}
	}
	r.own(t, http.MethodPost, "/uploads/"+begun.ID+"/commit", fmt.Sprintf(`{"sha256": %q}`, digest(content)), nil)
}

func (r *running) own(t *testing.T, method, path, body string, into any) {
	t.Helper()
	got := r.do(t, method, r.API+path, []byte(body), "Content-Type", "application/json")
	if got.status >= http.StatusMultipleChoices {
		t.Fatalf("%s: %d %s", path, got.status, got.body)
	}
	if into != nil {
		decode(t, got.body, into)
	}
}

// fetch follows an address as somebody who knows nothing of Coffer.
func fetch(t *testing.T, address string, header ...string) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, body}
}

func TestDownloadsAreRedirectedToTheStore(t *testing.T) {
	for _, kind := range objectstore.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			at := objectstore.Bucket(t, kind)
			r := start(t, "", "--blobs", at, "--redirect-downloads", "on")
			const content = "0123456789"
			r.upload(t, r.Files, "/r/a b.txt", content)
			address, tag := r.Files+"/r/a%20b.txt", `"`+digest(content)+`"`
			store, err := url.Parse(objectstore.Shared(t, kind).Endpoint)
			if err != nil {
				t.Fatal(err)
			}
			got := r.do(t, http.MethodGet, address, nil)
			to, err := url.Parse(got.header.Get("Location"))
			if got.status != http.StatusTemporaryRedirect || err != nil || to.Host != store.Host || got.header.Get("ETag") != tag ||
				!strings.Contains(got.header.Get("Cache-Control"), "no-store") {
				t.Fatalf("%d %v", got.status, got.header)
			}
			if there := fetch(t, to.String()); there.status != http.StatusOK || string(there.body) != content {
				t.Errorf("behind it: %d %s", there.status, there.body)
			}
			if there := fetch(t, to.String(), "Range", "bytes=2-4"); there.status != http.StatusPartialContent || string(there.body) != "234" {
				t.Errorf("a range behind it: %d %s", there.status, there.body)
			}
			for name, header := range map[string][]string{
				"the Python SDK":         {"User-Agent", "python-requests/2.34.2"},
				"its API":                {"X-ClearML-Client", "clearml-2.1.12"},
				"a range of the same":    {"Range", "bytes=0-", "If-Range", tag},
				"only if it is the same": {"If-Match", tag},
			} {
				if got := r.do(t, http.MethodGet, address, nil, header...); got.status/100 != 2 || string(got.body) != content {
					t.Errorf("%s: %d %s", name, got.status, got.body)
				}
			}
			if got := r.do(t, http.MethodHead, address, nil); got.status != http.StatusOK || got.header.Get("Content-Length") != "10" {
				t.Errorf("HEAD: %d %v", got.status, got.header)
			}
			if got := r.do(t, http.MethodGet, address, nil, "If-None-Match", tag); got.status != http.StatusNotModified {
				t.Errorf("what is known already: %d", got.status)
			}
			if got := r.do(t, http.MethodGet, r.Files+"/r/none", nil); got.status != http.StatusNotFound {
				t.Errorf("what is not there: %d", got.status)
			}
			r.end(t)
			r = start(t, r.data, "--blobs", at, "--redirect-downloads", "all")
			if got := r.do(t, http.MethodGet, r.Files+"/r/a%20b.txt", nil, "User-Agent", "python-requests/2.34.2"); got.status != http.StatusTemporaryRedirect {
				t.Errorf("all: %d", got.status)
			}
		})
	}
}

func TestCheckTellsTheCallThatFails(t *testing.T) {
	s := objectstore.Shared(t, objectstore.S3)
	at := objectstore.Bucket(t, objectstore.S3)
	wrong := filepath.Join(t.TempDir(), "keys")
	if err := os.WriteFile(wrong, []byte("[default]\naws_access_key_id = nobody\naws_secret_access_key = guessed1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	u := objectstore.Parse(t, at)
	query := u.Query()
	query.Set("credentials", wrong)
	u.RawQuery = query.Encode()
	for spec, says := range map[string]string{
		u.String():                   "the call needs s3:PutObject",
		s.Address("no-such-bucket"):  "NoSuchBucket",
		"s3://b?endpoint=nowhere://": "FAILED  open",
		"s4://bucket":                "s4",
	} {
		out, problem, code := command(t.Context(), "serve", "--check", "--blobs", spec, "--data", t.TempDir())
		if code == 0 || !strings.Contains(out+problem, says) || !strings.Contains(out, "FAILED") {
			t.Errorf("%s: %d %s%s", spec, code, out, problem)
		}
		if strings.Contains(out+problem, "guessed1") {
			t.Errorf("the key is shown: %s%s", out, problem)
		}
	}
}

// Keys are never written down, whatever the place they were put in.
func TestKeysOfStoresAreNeverShown(t *testing.T) {
	const secret = "wJalrXUtnFEMIK7MDENG"
	for _, spec := range []string{
		"s3://id:" + secret + "@bucket/p?endpoint=http://127.0.0.1:1", "s3://bucket?endpoint=http://127.0.0.1:1&secret_access_key=" + secret,
		"azure://acc/c?sas=" + secret, "gs://bucket?token=" + secret, "s3://b%zz?secret=" + secret, "s4://id:" + secret + "@b",
	} {
		for _, args := range [][]string{{"serve"}, {"serve", "--check"}, {"blobs", "ls"}} {
			_, problem, code := command(t.Context(), append(args, "--blobs", spec, "--data", t.TempDir())...)
			if code == 0 || strings.Contains(problem, secret) {
				t.Errorf("%v with %s: %d %s", args, spec, code, problem)
			}
		}
	}
}
