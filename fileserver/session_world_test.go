package fileserver_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/api"
	"github.com/coffer-ml/coffer/blob"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/fileserver"
	"github.com/coffer-ml/coffer/internal/door"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

// uploadWorld is a server for uploads in parts with everything real behind it.
type uploadWorld struct {
	*rpctest.World
	url      string // of the uploads
	stopping bool
}

func newUploadWorld(t *testing.T) *uploadWorld {
	t.Helper()
	w := &uploadWorld{World: rpctest.New(t)}
	logger := slog.New(slog.DiscardHandler)
	server := httptest.NewServer(door.Log{Logger: logger, Now: time.Now}.Wrap(fileserver.NewSessions(fileserver.Config{
		Files: w.Files, Guard: &door.Guard{Users: w.Users}, Logger: logger, Prefix: "/api", Stopping: func() bool { return w.stopping },
	})))
	t.Cleanup(server.Close)
	w.url = server.URL + "/api/uploads"
	return w
}

// call is one request. The zero value of a field is left out; without As a
// member calls, with a key pair.
type call struct {
	method, path string
	body         any // []byte, io.Reader, or what is sent as JSON
	header       map[string]string
	as           user.Role
}

type reply struct {
	status  int
	header  http.Header
	body    string
	upload  api.Upload
	part    api.UploadPart
	list    api.UploadList
	problem api.ProblemDetail
}

func (w *uploadWorld) do(t *testing.T, c call) reply {
	t.Helper()
	var body io.Reader
	switch b := c.body.(type) {
	case nil:
	case []byte:
		body = bytes.NewReader(b)
	case io.Reader:
		body = b
	default:
		text, err := json.Marshal(b)
		if err != nil {
			t.Fatal(err)
		}
		body = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(t.Context(), c.method, w.url+c.path, body)
	if err != nil {
		t.Fatal(err)
	}
	if c.as == "" {
		c.as = user.Member
	}
	if p, ok := w.Pairs[c.as]; ok {
		r.SetBasicAuth(p.Access, p.Secret)
	}
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	out := reply{status: resp.StatusCode, header: resp.Header, body: string(text)}
	var problem api.Problem
	for _, into := range []any{&out.upload, &out.part, &out.list, &problem} {
		_ = json.Unmarshal(text, into) // those that it is not stay as they are
	}
	out.problem = problem.Error
	return out
}

// must is do for calls that succeed.
func (w *uploadWorld) must(t *testing.T, c call) reply {
	t.Helper()
	got := w.do(t, c)
	if got.status >= http.StatusBadRequest {
		t.Fatalf("%s %s: %d %s", c.method, c.path, got.status, got.body)
	}
	return got
}

// refused is do for calls that fail with a status and a reason; the message
// must hold each of the words.
func (w *uploadWorld) refused(t *testing.T, c call, status int, reason string, words ...string) reply {
	t.Helper()
	got := w.do(t, c)
	if got.status != status || got.problem.Reason != reason {
		t.Errorf("%s %s: %d %s, expected %d %s", c.method, c.path, got.status, got.body, status, reason)
	}
	for _, word := range words {
		if !strings.Contains(got.problem.Message, word) {
			t.Errorf("%s %s: the message %q does not tell %q", c.method, c.path, got.problem.Message, word)
		}
	}
	if got.problem.RequestID == "" || got.problem.Message == "" {
		t.Errorf("%s %s: the refusal says nothing: %s", c.method, c.path, got.body)
	}
	return got
}

// open begins an upload of content.
func (w *uploadWorld) open(t *testing.T, path string, content []byte, promise bool) api.Upload {
	t.Helper()
	return w.must(t, call{method: "POST", body: spec(path, content, promise)}).upload
}

func spec(path string, content []byte, promise bool) api.UploadSpec {
	size := int64(len(content))
	s := api.UploadSpec{Path: path, Size: &size}
	if promise {
		s.SHA256 = digest(content)
	}
	return s
}

// putPart is the call that sends a piece of content.
func putPart(id string, content []byte, offset, size int) call {
	return call{method: "PUT", path: fmt.Sprintf("/%s/parts/%d", id, offset), body: content[offset : offset+size]}
}

func commit(id string, content []byte) call {
	return call{method: "POST", path: "/" + id + "/commit", body: api.UploadCommit{SHA256: digest(content)}}
}

// stored checks the newest content of a path.
func (w *uploadWorld) stored(t *testing.T, path string, content []byte, version int) {
	t.Helper()
	g, err := w.Files.Stat(t.Context(), w.Operator, file.Path(path), file.Want{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := w.Files.Open(t.Context(), w.Operator, g)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%s holds %d other bytes than the %d that were sent, %v", path, len(got), len(content), err)
	}
	if g.Number != version || g.Digest != blob.Digest(digest(content)) || g.Size != int64(len(content)) {
		t.Errorf("%s has version %d of %d bytes, SHA-256 %s", path, g.Number, g.Size, g.Digest)
	}
}

// absent checks that a path has no content.
func (w *uploadWorld) absent(t *testing.T, path string) {
	t.Helper()
	if _, err := w.Files.Stat(t.Context(), w.Operator, file.Path(path), file.Want{}); err == nil {
		t.Errorf("%s is visible", path)
	}
}
