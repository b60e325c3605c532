package fileserver_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// pieces cuts a file into parts of random sizes, in random order.
func pieces(size int, r *rand.Rand) [][2]int {
	var all [][2]int
	for at := 0; at < size; {
		n := min(1+r.IntN(300_000), size-at)
		all = append(all, [2]int{at, n})
		at += n
	}
	r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	return all
}

func TestPartsInAnyOrderFromManyClients(t *testing.T) {
	w := newUploadWorld(t)
	const path = `models/a b%2F"ü".bin`
	content := blobtest.Bytes(8<<20+13, 1)
	begun := w.must(t, call{method: "POST", body: spec("/"+path, content, true)})
	id := begun.upload.ID
	if begun.status != http.StatusCreated || begun.header.Get("Location") != "uploads/"+id {
		t.Errorf("status %d, location %q", begun.status, begun.header.Get("Location"))
	}
	if u := begun.upload; u.Path != path || u.State != "open" || u.Complete || u.PartSize != 8<<20 || u.MaxParts != file.MaxParts ||
		!slices.Equal(u.Missing, []api.UploadSpan{{Offset: 0, Size: int64(len(content))}}) {
		t.Errorf("begun as %+v", u)
	}
	todo := make(chan [2]int)
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for p := range todo {
				c := putPart(id, content, p[0], p[1])
				c.header = map[string]string{"X-Coffer-Digest": digest(content[p[0] : p[0]+p[1]])}
				got := w.do(t, c)
				want := api.UploadPart{Offset: int64(p[0]), Size: int64(p[1]), SHA256: c.header["X-Coffer-Digest"]}
				if got.status != http.StatusOK || got.part != want {
					t.Errorf("part %v: %d %s", p, got.status, got.body)
				}
			}
		})
	}
	all := pieces(len(content), rand.New(rand.NewPCG(1, 1)))
	for _, p := range all {
		todo <- p
	}
	close(todo)
	clients.Wait()
	w.absent(t, path)

	u := w.must(t, call{method: "GET", path: "/" + id}).upload
	if !u.Complete || len(u.Missing) != 0 || u.Received != u.Size || len(u.Parts) != len(all) {
		t.Errorf("%d of %d bytes in %d of %d parts", u.Received, u.Size, len(u.Parts), len(all))
	}
	for _, p := range u.Parts {
		if p.SHA256 != digest(content[p.Offset:p.Offset+p.Size]) {
			t.Errorf("the part at %d is listed with another digest", p.Offset)
		}
	}
	for range 2 { // the first answer may have been lost
		done := w.must(t, commit(id, content)).upload
		if done.State != "committed" || done.Version != 1 || done.SHA256 != digest(content) || done.Path != path || !done.Complete {
			t.Errorf("committed as %+v", done)
		}
	}
	w.stored(t, path, content, 1)
	w.refused(t, putPart(id, content, 0, 5), 409, "upload.committed", "version 1")
	w.refused(t, call{method: "DELETE", path: "/" + id}, 409, "upload.committed")
	w.refused(t, commit(id, []byte("other")), 409, "blob.digest_mismatch", digest(content), digest([]byte("other")))
}

func TestRefusedParts(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(1000, 2)
	id := w.open(t, "f", content, false).ID
	w.must(t, putPart(id, content, 100, 100))
	part := func(offset string, body any, header ...string) call {
		c := call{method: "PUT", path: "/" + id + "/parts/" + offset, body: body, header: map[string]string{}}
		if len(header) == 2 {
			c.header[header[0]] = header[1]
		}
		return c
	}
	for _, c := range []struct {
		expectation string
		call        call
		status      int
		reason      string
		words       []string
	}{
		{"a wrong digest", part("200", content[200:300], "X-Coffer-Digest", digest(content)), 409, "blob.digest_mismatch", []string{digest(content), digest(content[200:300])}},
		{"a digest that is none", part("200", content[200:300], "X-Coffer-Digest", "abc"), 400, "blob.bad_digest", []string{"X-Coffer-Digest", "64"}},
		{"longer than promised", part("900", blobtest.Bytes(101, 3)), 400, "upload.bad_part", []string{"1000", "100", "101"}},
		{"much longer", part("1", blobtest.Bytes(1<<21, 3)), 400, "upload.bad_part", []string{"999", "2097152"}},
		{"beyond the end", part("1000", content[:1]), 400, "upload.bad_part", []string{"1000"}},
		{"far beyond the end", part("9223372036854775807", content[:1]), 400, "upload.bad_part", []string{"offset"}},
		{"an offset that is none", part("1e3", content[:1]), 400, "fileserver.bad_body", []string{"1e3"}},
		{"before the beginning", part("-1", content[:1]), 400, "fileserver.bad_body", []string{"-1"}},
		{"empty", part("300", []byte{}), 400, "upload.bad_part", []string{"at least one byte"}},
		{"of unknown length", part("300", struct{ io.Reader }{bytes.NewReader(content[300:400])}), 411, "fileserver.length_required", []string{"Content-Length"}},
		{"compressed", part("300", content[300:400], "Content-Encoding", "gzip"), 415, "fileserver.content_encoding", nil},
		{"over the edge of another", part("150", content[150:250]), 409, "upload.part_taken", []string{"100 bytes from byte 100"}},
		{"inside another", part("150", content[150:160]), 409, "upload.part_taken", []string{"100 bytes from byte 100"}},
		{"around another", part("0", content[:300]), 409, "upload.part_taken", []string{"100 bytes from byte 100"}},
		{"other bytes in place of another", part("100", content[300:400]), 409, "upload.part_taken", []string{digest(content[100:200]), digest(content[300:400])}},
	} {
		t.Run(c.expectation, func(t *testing.T) {
			w.refused(t, c.call, c.status, c.reason, c.words...)
			u := w.must(t, call{method: "GET", path: "/" + id}).upload
			want := []api.UploadPart{{Offset: 100, Size: 100, SHA256: digest(content[100:200])}}
			if u.Received != 100 || !slices.Equal(u.Parts, want) ||
				!slices.Equal(u.Missing, []api.UploadSpan{{Offset: 0, Size: 100}, {Offset: 200, Size: 800}}) {
				t.Errorf("received are %d bytes in %v, missing %v", u.Received, u.Parts, u.Missing)
			}
		})
	}
	t.Run("none of them spoilt the upload", func(t *testing.T) {
		for _, p := range [][2]int{{0, 100}, {100, 100}, {200, 800}} { // the second is there already
			w.must(t, putPart(id, content, p[0], p[1]))
		}
		w.must(t, commit(id, content))
		w.stored(t, "f", content, 1)
	})
}

func TestRefusedSessions(t *testing.T) {
	w := newUploadWorld(t)
	w.Files.MaxSize = 1 << 20
	type m map[string]any
	id := w.open(t, "f", []byte("hello"), false).ID
	for _, c := range []struct {
		expectation string
		call        call
		status      int
		reason      string
		words       []string
	}{
		{"no size", call{method: "POST", body: m{"path": "a"}}, 400, "fileserver.bad_body", []string{"size"}},
		{"a negative size", call{method: "POST", body: m{"path": "a", "size": -1}}, 400, "upload.bad_session", []string{"size", "-1"}},
		{"larger than the limit", call{method: "POST", body: m{"path": "a", "size": 1<<20 + 1}}, 413, "blob.too_large", []string{"1048576"}},
		{"no path", call{method: "POST", body: m{"size": 1}}, 400, "file.bad_path", nil},
		{"a path that climbs", call{method: "POST", body: m{"path": "a/../b", "size": 1}}, 400, "file.bad_path", []string{".."}},
		{"a digest that is none", call{method: "POST", body: m{"path": "a", "size": 1, "sha256": "xyz"}}, 400, "blob.bad_digest", []string{"sha256"}},
		{"an unknown field", call{method: "POST", body: m{"path": "a", "size": 1, "sha-256": "x"}}, 400, "fileserver.bad_body", []string{`"sha256"`}},
		{"a size that is no number", call{method: "POST", body: m{"path": "a", "size": "1"}}, 400, "fileserver.bad_body", nil},
		{"an array", call{method: "POST", body: []string{"a"}}, 400, "fileserver.bad_body", nil},
		{"no JSON", call{method: "POST", body: []byte("path=a")}, 400, "fileserver.bad_body", nil},
		{"a huge body", call{method: "POST", body: m{"path": strings.Repeat("a", 70_000), "size": 1}}, 413, "fileserver.body_too_large", []string{"65536"}},
		{"no such session", call{method: "GET", path: "/" + strings.Repeat("0", 32)}, 404, "upload.no_session", nil},
		{"no such page", call{method: "GET", path: "/" + id + "/part"}, 404, "file.not_found", nil},
		{"a method that is not offered", call{method: "PATCH", path: "/" + id}, 405, "fileserver.method", []string{"PATCH"}},
		{"a commit without a digest", call{method: "POST", path: "/" + id + "/commit"}, 400, "upload.bad_session", []string{"sha256"}},
		{"taking back what is not there", call{method: "DELETE", path: "/" + id + "/parts/3"}, 404, "upload.no_part", []string{"3"}},
		{"a list from nowhere", call{method: "GET", path: "/" + id + "?from=x"}, 400, "fileserver.bad_body", []string{"from"}},
		{"nobody", call{method: "POST", body: m{"path": "a", "size": 1}, as: rpctest.Nobody}, 401, "user.no_credentials", nil},
		{"a guest who begins", call{method: "POST", body: m{"path": "a", "size": 1}, as: user.Guest}, 403, "user.role_not_allowed", nil},
		{"a guest who looks", call{method: "GET", as: user.Guest}, 403, "user.role_not_allowed", nil},
		{"somebody else who looks", call{method: "GET", path: "/" + id, as: user.Admin}, 404, "upload.no_session", nil},
		{"somebody else who sends", call{method: "PUT", path: "/" + id + "/parts/0", body: []byte("hello"), as: user.Admin}, 404, "upload.no_session", nil},
		{"somebody else who commits", call{method: "POST", path: "/" + id + "/commit", as: user.Admin}, 404, "upload.no_session", nil},
		{"somebody else who aborts", call{method: "DELETE", path: "/" + id, as: user.Admin}, 404, "upload.no_session", nil},
		{"somebody else who takes back", call{method: "DELETE", path: "/" + id + "/parts/0", as: user.Admin}, 404, "upload.no_session", nil},
	} {
		t.Run(c.expectation, func(t *testing.T) { w.refused(t, c.call, c.status, c.reason, c.words...) })
	}
	if got := w.must(t, call{method: "GET"}).list.Uploads; len(got) != 1 || got[0].ID != id {
		t.Errorf("open are %+v", got)
	}
	if got := w.refused(t, call{method: "PATCH"}, 405, "fileserver.method"); got.header.Get("Allow") != "GET, POST" {
		t.Errorf("allowed are %q", got.header.Get("Allow"))
	}
	w.stopping = true
	if got := w.refused(t, call{method: "GET"}, 503, "fileserver.stopping"); got.header.Get("Retry-After") == "" {
		t.Error("it does not tell when to come back")
	}
}

// What a page of somebody else's makes a browser send is refused.
func TestCookiesNeedOurOwnPage(t *testing.T) {
	w := newUploadWorld(t)
	members := w.Pairs[user.Member]
	who, err := w.Users.Authenticate(t.Context(), user.Basic{Name: members.Access, Secret: members.Secret})
	if err != nil {
		t.Fatal(err)
	}
	token, err := w.Users.Login(t.Context(), who, 0)
	if err != nil {
		t.Fatal(err)
	}
	host := strings.TrimSuffix(w.url, "/api/uploads")
	content := []byte("hello")
	with := func(c call, header ...string) call {
		c.as, c.header = rpctest.Nobody, map[string]string{"Cookie": door.Cookie + "=" + token}
		for i := 0; i < len(header); i += 2 {
			c.header[header[i]] = header[i+1]
		}
		return c
	}
	begin := call{method: "POST", body: spec("f", content, true)}
	w.refused(t, with(begin), 403, "door.cross_site")
	w.refused(t, with(begin, "Origin", "http://evil.test", "X-Coffer", "1"), 403, "door.cross_site")
	id := w.must(t, with(begin, "Origin", host, "X-Coffer", "1")).upload.ID
	send := putPart(id, content, 0, 5)
	w.refused(t, with(send, "Origin", host), 403, "door.cross_site")
	w.must(t, with(send, "Origin", host, "X-Coffer", "1"))
	if u := w.must(t, with(call{method: "GET", path: "/" + id + "?from=0"})).upload; !u.Complete {
		t.Errorf("a page sees %+v", u)
	}
	w.must(t, with(call{method: "POST", path: "/" + id + "/commit"}, "Origin", host, "X-Coffer", "1"))
	w.stored(t, "f", content, 1)
}

func TestAnUploadGoesOnAfterARefusedCommit(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(3000, 4)
	spoilt := bytes.Clone(content)
	spoilt[1500] ^= 1
	id := w.open(t, "f", content, false).ID
	w.must(t, putPart(id, content, 0, 1000))
	w.must(t, putPart(id, content, 2000, 1000))
	w.refused(t, commit(id, content), 409, "upload.incomplete", "2000 of 3000", "1000 bytes from byte 1000")
	w.must(t, putPart(id, spoilt, 1000, 1000))
	for range 2 {
		w.refused(t, commit(id, content), 409, "blob.digest_mismatch", digest(content), digest(spoilt))
	}
	w.absent(t, "f")
	for _, p := range w.must(t, call{method: "GET", path: "/" + id}).upload.Parts {
		if p.SHA256 != digest(content[p.Offset:p.Offset+p.Size]) {
			w.must(t, call{method: "DELETE", path: fmt.Sprintf("/%s/parts/%d", id, p.Offset)})
		}
	}
	if u := w.must(t, call{method: "GET", path: "/" + id}).upload; !slices.Equal(u.Missing, []api.UploadSpan{{Offset: 1000, Size: 1000}}) {
		t.Errorf("missing after the spoilt part was taken back: %v", u.Missing)
	}
	w.must(t, putPart(id, content, 1000, 1000))
	w.must(t, commit(id, content))
	w.stored(t, "f", content, 1)
}

func TestTheSameUploadIsFoundAgain(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(2000, 5)
	first := w.open(t, "f", content, true)
	w.must(t, putPart(first.ID, content, 500, 700))
	again := w.must(t, call{method: "POST", body: spec("f", content, true)})
	if u := again.upload; again.status != http.StatusOK || u.ID != first.ID || u.Received != 700 ||
		!slices.Equal(u.Missing, []api.UploadSpan{{Offset: 0, Size: 500}, {Offset: 1200, Size: 800}}) {
		t.Errorf("%d, %+v", again.status, u)
	}
	for what, c := range map[string]call{
		"another path":     {body: spec("g", content, true)},
		"another content":  {body: spec("f", content[1:], true)},
		"no promise":       {body: spec("f", content, false)},
		"somebody else":    {body: spec("f", content, true), as: user.Admin},
		"again no promise": {body: spec("f", content, false)},
	} {
		c.method = "POST"
		if got := w.must(t, c); got.status != http.StatusCreated || got.upload.ID == first.ID {
			t.Errorf("%s: %d %s", what, got.status, got.upload.ID)
		}
	}
	if got := w.must(t, call{method: "GET", path: "?path=g"}).list.Uploads; len(got) != 1 || got[0].Path != "g" {
		t.Errorf("of the path g: %+v", got)
	}
	w.must(t, call{method: "DELETE", path: "/" + first.ID})
	w.refused(t, call{method: "GET", path: "/" + first.ID}, 404, "upload.no_session")
	if got := w.must(t, call{method: "POST", body: spec("f", content, true)}); got.status != http.StatusCreated || got.upload.Received != 0 {
		t.Errorf("after the end of the first: %d %+v", got.status, got.upload)
	}
}

func TestAKnownDigestSendsNothing(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(100_000, 6)
	w.Upload(t, "there", string(content))
	u := w.open(t, "here", content, true)
	if !u.Complete || len(u.Missing) != 0 || u.Received != 0 {
		t.Errorf("asked for bytes that are there: %+v", u)
	}
	w.absent(t, "here")
	if done := w.must(t, call{method: "POST", path: "/" + u.ID + "/commit"}).upload; done.Version != 1 {
		t.Errorf("%+v", done)
	}
	w.stored(t, "here", content, 1)
	w.refused(t, call{method: "POST", body: map[string]any{"path": "x", "size": 5, "sha256": digest(content)}}, 400, "upload.bad_session", "100000", "5")

	t.Run("also if it becomes known on the way", func(t *testing.T) {
		content := blobtest.Bytes(5000, 7)
		u := w.open(t, "late", content, true)
		w.must(t, putPart(u.ID, content, 0, 1000))
		w.Upload(t, "meanwhile", string(content))
		if u := w.must(t, call{method: "GET", path: "/" + u.ID}).upload; !u.Complete {
			t.Errorf("%+v", u)
		}
		w.must(t, commit(u.ID, content))
		w.stored(t, "late", content, 1)
	})
	t.Run("but not if it is gone before the commit", func(t *testing.T) {
		content := blobtest.Bytes(5000, 8)
		w.Upload(t, "short-lived", string(content))
		u := w.open(t, "too-late", content, true)
		if err := w.Files.Delete(t.Context(), w.Operator, "short-lived"); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second collection finds what the first let go of
			w.Pass(file.DefaultGrace + time.Hour)
			if _, err := w.Files.Collect(t.Context(), w.Files.Grace); err != nil {
				t.Fatal(err)
			}
		}
		w.refused(t, commit(u.ID, content), 409, "upload.incomplete", "0 of 5000")
		w.absent(t, "too-late")
		w.must(t, putPart(u.ID, content, 0, 5000))
		w.must(t, commit(u.ID, content))
		w.stored(t, "too-late", content, 1)
	})
}
