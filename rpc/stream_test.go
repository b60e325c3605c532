package rpc_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coffer-ml/coffer/user"
)

// message is one server-sent event.
type message struct {
	name, id string
	data     map[string]any
}

// follow opens a stream; next waits for a message of a name and passes over
// others.
func (w world) follow(t *testing.T, query, lastID string) (next func(name string) message) {
	t.Helper()
	server := httptest.NewServer(w.Handler)
	t.Cleanup(server.Close)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/api/events/stream?"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	p := w.Pairs[user.Guest]
	req.SetBasicAuth(p.Access, p.Secret)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s %s", resp.Status, resp.Header)
	}
	in := bufio.NewReader(resp.Body)
	return func(name string) message {
		t.Helper()
		var m message
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				t.Fatalf("waiting for %s: %v", name, err)
			}
			switch key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); key {
			case "event":
				m.name = value
			case "id":
				m.id = value
			case "data":
				if err := json.Unmarshal([]byte(value), &m.data); err != nil {
					t.Fatal(err)
				}
			case "":
				if value == "" && m.name == name {
					return m
				}
				if value == "" {
					m = message{}
				}
			}
		}
	}
}

func TestStream(t *testing.T) {
	line := func(i int) string {
		return fmt.Sprintf(`{"type":"log","task":"$","msg":"line %d","timestamp":%d}`, i, 1000-i)
	}
	t.Run("tells what happens to a task", func(t *testing.T) {
		w := newWorld(t)
		w.sent(t, line(0), point("loss", "v", 1, 1))
		next := w.follow(t, "task="+w.task, "")
		same(t, "state", next("state").data["status"], "in_progress")
		w.sent(t, line(1), line(2))
		same(t, "first new line", next("log").data["msg"], "line 1")
		last := next("log")
		same(t, "second", last.data["msg"], "line 2")
		w.sent(t, point("loss", "v", 2, 7))
		same(t, "scalar", dig(next("scalars").data, "series", 0, "value"), 7)
		w.Call(t, "tasks.stopped", map[string]any{"task": w.task})
		for next("state").data["status"] != "stopped" { // the last iteration is told, too
		}
		w.Call(t, "tasks.add_or_update_artifacts", map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "a", "type": "custom", "uri": "s3://b/x"}}})
		same(t, "artifact", next("artifact").data["key"], "a")
		w.Call(t, "tasks.delete_artifacts", map[string]any{"task": w.task, "artifacts": []any{map[string]any{"key": "a"}}})
		gone := next("artifact_removed").data
		same(t, "the artifact that went", []any{gone["key"], gone["mode"]}, []any{"a", "output"})

		w.sent(t, line(3), line(4))
		next = w.follow(t, "task="+w.task, last.id)
		same(t, "goes on after the last line", next("log").data["msg"], "line 3")
		next = w.follow(t, "from=start&task="+w.task, "")
		same(t, "from the start", next("log").data["msg"], "line 0")
		w.Call(t, "events.delete_for_task", map[string]any{"task": w.task})
		w.sent(t, line(9))
		next = w.follow(t, "task="+w.task, last.id)
		same(t, "a log that began anew", next("log").data["msg"], "line 9")
		w.Call(t, "tasks.delete", map[string]any{"task": w.task, "force": true})
		same(t, "the end", dig(next("end").data, "error", "reason"), "event.no_target")
	})
	t.Run("tells what happens to the tasks of a project", func(t *testing.T) {
		w := newWorld(t)
		project := w.doc(t, w.task)["project"]
		if project == nil {
			project = w.Call(t, "projects.create", map[string]any{"name": "followed"})["id"]
		}
		next := w.follow(t, fmt.Sprint("project=", project), "")
		made := w.Call(t, "tasks.create", map[string]any{"name": "new one", "type": "training", "project": project})["id"].(string)
		for next("state").data["task"] != made {
		}
		w.sent(t, strings.ReplaceAll(line(5), "$", made))
		same(t, "its line", next("log").data["msg"], "line 5")
	})
	t.Run("many lines come whole", func(t *testing.T) {
		w := newWorld(t)
		var lines []string
		for i := range 1200 {
			lines = append(lines, line(i))
		}
		w.sent(t, lines...)
		next := w.follow(t, "from=start&task="+w.task, "")
		for i := range 1200 {
			if got := next("log").data["msg"]; got != fmt.Sprint("line ", i) {
				t.Fatalf("line %d is %v", i, got)
			}
		}
	})
	t.Run("refusals", func(t *testing.T) {
		w := newWorld(t)
		for path, status := range map[string]int{"": 400, "task=none": 404, "task=" + w.task + "&project=x": 400} {
			if r := w.Do(t, getting("/events/stream?"+path)); r.Status != status {
				t.Errorf("%q: %d, want %d", path, r.Status, status)
			}
		}
	})
}
