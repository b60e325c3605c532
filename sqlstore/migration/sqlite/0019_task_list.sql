-- What lists of very many tasks are quick by: rows are tested by what stands in
-- the index, since a row of the table is many times as long. None of what is
-- added changes while a task runs.
DROP INDEX task_by_creation;
CREATE INDEX task_by_creation ON task (created, id, hidden, archived, status, type, user_id, project_id);
DROP INDEX task_by_start;
CREATE INDEX task_by_start ON task (started, id, hidden, archived, status, type, user_id, project_id);
DROP INDEX task_by_status_change;
CREATE INDEX task_by_status_change ON task (status_changed, id, hidden, archived, status, type, user_id, project_id);

-- The comments beside the ids of their rows: few have one.
DROP INDEX task_by_comment;
CREATE TABLE task_comment (
	task_id TEXT NOT NULL PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
	comment TEXT NOT NULL,
	comment_fold TEXT NOT NULL
);
DROP INDEX model_by_comment;
CREATE TABLE model_comment (
	model_id TEXT NOT NULL PRIMARY KEY REFERENCES model (id) ON DELETE CASCADE,
	comment TEXT NOT NULL,
	comment_fold TEXT NOT NULL
);
