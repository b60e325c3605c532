package task_test

import (
	"testing"

	"github.com/coffer-ml/coffer/task"
)

// allowed is the life cycle as the protocol documents it; the code's table
// must say the same, cell by cell.
var allowed = map[task.Status]string{
	task.Created:    "queued in_progress",
	task.Queued:     "created in_progress stopped",
	task.InProgress: "stopped failed created completed",
	task.Stopped:    "closed created failed queued in_progress published publishing completed",
	task.Closed:     "created failed published publishing stopped",
	task.Failed:     "created stopped published queued",
	task.Publishing: "published",
	task.Completed:  "published in_progress created",
	task.Published:  "",
	task.Unknown:    "",
}

func TestStatusMayMoveAlongTheTableOnly(t *testing.T) {
	for from, list := range allowed {
		next := map[task.Status]bool{from: true}
		for _, s := range fields(list) {
			next[task.Status(s)] = true
		}
		for to := range allowed {
			if got := from.May(to); got != next[to] {
				t.Errorf("%s -> %s: allowed %v, want %v", from, to, got, next[to])
			}
		}
	}
}

func TestStatusValid(t *testing.T) {
	for s := range allowed {
		if !s.Valid() {
			t.Errorf("%s counts as no status", s)
		}
	}
	for _, s := range []task.Status{"", "running", "Created"} {
		if s.Valid() {
			t.Errorf("%q counts as a status", s)
		}
	}
}

func TestOnlyPublishedTasksAreFrozen(t *testing.T) {
	for s := range allowed {
		want := s == task.Published || s == task.Publishing
		if s.Frozen() != want {
			t.Errorf("%s: frozen %v, want %v", s, s.Frozen(), want)
		}
	}
}

func TestParametersAreEditable(t *testing.T) {
	for s := range allowed {
		if got, want := s.Editable(false), s == task.Created; got != want {
			t.Errorf("%s without force: %v, want %v", s, got, want)
		}
		want := s == task.Created || s == task.Queued || s == task.InProgress
		if got := s.Editable(true); got != want {
			t.Errorf("%s by force: %v, want %v", s, got, want)
		}
	}
}
