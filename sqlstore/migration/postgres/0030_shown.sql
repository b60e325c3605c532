-- The tags of a task stand in its own row as well, as arrays: a list shows them of
-- each of its tasks, and need not look elsewhere for them.
ALTER TABLE task ADD COLUMN tags TEXT COLLATE "C";
ALTER TABLE task ADD COLUMN system_tags TEXT COLLATE "C";
UPDATE task SET
	tags = (SELECT json_agg(tag ORDER BY tag) FROM task_tag WHERE task_id = task.id AND system = 0),
	system_tags = (SELECT json_agg(tag ORDER BY tag) FROM task_tag WHERE task_id = task.id AND system = 1)
WHERE EXISTS (SELECT 1 FROM task_tag WHERE task_id = task.id);

-- SQLite has the names of projects beside their ids in an index, too, as it has those
-- of tasks.
