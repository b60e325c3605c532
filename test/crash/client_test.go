package crash_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/test/instance"
)

// client talks to a server as the Python SDK does.
type client struct {
	http *http.Client
	at   instance.Addresses
	keys instance.Keys
}

// answer is the reply to a request that was answered.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) ok() bool { return a.status == http.StatusOK }

// do returns an error if there was no whole answer: then nobody knows what has
// become of the request.
func (c *client) do(ctx context.Context, method, address, contentType string, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return answer{}, err
	}
	req.SetBasicAuth(c.keys.Access, c.keys.Secret)
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	content, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, content}, err
}

func (c *client) upload(ctx context.Context, path string, content []byte) (answer, error) {
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreateFormFile(path, path)
	if err == nil {
		_, err = part.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return answer{}, err
	}
	return c.do(ctx, http.MethodPost, c.at.Files+"/", w.FormDataContentType(), &form)
}

func (c *client) remove(ctx context.Context, path string) (answer, error) {
	return c.do(ctx, http.MethodDelete, c.at.Files+"/"+path, "", nil)
}

// read reads a path, or the version of it that query names.
func (c *client) read(ctx context.Context, path, query string) (answer, error) {
	return c.do(ctx, http.MethodGet, c.at.Files+"/"+path+query, "", nil)
}

func (c *client) call(ctx context.Context, endpoint string, in any, out any) (answer, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return answer{}, err
	}
	a, err := c.do(ctx, http.MethodPost, c.at.API+"/"+endpoint, "application/json", bytes.NewReader(body))
	if err == nil && a.ok() && out != nil {
		err = json.Unmarshal(a.body, &struct{ Data any }{out})
	}
	return a, err
}

// newTask makes a task that takes artifacts.
func (c *client) newTask(t *testing.T) string {
	t.Helper()
	var made struct{ ID string }
	a, err := c.call(t.Context(), "tasks.create", map[string]any{"name": "crash", "type": "training"}, &made)
	must(t, err)
	if !a.ok() {
		t.Fatalf("tasks.create: %d %s", a.status, a.body)
	}
	return made.ID
}

// register records the content of a path as an artifact.
func (c *client) register(ctx context.Context, task, key, path string, content []byte, timestamp int) (answer, error) {
	return c.call(ctx, "tasks.add_or_update_artifacts", map[string]any{"task": task, "force": true, "artifacts": []any{map[string]any{
		"key": key, "type": "custom", "mode": "output", "uri": c.at.Files + "/" + path, "hash": sum(content),
		"content_size": len(content), "timestamp": timestamp, "type_data": map[string]any{"preview": "p", "content_type": "application/octet-stream"},
	}}}, nil)
}

// recorded is an artifact version as the server shows it.
type recorded struct {
	Key     string `json:"key"`
	State   string `json:"state"`
	Version int    `json:"version"`
	URI     string `json:"uri"`
	SHA256  string `json:"sha256"`
}

// versions returns all versions of all artifacts of a task.
func (c *client) versions(t *testing.T, task string) (all []recorded) {
	t.Helper()
	var newest struct{ Artifacts []recorded }
	c.own(t, "/tasks/"+task+"/artifacts", &newest)
	for _, a := range newest.Artifacts {
		var of struct{ Versions []recorded }
		c.own(t, "/tasks/"+task+"/artifact/versions?key="+url.QueryEscape(a.Key), &of)
		all = append(all, of.Versions...)
	}
	return all
}

func (c *client) own(t *testing.T, path string, into any) {
	t.Helper()
	a, err := c.do(t.Context(), http.MethodGet, c.at.API+path, "", nil)
	must(t, err)
	if !a.ok() {
		t.Fatalf("%s: %d %s", path, a.status, a.body)
	}
	must(t, json.Unmarshal(a.body, into))
}

// message is what a refusal of the file server or the API says.
func (a answer) message() string {
	var files struct{ Error struct{ Message string } }
	var rpc struct {
		Meta struct {
			Text string `json:"result_msg"`
		}
	}
	_ = json.Unmarshal(a.body, &files)
	_ = json.Unmarshal(a.body, &rpc)
	return files.Error.Message + rpc.Meta.Text
}

// path is that of an address on the server.
func (r recorded) path(t *testing.T) string {
	t.Helper()
	u, err := url.Parse(r.URI)
	must(t, err)
	return strings.TrimPrefix(u.Path, "/")
}

func sum(content []byte) string {
	s := sha256.Sum256(content)
	return hex.EncodeToString(s[:])
}

func etag(digest string) string { return fmt.Sprintf("%q", digest) }
