package sqlstore

import (
	"strings"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/task"
)

// taskColumns are the columns of a task's row but for its id, in the order of
// taskValues.
var taskColumns = []string{
	"name", "name_fold", "type", "comment", "comment_fold", "parent", "project_id", "user_id",
	"status", "status_reason", "status_message", "status_changed",
	"created", "started", "completed", "published", "last_update", "last_change", "last_changed_by",
	"active_duration", "last_worker", "last_worker_report", "enqueued_from",
	"execution_queue", "script_repository", "script_branch", "script_entry_point",
	"output", "execution", "runtime", "container", "public",
}

var (
	insertTask = `INSERT INTO task (id, archived, ` + strings.Join(taskColumns, ", ") + `) VALUES (?, ?` + strings.Repeat(", ?", len(taskColumns)) + `)`
	updateTask = `UPDATE task SET ` + strings.Join(taskColumns, " = ?, ") + ` = ? WHERE id = ?`
)

func taskValues(t task.Task) ([]any, error) {
	docs, err := documents(t.Output, t.Execution, t.Runtime, t.Container)
	if err != nil {
		return nil, err
	}
	var duration any
	if t.ActiveDuration != nil {
		duration = *t.ActiveDuration
	}
	public := 0
	if t.Public {
		public = 1
	}
	return append(append([]any{
		t.Name, query.Fold(t.Name), t.Type, t.Comment, query.Fold(t.Comment), null(t.Parent), null(t.Project), null(t.User),
		t.Status, t.StatusReason, t.StatusMessage, millis(t.StatusChanged),
		millis(t.Created), millis(t.Started), millis(t.Completed), millis(t.Published), millis(t.LastUpdate), millis(t.LastChange), null(t.LastChangedBy),
		duration, t.LastWorker, millis(t.LastWorkerReport), t.EnqueuedFrom,
		null(t.Execution.Queue), t.Script.Repository, t.Script.Branch, t.Script.EntryPoint,
	}, docs...), public), nil
}

// taskDocuments are the values of task_document.
func taskDocuments(t task.Task) ([]any, error) {
	diff := t.Script.Diff
	t.Script.Diff = "" // long, and dear to escape: it has a column of its own
	docs, err := documents(t.Script, t.Configuration)
	return append(docs, diff), err
}

const (
	taskRowColumns = `task.id, task.name, task.type, task.comment, task.parent, task.project_id, task.user_id,
		task.status, task.status_reason, task.status_message, task.status_changed,
		task.created, task.started, task.completed, task.published, task.last_update, task.last_change, task.last_changed_by,
		task.active_duration, task.last_worker, task.last_worker_report, task.enqueued_from, task.public`
	taskSettings = `, task.output, task.execution, task.runtime, task.container`
	taskTagging  = `, task.tags, task.system_tags`
	taskCode     = `, d.script, d.configuration, d.script_diff`
)

// selectTask reads the parts of tasks that are columns of theirs, and scanTask
// takes them.
func selectTask(what task.Part) string {
	columns, from := taskRowColumns, ` FROM task`
	if what&task.Settings != 0 {
		columns += taskSettings
	}
	if what&task.Tags != 0 {
		columns += taskTagging
	}
	if what&task.Source != 0 {
		columns, from = columns+taskCode, from+` LEFT JOIN task_document d ON d.task_id = task.id`
	}
	return `SELECT ` + columns + from
}

func scanTask(what task.Part) func(scanner) (task.Task, error) {
	return func(s scanner) (t task.Task, err error) {
		to := []any{
			&t.ID, &t.Name, &t.Type, &t.Comment, nullable(&t.Parent), nullable(&t.Project), nullable(&t.User),
			&t.Status, &t.StatusReason, &t.StatusMessage,
			clock{&t.StatusChanged},
			clock{&t.Created},
			clock{&t.Started},
			clock{&t.Completed},
			clock{&t.Published},
			clock{&t.LastUpdate},
			clock{&t.LastChange},
			nullable(&t.LastChangedBy),
			&t.ActiveDuration, &t.LastWorker,
			clock{&t.LastWorkerReport},
			&t.EnqueuedFrom, &t.Public,
		}
		if what&task.Settings != 0 {
			to = append(to, parsed{&t.Output}, exact{&t.Execution}, exact{&t.Runtime}, exact{&t.Container})
		}
		if what&task.Tags != 0 {
			to = append(to, parsed{&t.Tags}, parsed{&t.SystemTags})
		}
		var diff string
		if what&task.Source != 0 {
			to = append(to, exact{&t.Script}, parsed{&t.Configuration}, nullable(&diff))
		}
		err = s.Scan(to...)
		t.Script.Diff = diff
		return t, err
	}
}
