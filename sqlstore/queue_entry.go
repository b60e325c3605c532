package sqlstore

import (
	"context"

	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/task"
	"github.com/coffer-ml/coffer/user"
)

// ByName implements queue.Store.
func (s queues) ByName(ctx context.Context, name string) (queue.Queue, error) {
	absent := queue.ErrNotFound.Errorf("there is no queue named %q", name)
	id, err := one(ctx, s.db, absent, scalar[queue.ID], `SELECT id FROM queue WHERE name_key = ?`, key(name))
	if err != nil {
		return queue.Queue{}, err
	}
	return s.Get(ctx, id)
}

// Lock implements queue.Store.
func (s queues) Lock(ctx context.Context, id queue.ID) error {
	absent := queue.ErrNotFound.Errorf("there is no queue %s", id)
	_, err := one(ctx, s.db, absent, scalar[string], `SELECT id FROM queue WHERE id = ?`+s.db.dialect.lock("queue"), id)
	return err
}

// Append implements queue.Store. The queue is locked by then, so that no other
// entry takes the same place.
func (s queues) Append(ctx context.Context, id queue.ID, e queue.Entry) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.QueueObject, string(id), string(e.Task))
		last, err := one(ctx, s.db, nil, scalar[int64], `SELECT coalesce(max(place), 0) FROM queue_entry WHERE queue_id = ?`, id)
		if err != nil {
			return err
		}
		n, err := s.db.changed(ctx, `INSERT INTO queue_entry (queue_id, task_id, place, added) VALUES (?, ?, ?, ?)
			ON CONFLICT (queue_id, task_id) DO NOTHING`, id, e.Task, last+1, millis(e.Added))
		if err := touchedNone(n, err, queue.ErrQueuedAlready.Errorf("task %s stands in queue %s already", e.Task, id)); err != nil {
			return err
		}
		_, err = s.db.exec(ctx, `UPDATE queue SET last_update = ? WHERE id = ?`, millis(e.Added), id)
		return err
	})
}

// Remove implements queue.Store. It locks no queue: the task is locked by then,
// and nobody else removes its entries.
func (s queues) Remove(ctx context.Context, of task.ID, from, unless queue.ID) (int, error) {
	where, args := "task_id = ? AND queue_id <> ?", []any{of, string(unless)}
	if from != "" {
		where, args = where+" AND queue_id = ?", append(args, from)
	}
	n, err := s.db.changed(ctx, `DELETE FROM queue_entry WHERE `+where, args...)
	switch {
	case n == 0:
	case from != "":
		user.Note(ctx, user.QueueObject, string(from), string(of))
	default:
		user.Note(ctx, user.TaskObject, string(of), "place in queues")
	}
	return int(n), err
}

// Delete implements queue.Store.
func (s queues) Delete(ctx context.Context, id queue.ID) error {
	user.Note(ctx, user.QueueObject, string(id), "")
	n, err := s.db.changed(ctx, `DELETE FROM queue WHERE id = ?`, id)
	return touchedNone(n, err, queue.ErrNotFound.Errorf("there is no queue %s", id))
}

// Entries implements queue.Store.
func (s queues) Entries(ctx context.Context, ids []queue.ID) (map[queue.ID][]queue.Entry, error) {
	type row struct {
		id queue.ID
		queue.Entry
	}
	if len(ids) == 0 {
		return nil, nil
	}
	where, arg := among(s.db.dialect, "queue_id", ids)
	rows, err := collect(ctx, s.db, func(s scanner) (r row, err error) {
		return r, s.Scan(&r.id, &r.Task, clock{&r.Added})
	}, `SELECT queue_id, task_id, added FROM queue_entry WHERE `+where+` ORDER BY queue_id, place`, arg)
	out := make(map[queue.ID][]queue.Entry)
	for _, r := range rows {
		out[r.id] = append(out[r.id], r.Entry)
	}
	return out, err
}
