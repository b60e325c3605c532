-- How many things of each sort lie directly in a project, kept in the
-- transaction of each change: lists of projects show it for whole trees.
-- Rows may count down to 0 and stay.
CREATE TABLE project_tally (
	project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
	kind TEXT NOT NULL, -- task or model
	user_id TEXT NOT NULL, -- empty for nobody
	type TEXT NOT NULL,
	status TEXT NOT NULL,
	archived INTEGER NOT NULL,
	number BIGINT NOT NULL,
	seconds BIGINT NOT NULL, -- from start to end, of all of them
	PRIMARY KEY (project_id, kind, user_id, type, status, archived)
) WITHOUT ROWID;
CREATE INDEX project_tally_by_user ON project_tally (user_id, kind);

-- Whether the system tag "archived" is among the tags.
ALTER TABLE task ADD COLUMN archived INTEGER NOT NULL DEFAULT 0;
UPDATE task SET archived = 1 WHERE id IN (SELECT task_id FROM task_tag WHERE tag = 'archived' AND system = 1);
CREATE INDEX task_by_run ON task (project_id, started) WHERE archived = 0 AND started IS NOT NULL;
CREATE INDEX task_by_completion ON task (project_id, completed, status) WHERE archived = 0 AND completed IS NOT NULL;

INSERT INTO project_tally (project_id, kind, user_id, type, status, archived, number, seconds)
	SELECT project_id, 'task', coalesce(user_id, ''), type, status, archived, count(*),
		sum(CASE WHEN completed > started THEN (completed - started) / 1000 ELSE 0 END)
	FROM task WHERE project_id IS NOT NULL GROUP BY project_id, coalesce(user_id, ''), type, status, archived;

-- Projects that everybody may read and nobody may change.
ALTER TABLE project ADD COLUMN public INTEGER NOT NULL DEFAULT 0;
