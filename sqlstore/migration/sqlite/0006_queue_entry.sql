-- Tasks that wait in queues, in the order of place.
CREATE TABLE queue_entry (
	queue_id TEXT NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
	task_id TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	place BIGINT NOT NULL,
	added BIGINT NOT NULL,
	PRIMARY KEY (queue_id, task_id)
) WITHOUT ROWID;
CREATE INDEX queue_entry_by_place ON queue_entry (queue_id, place);
CREATE INDEX queue_entry_by_task ON queue_entry (task_id);

-- Tasks that everybody may read and nobody may change.
ALTER TABLE task ADD COLUMN public INTEGER NOT NULL DEFAULT 0;

-- When each kind of event of a metric came in last.
CREATE TABLE event_metric (
	target TEXT NOT NULL,
	metric TEXT NOT NULL,
	type TEXT NOT NULL,
	last_update BIGINT NOT NULL,
	PRIMARY KEY (target, metric, type)
) WITHOUT ROWID;

-- What the iterations of a series are called.
ALTER TABLE event_summary ADD COLUMN x_axis_label TEXT NOT NULL DEFAULT '';
