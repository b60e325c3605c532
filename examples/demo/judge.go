package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/coffer-ml/coffer/test/instance"
)

// seen is what a reading process reports of an artifact.
type seen struct {
	Name    string `json:"name"`
	Type    string `json:"type"`
	Size    *int64 `json:"size"`   // bytes as recorded
	Hash    string `json:"hash"`   // SHA-256 as recorded
	SHA256  string `json:"sha256"` // of the bytes that came
	ETag    string `json:"etag"`   // reported by Go only
	Verdict string `json:"verdict"`
	Why     string `json:"why"`
}

// held is what the server's own list says of an artifact.
type held struct {
	Key    string `json:"key"`
	Type   string `json:"type"`
	Size   *int64 `json:"size"`
	SHA256 string `json:"sha256"`
	State  string `json:"state"`
}

// witnesses is who saw what, by task.
type witnesses struct {
	python, golang map[string][]seen
	server         map[string][]held
}

// row is a line of the table.
type row struct {
	group          string // who logged it
	name, kind     string
	size           int64 // bytes; -1 if nothing is stored
	digest         string
	python, golang string // verdicts
	state          string
	checks         int
	problems       []string
}

// check counts, and notes what is wrong.
func (r *row) check(right bool, format string, args ...any) {
	r.checks++
	if !right {
		r.problems = append(r.problems, fmt.Sprintf("%s by %s: ", r.name, r.group)+fmt.Sprintf(format, args...))
	}
}

// judge makes a row of each expected artifact, and tells all that is wrong.
func (w *witnesses) judge(pythonTask, goTask string) (rows []row, problems []string) {
	for _, g := range []struct {
		who, task string
		artifacts []expectation
	}{{"Python", pythonTask, loggedByPython()}, {"Go", goTask, loggedByGo()}} {
		for _, e := range g.artifacts {
			r := w.row(g.who, g.task, e)
			rows = append(rows, r)
			problems = append(problems, r.problems...)
		}
		if got := len(w.server[g.task]); got != len(g.artifacts) {
			problems = append(problems, fmt.Sprintf("the task logged by %s has %d artifacts on the server, expected %d", g.who, got, len(g.artifacts)))
		}
	}
	return rows, problems
}

func (w *witnesses) row(who, task string, e expectation) row {
	r := row{group: who, name: e.name, size: -1, python: "absent", golang: "absent", state: "absent"}
	py, okPy := find(w.python[task], func(s seen) bool { return s.Name == e.name })
	gl, okGo := find(w.golang[task], func(s seen) bool { return s.Name == e.name })
	own, okOwn := find(w.server[task], func(h held) bool { return h.Key == e.name })
	r.check(okPy, "the second Python process does not find it")
	r.check(okGo, "the second Go process does not find it")
	r.check(okOwn, "the server's list does not name it")
	if !okPy || !okGo || !okOwn {
		return r
	}
	r.kind, r.digest, r.python, r.golang, r.state = own.Type, own.SHA256, py.Verdict, gl.Verdict, own.State

	r.check(py.Verdict == e.python, "read by Python it is %s, expected %s %s", py.Verdict, e.python, py.Why)
	r.check(gl.Verdict == e.golang, "read by Go it is %s, expected %s %s", gl.Verdict, e.golang, gl.Why)
	r.check(py.Type == own.Type && gl.Type == own.Type, "its type is %q to Python, %q to Go and %q on the server", py.Type, gl.Type, own.Type)
	if e.python == address {
		r.check(own.State == "external", "its state is %s, expected external", own.State)
		return r
	}
	r.check(own.State == "stored", "its state is %s, expected stored", own.State)
	if own.Size != nil {
		r.size = *own.Size
	}
	r.check(own.Size != nil && py.Size != nil && gl.Size != nil && *own.Size == *py.Size && *own.Size == *gl.Size, "its recorded size is not the same to all")
	r.check(len(own.SHA256) == 64, "the server lists the digest %q", own.SHA256)
	r.check(py.Hash == own.SHA256, "Python finds the digest %q recorded, the server lists %q", py.Hash, own.SHA256)
	r.check(gl.Hash == own.SHA256, "Go finds the digest %q recorded, the server lists %q", gl.Hash, own.SHA256)
	r.check(gl.SHA256 == own.SHA256, "the bytes Go downloaded have the digest %q, the server lists %q", gl.SHA256, own.SHA256)
	r.check(gl.ETag == own.SHA256, "the ETag is %q, the server lists %q", gl.ETag, own.SHA256)
	if e.python != empty { // the SDK gives no copy of an empty file
		r.check(py.SHA256 == own.SHA256, "Python's local copy has the digest %q, the server lists %q", py.SHA256, own.SHA256)
	}
	return r
}

func find[T any](all []T, is func(T) bool) (T, bool) {
	for _, one := range all {
		if is(one) {
			return one, true
		}
	}
	var none T
	return none, false
}

// serverLists asks the server for its own list of each task's artifacts.
func serverLists(ctx context.Context, keys instance.Keys, tasks []string) (map[string][]held, error) {
	lists := map[string][]held{}
	for _, task := range tasks {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, keys.Web+"/api/tasks/"+task+"/artifacts", nil)
		if err != nil {
			return nil, err
		}
		req.SetBasicAuth(keys.Access, keys.Secret)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, err
		}
		defer func() { _ = resp.Body.Close() }()
		if resp.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("the server's list of artifacts: %s", resp.Status)
		}
		var list struct {
			Artifacts []held `json:"artifacts"`
		}
		if err := json.NewDecoder(resp.Body).Decode(&list); err != nil {
			return nil, fmt.Errorf("the server's list of artifacts: %w", err)
		}
		lists[task] = list.Artifacts
	}
	return lists, nil
}
