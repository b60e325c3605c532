package rpc_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/rpc/rpctest"
)

// exchange is a call as the Python SDK made it in one of its flows, and what
// it read out of the reply.
type exchange struct {
	Path  string   `json:"path"`
	Body  string   `json:"body"`
	Lines bool     `json:"lines"` // the body is a batch of JSON lines
	Gives []string `json:"gives"` // fields of the reply
	ID    string   `json:"id"`    // the id that it told, and that later calls name
	Count *int     `json:"count"` // items of a list
}

// What the SDK sends in each of its flows is taken, and answered with the
// fields that it was answered with; rpctest checks their types.
func TestRecordedFlowsOfTheSDKAreAnswered(t *testing.T) {
	files, err := filepath.Glob("testdata/recorded/*.jsonl")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d recorded flows, %v", len(files), err)
	}
	called := make(map[string]bool)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".jsonl"), func(t *testing.T) {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			w := rpctest.New(t)
			var ids []string // as recorded, and as told here, in pairs
			for line := range strings.Lines(string(text)) {
				var x exchange
				if err := json.Unmarshal([]byte(line), &x); err != nil {
					t.Fatal(err)
				}
				endpoint := x.Path[strings.LastIndexByte(x.Path, '/')+1:]
				called[endpoint] = true
				q := rpctest.Request{Method: "GET", Path: x.Path, Body: strings.NewReplacer(ids...).Replace(x.Body)}
				if x.Lines {
					q.Header = map[string]string{"Content-Type": "application/json-lines"}
				}
				r := w.Do(t, q)
				if r.Status != 200 {
					t.Fatalf("%s %s: %d/%d %s", endpoint, q.Body, r.Status, r.Subcode, r.Message)
				}
				for _, name := range x.Gives {
					if _, given := r.Data[name]; !given {
						t.Errorf("%s: the reply has no %s", endpoint, name)
					}
				}
				if id := told(t, endpoint, x, r.Data); x.ID != "" && id != "" {
					ids = append(ids, x.ID, id)
				}
			}
		})
	}
	for _, endpoint := range []string{
		"auth.login", "projects.create", "projects.get_all", "projects.update", "tasks.create", "tasks.get_by_id", "tasks.get_all", "tasks.started",
		"tasks.edit", "tasks.set_requirements", "tasks.completed", "tasks.publish", "tasks.reset", "tasks.clone", "tasks.delete", "tasks.edit_hyper_params",
		"tasks.add_or_update_artifacts", "tasks.delete_artifacts", "events.add_batch", "events.get_task_log",
	} {
		if !called[endpoint] {
			t.Errorf("no flow calls %s", endpoint)
		}
	}
}

// told returns the id that a reply tells, and checks the length of lists.
func told(t *testing.T, endpoint string, x exchange, data map[string]any) string {
	t.Helper()
	if x.Count == nil {
		id, _ := data["id"].(string)
		return id
	}
	items := data[strings.TrimSuffix(endpoint, ".get_all")].([]any)
	if len(items) != *x.Count {
		t.Errorf("%s %s: %d items, expected %d", endpoint, x.Body, len(items), *x.Count)
	}
	if len(items) != 1 {
		return ""
	}
	id, _ := items[0].(map[string]any)["id"].(string)
	return id
}
