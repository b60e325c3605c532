package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/test/objectstore"
)

// store is a line of the listing.
type store struct {
	Number          int
	Location, State string
	Contents, Left  int
	Lost, Uploads   int
}

func stores(t *testing.T, data string) (all []store) {
	t.Helper()
	out, problem, code := command(t.Context(), "blobs", "ls", "--json", "--data", data)
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != 0 {
		t.Fatalf("blobs ls: %d %s %s", code, out, problem)
	}
	return all
}

func TestBytesAreMovedWhileServing(t *testing.T) {
	r := start(t, "")
	for n := range 30 {
		r.upload(t, r.Files, fmt.Sprint("/m/", n), fmt.Sprint("content ", n))
	}
	r.end(t)
	old, new := filepath.Join(r.data, "blobs"), filepath.Join(t.TempDir(), "new")
	r = start(t, r.data, "--blobs", "file://"+new, "--also-blobs", old)
	if got := stores(t, r.data); len(got) != 2 || got[0].Contents != 30 || got[0].State != "open" || got[1].Contents != 0 ||
		got[1].Location != "file://"+new || got[1].State != "new bytes go there" {
		t.Errorf("before: %+v", got)
	}
	r.upload(t, r.Files, "/m/later", "later")
	if out, problem, code := command(t.Context(), "blobs", "move", "--from", "1", "--data", r.data); code != 0 || !strings.Contains(out, "moved 30 contents") {
		t.Errorf("move: %d %s %s", code, out, problem)
	}
	reads := func() {
		t.Helper()
		for n := range 30 {
			if got := r.do(t, http.MethodGet, r.Files+fmt.Sprint("/m/", n), nil); string(got.body) != fmt.Sprint("content ", n) {
				t.Errorf("%d: %d %s", n, got.status, got.body)
			}
		}
	}
	reads()
	if got := stores(t, r.data); got[0].Contents != 0 || got[0].Left != 30 || got[1].Contents != 31 {
		t.Errorf("after: %+v", got)
	}
	if _, problem, code := command(t.Context(), "gc", "--grace", "0", "--data", r.data); code != 0 {
		t.Error(problem)
	}
	if got := stores(t, r.data); got[0].Left != 0 {
		t.Errorf("after the grace period: %+v", got)
	}
	reads()
	r.end(t)

	t.Run("and, without a server, back", func(t *testing.T) {
		out, problem, code := command(t.Context(), "blobs", "move", "--from", new, "--to", old, "--data", r.data, "--blobs", new)
		if code != 0 || !strings.Contains(out, "moved 31 contents") {
			t.Fatalf("move: %d %s %s", code, out, problem)
		}
		// Nobody named the old place: it is found where it was.
		if err := os.RemoveAll(new); err != nil {
			t.Fatal(err)
		}
		r = start(t, r.data)
		reads()
	})
	t.Run("but not to where they are, nor from nowhere", func(t *testing.T) {
		for problem, args := range map[string][]string{
			"from: the store to move from is missing": {},
			"the same store":              {"--from", old},
			"no store with the number 77": {"--from", "77"},
			"s4":                          {"--from", "s4://bucket"},
		} {
			_, got, code := command(t.Context(), append([]string{"blobs", "move", "--data", r.data}, args...)...)
			if code == 0 || !strings.Contains(got, problem) {
				t.Errorf("%v: %d %s", args, code, got)
			}
		}
	})
}

// wantNoStart runs a server that must refuse to start.
// Whoever moves bytes learns what the store said, from the command itself.
func TestMovingTellsWhatTheStoreRefuses(t *testing.T) {
	r := start(t, "")
	u := objectstore.Parse(t, objectstore.Bucket(t, objectstore.S3))
	u.Host = "no-such-bucket"
	_, problem, code := command(t.Context(), "blobs", "move", "--from", "1", "--to", u.String(), "--data", r.data)
	if code == 0 || !strings.Contains(problem, "no-such-bucket") || !strings.Contains(problem, "NoSuchBucket (404)") {
		t.Errorf("%d %s", code, problem)
	}
}

func wantNoStart(t *testing.T, code int, says string, args ...string) {
	t.Helper()
	_, problem, got := command(t.Context(), append([]string{"serve", "--listen", "127.0.0.1:0", "--api-listen", "off", "--files-listen", "off"}, args...)...)
	if got != code || !strings.Contains(problem, says) {
		t.Errorf("%v: exit code %d: %s", args, got, problem)
	}
}

func TestStoresOfOthersAreRefused(t *testing.T) {
	shared := filepath.Join(t.TempDir(), "shared")
	r := start(t, "", "--blobs", shared)
	r.upload(t, r.Files, "/x", "content")

	t.Run("of another server", func(t *testing.T) {
		wantNoStart(t, 5, "belongs to another Coffer", "--data", t.TempDir(), "--blobs", shared)
	})
	t.Run("with files of somebody else", func(t *testing.T) {
		full := filepath.Join(t.TempDir(), "objects", "ab")
		name := string(blob.NewKey())
		if err := os.MkdirAll(filepath.Join(filepath.Dir(full), name[:2]), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(filepath.Dir(full), name[:2], name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		wantNoStart(t, 5, "this database does not know", "--data", t.TempDir(), "--blobs", filepath.Dir(filepath.Dir(full)))
	})
	t.Run("that lost their mark", func(t *testing.T) {
		r.end(t)
		away := shared + ".away"
		if err := os.Rename(shared, away); err != nil { // as when a disk is not mounted
			t.Fatal(err)
		}
		wantNoStart(t, 5, "is its disk mounted", "--data", r.data, "--blobs", shared)
		if _, problem, code := command(t.Context(), "blobs", "mark", "--data", r.data, "--blobs", shared); code != 0 {
			t.Fatal(problem)
		}
		again := start(t, r.data, "--blobs", shared)
		if got := again.do(t, http.MethodGet, again.Files+"/x", nil); got.status != http.StatusInternalServerError {
			t.Errorf("bytes that are lost: %d %s", got.status, got.body)
		}
	})
	t.Run("that are needed and not there", func(t *testing.T) {
		r := start(t, "")
		r.upload(t, r.Files, "/x", "content")
		r.end(t)
		if err := os.RemoveAll(filepath.Join(r.data, "blobs")); err != nil {
			t.Fatal(err)
		}
		wantNoStart(t, 6, "cannot be opened", "--data", r.data, "--blobs", filepath.Join(t.TempDir(), "new"))
	})
}
