-- The last iterations that a list shows stand beside the ids that it asks for: the
-- rows, which lie anywhere, need not be read.
CREATE INDEX event_progress_of_target ON event_progress (target, last_iteration);
