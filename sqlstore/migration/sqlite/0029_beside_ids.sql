-- What a list shows of its tasks' progress, and of the tasks that they refer to,
-- stands beside the ids that it asks for: the rows, which lie anywhere, need not be
-- read.
CREATE INDEX event_progress_of_target ON event_progress (target, last_iteration);
CREATE INDEX task_heading ON task (id, name);
