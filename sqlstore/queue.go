package sqlstore

import (
	"context"

	"github.com/coffer-ml/coffer/internal/query"
	"github.com/coffer-ml/coffer/queue"
	"github.com/coffer-ml/coffer/user"
)

var queueTags = tagTable{table: "queue_tag", owner: "queue_id"}

// queueSource maps queue.Fields to columns.
var queueSource = source{
	table: "queue",
	fields: map[string]field{
		"id":          idField("queue.id"),
		"name":        noteField("queue.name"),
		"tags":        tagField(queueTags, 0),
		"system_tags": tagField(queueTags, 1),
		"created":     timeField("queue.created"),
		"last_update": timeField("queue.last_update"),
	},
	family: map[string]func([]string) (field, bool){
		"metadata": func([]string) (field, bool) { return missingField(query.Text), true }, // queues have none yet
	},
}

// Queues returns the store of queues.
func (db *DB) Queues() queue.Store { return queues{db} }

type queues struct{ db *DB }

const queueColumns = `queue.id, queue.name, queue.display_name, queue.user_id, queue.created, queue.last_update`

func scanQueue(s scanner) (q queue.Queue, err error) {
	return q, s.Scan(&q.ID, &q.Name, &q.DisplayName, nullable(&q.User), clock{&q.Created}, clock{&q.LastUpdate})
}

// Insert implements queue.Store.
func (s queues) Insert(ctx context.Context, q queue.Queue) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.QueueObject, string(q.ID), "")
		_, err := s.db.exec(ctx, `
			INSERT INTO queue (id, name, name_key, name_fold, display_name, user_id, created, last_update)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
			q.ID, q.Name, key(q.Name), query.Fold(q.Name), q.DisplayName, null(q.User), millis(q.Created), millis(q.LastUpdate))
		if isDuplicate(err) {
			return queue.ErrNameTaken.Errorf("a queue named %q exists already", q.Name)
		}
		if err != nil {
			return err
		}
		return queueTags.insert(ctx, s.db, string(q.ID), tagged{q.Tags, q.SystemTags})
	})
}

// Get implements queue.Store.
func (s queues) Get(ctx context.Context, id queue.ID) (queue.Queue, error) {
	found, err := s.many(ctx, []string{string(id)})
	if err == nil && len(found) == 0 {
		err = queue.ErrNotFound.Errorf("there is no queue %s", id)
	}
	if err != nil {
		return queue.Queue{}, err
	}
	return found[0], nil
}

// List implements queue.Store.
func (s queues) List(ctx context.Context, r query.Request) ([]queue.Queue, error) {
	ids, err := s.db.page(ctx, queueSource, nil, r)
	if err != nil {
		return nil, err
	}
	found, err := s.many(ctx, ids)
	return inOrder(ids, found, func(q queue.Queue) string { return string(q.ID) }), err
}

func (s queues) many(ctx context.Context, ids []string) ([]queue.Queue, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	where, arg := among(s.db.dialect, "queue.id", ids)
	found, err := collect(ctx, s.db, scanQueue, `SELECT `+queueColumns+` FROM queue WHERE `+where, arg)
	if err != nil {
		return nil, err
	}
	tags, err := queueTags.load(ctx, s.db, ids)
	for i := range found {
		of := tags[string(found[i].ID)]
		found[i].Tags, found[i].SystemTags = of.tags, of.system
	}
	return found, err
}

// Update implements queue.Store.
func (s queues) Update(ctx context.Context, q queue.Queue) error {
	return s.db.Tx(ctx, func(ctx context.Context) error {
		user.Note(ctx, user.QueueObject, string(q.ID), "")
		n, err := s.db.changed(ctx, `UPDATE queue SET name = ?, name_key = ?, name_fold = ?, display_name = ? WHERE id = ?`,
			q.Name, key(q.Name), query.Fold(q.Name), q.DisplayName, q.ID)
		if isDuplicate(err) {
			return queue.ErrNameTaken.Errorf("a queue named %q exists already", q.Name)
		}
		if err := touchedNone(n, err, queue.ErrNotFound.Errorf("there is no queue %s", q.ID)); err != nil {
			return err
		}
		return queueTags.save(ctx, s.db, string(q.ID), tagged{q.Tags, q.SystemTags})
	})
}
