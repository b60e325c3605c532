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
