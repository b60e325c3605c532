-- Rows of a range of time with what puts them in order, and is asked of them most: the last update.
DROP INDEX task_by_creation;
CREATE INDEX task_by_creation ON task (created, id, hidden, archived, status, type, user_id, project_id, last_update);
DROP INDEX task_by_start;
CREATE INDEX task_by_start ON task (started, id, hidden, archived, status, type, user_id, project_id, last_update);
DROP INDEX task_by_status_change;
CREATE INDEX task_by_status_change ON task (status_changed, id, hidden, archived, status, type, user_id, project_id, last_update);
