package fileserver_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/coffer-ml/coffer/blob/blobtest"
	"github.com/coffer-ml/coffer/file"
	"github.com/coffer-ml/coffer/rpc/rpctest"
	"github.com/coffer-ml/coffer/user"
)

func TestAnEmptyFile(t *testing.T) {
	w := newUploadWorld(t)
	u := w.open(t, "nothing", nil, true)
	if !u.Complete {
		t.Errorf("%+v", u)
	}
	w.must(t, call{method: "POST", path: "/" + u.ID + "/commit"})
	w.stored(t, "nothing", nil, 1)
}

// Two sessions for one path do not mix; the one that is committed later is
// the newer version.
func TestTwoUploadsForOnePath(t *testing.T) {
	w := newUploadWorld(t)
	contents := [][]byte{blobtest.Bytes(400_000, 9), blobtest.Bytes(400_000, 10)}
	versions := make([]int, 2)
	var both sync.WaitGroup
	for i, content := range contents {
		both.Go(func() {
			id := w.open(t, "f", content, true).ID
			for at := 0; at < len(content); at += 100_000 {
				w.must(t, putPart(id, content, at, 100_000))
			}
			versions[i] = w.must(t, commit(id, content)).upload.Version
		})
	}
	both.Wait()
	if versions[0]+versions[1] != 3 {
		t.Fatalf("versions %v", versions)
	}
	w.stored(t, "f", contents[slices.Index(versions, 2)], 2)
}

func TestFrozenPaths(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(1000, 11)
	id := w.open(t, "p/key", content, true).ID
	w.must(t, putPart(id, content, 0, 1000))
	task := w.Call(t, "tasks.create", map[string]any{"name": "producer", "type": "training"})["id"].(string)
	w.Call(t, "tasks.started", map[string]any{"task": task})
	w.Call(t, "tasks.add_or_update_artifacts", map[string]any{"task": task, "artifacts": []any{
		map[string]any{"key": "key", "type": "custom", "uri": rpctest.FilesBase + "/p/key", "hash": digest(content), "timestamp": 1},
	}})
	w.Call(t, "tasks.completed", map[string]any{"task": task, "publish": true})

	w.refused(t, commit(id, content), 409, "file.frozen", task)
	w.refused(t, call{method: "POST", body: spec("p/key", content, true)}, 409, "file.frozen", task)
	w.absent(t, "p/key")
	w.must(t, call{method: "DELETE", path: "/" + id})
}

func TestSessionsExpire(t *testing.T) {
	w := newUploadWorld(t)
	content := blobtest.Bytes(1000, 12)
	idle, busy := w.open(t, "idle", content, true).ID, w.open(t, "busy", content, true).ID
	w.must(t, putPart(idle, content, 0, 500))
	w.Pass(file.SessionLife - time.Hour)
	w.must(t, putPart(busy, content, 0, 500))
	w.Pass(2 * time.Hour)
	w.refused(t, putPart(idle, content, 500, 500), 404, "upload.no_session", "expired")
	w.refused(t, commit(idle, content), 404, "upload.no_session", "expired")
	if u := w.open(t, "idle", content, true); u.ID == idle || u.Received != 0 {
		t.Errorf("an expired upload went on: %+v", u)
	}
	r, err := w.Files.Collect(t.Context(), w.Files.Grace)
	if err != nil || r.Sessions != 1 {
		t.Errorf("collected %+v, %v", r, err)
	}
	w.must(t, putPart(busy, content, 500, 500))
	w.must(t, commit(busy, content))
	w.stored(t, "busy", content, 1)
}

func TestOpenSessionsAreBounded(t *testing.T) {
	w := newUploadWorld(t)
	members := w.Pairs[user.Member]
	who, err := w.Users.Authenticate(t.Context(), user.Basic{Name: members.Access, Secret: members.Secret})
	if err != nil {
		t.Fatal(err)
	}
	for range file.MaxSessions {
		if _, _, err := w.Files.OpenSession(t.Context(), who, file.SessionSpec{Path: "f", Size: 1}); err != nil {
			t.Fatal(err)
		}
	}
	w.refused(t, call{method: "POST", body: spec("f", []byte("x"), false)}, 409, "upload.too_many_sessions", "1000")
	w.must(t, call{method: "POST", body: spec("f", []byte("x"), false), as: user.Admin})
}
