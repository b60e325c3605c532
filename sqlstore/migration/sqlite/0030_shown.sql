-- The tags of a task stand in its own row as well, as arrays: a list shows them of
-- each of its tasks, and need not look elsewhere for them.
ALTER TABLE task ADD COLUMN tags TEXT;
ALTER TABLE task ADD COLUMN system_tags TEXT;
UPDATE task SET
	tags = (SELECT nullif(json_group_array(tag ORDER BY tag), '[]') FROM task_tag WHERE task_id = task.id AND system = 0),
	system_tags = (SELECT nullif(json_group_array(tag ORDER BY tag), '[]') FROM task_tag WHERE task_id = task.id AND system = 1)
WHERE EXISTS (SELECT 1 FROM task_tag WHERE task_id = task.id);

-- The names of projects stand beside their ids in an index, as those of tasks do.
CREATE INDEX project_heading ON project (id, name);
