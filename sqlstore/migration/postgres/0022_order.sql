-- Orders of very many tasks by how long they ran and how far they came.
CREATE INDEX task_by_duration ON task (active_duration, id) WHERE active_duration IS NOT NULL;
UPDATE event_progress SET last_iteration = 0 WHERE last_iteration < 0;
CREATE INDEX event_progress_by_iteration ON event_progress (last_iteration, target);
