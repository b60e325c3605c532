package sdk_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/client"
)

// register records an artifact as any client of the protocol does, without
// the SDK under test.
func register(t *testing.T, task, name, path string, content []byte, timestamp int) {
	t.Helper()
	sum := sha256.Sum256(content)
	body, err := json.Marshal(map[string]any{"task": task, "artifacts": []any{map[string]any{
		"key": name, "type": "custom", "uri": keys.Files + path, "content_size": len(content), "hash": hex.EncodeToString(sum[:]),
		"timestamp": timestamp, "type_data": map[string]any{"preview": "a preview", "content_type": "text/plain"},
		"display_data": [][]string{{"split", "train"}},
	}}})
	must(t, err)
	request(t, keys.API+"/tasks.add_or_update_artifacts", "application/json", body)
}

// upload stores bytes as any client of the protocol does.
func upload(t *testing.T, path string, content []byte) {
	t.Helper()
	var form bytes.Buffer
	w := multipart.NewWriter(&form)
	part, err := w.CreatePart(textproto.MIMEHeader{"Content-Disposition": {fmt.Sprintf(`form-data; name="%s"; filename="%s"`, path, path)}})
	must(t, err)
	_, err = part.Write(content)
	must(t, err)
	must(t, w.Close())
	request(t, keys.Files, w.FormDataContentType(), form.Bytes())
}

func request(t *testing.T, address, contentType string, body []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, bytes.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", contentType)
	r.SetBasicAuth(keys.Access, keys.Secret)
	resp, err := http.DefaultClient.Do(r)
	must(t, err)
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", address, resp.Status)
	}
}

func TestD06ArtifactsAreDescribedWithoutTheirBytes(t *testing.T) {
	c := open(t)
	task := create(t, c, "holder")
	register(t, task.ID, "later", "/x/later.txt", []byte("one"), 1700000000)
	register(t, task.ID, "later", "/x/later.txt", []byte("three"), 1700000001)
	register(t, task.ID, "early", "/x/early.txt", []byte("2"), 1700000000)
	a, err := task.Artifact(t.Context(), "later")
	must(t, err)
	sum := sha256.Sum256([]byte("three"))
	if a.Name != "later" || a.Type != "custom" || a.Mode != client.Output || a.Size != 5 || a.SHA256 != hex.EncodeToString(sum[:]) ||
		a.URI != keys.Files+"/x/later.txt" || a.Timestamp.Unix() != 1700000001 || a.Metadata["split"] != "train" || a.Preview != "a preview" ||
		a.ContentType != "text/plain" || a.State != client.Pending || a.Version != 2 || a.Versions != 2 || a.Registered.IsZero() {
		t.Errorf("got %+v", a)
	}
	old, err := task.Artifact(t.Context(), "later", client.Which{Version: 1})
	must(t, err)
	if old.Version != 1 || old.Size != 3 {
		t.Errorf("got %+v", old)
	}
	var names []string
	for a, err := range task.Artifacts(t.Context()) {
		must(t, err)
		names = append(names, a.Name)
	}
	var versions []int
	for v, err := range a.All(t.Context()) {
		must(t, err)
		versions = append(versions, v.Version)
	}
	if fmt.Sprint(names, versions) != "[early later] [2 1]" {
		t.Error(names, versions)
	}
	_, err = task.Artifact(t.Context(), "nope")
	is(t, err, client.ErrNotFound)
	_, err = task.Artifact(t.Context(), "early", client.Which{Version: 9})
	is(t, err, client.ErrNotFound)
}

func TestArtifactsFollowPagesToTheEnd(t *testing.T) {
	c := open(t)
	task := create(t, c, "holder")
	const many = 430
	for i := range many {
		register(t, task.ID, fmt.Sprintf("a%03d", i), "/many", nil, i)
	}
	n := 0
	for a, err := range task.Artifacts(t.Context()) {
		must(t, err)
		if want := fmt.Sprintf("a%03d", n); a.Name != want {
			t.Fatalf("got %s in place of %s", a.Name, want)
		}
		n++
	}
	if n != many {
		t.Errorf("got %d of %d", n, many)
	}
}

func TestWaitingEndsWhenTheBytesArrive(t *testing.T) {
	c := open(t)
	path := "/" + project(t) + "/bytes"
	for _, early := range []bool{true, false} {
		task := create(t, c, "producer")
		if early {
			register(t, task.ID, "slow", path, []byte("content"), 1)
		}
		waited := make(chan error, 1)
		go func() {
			a, err := task.WaitArtifact(t.Context(), "slow")
			if err == nil && a.State != client.Stored {
				err = fmt.Errorf("the state is %s", a.State)
			}
			waited <- err
		}()
		select {
		case err := <-waited:
			t.Fatalf("did not wait: %v", err)
		case <-time.After(300 * time.Millisecond):
		}
		if !early {
			register(t, task.ID, "slow", path+" late", []byte("content"), 1)
		}
		upload(t, path, []byte("content"))
		upload(t, path+" late", []byte("content"))
		must(t, <-waited)
	}
}

func TestWaitingEndsWhenTheBytesCannotArrive(t *testing.T) {
	c := open(t)
	run := start(t, c, "producer")
	register(t, run.ID, "never", "/never/here", []byte("content"), 1)
	a, err := run.Artifact(t.Context(), "never")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 1500*time.Millisecond)
	defer cancel()
	is(t, a.Wait(ctx), client.ErrPending)
	ctx, cancel = context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	_, err = run.WaitArtifact(ctx, "not registered")
	is(t, err, client.ErrNotFound)
	must(t, run.Fail(t.Context(), "crash", ""))
	short, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	is(t, a.Wait(short), client.ErrPending)
	if short.Err() != nil {
		t.Error("waited on for a producer that has failed")
	}
}
