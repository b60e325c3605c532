-- What a list of a project goes by, in the order of its values within each project:
-- a page of a project is read from one place, whatever else there is.
CREATE INDEX event_series_in_project ON event_series (project_id, name_key, last_value, owner);
CREATE INDEX event_progress_in_project ON event_progress (project_id, last_iteration, target);
CREATE INDEX task_param_in_project_by_number ON task_param (project_id, section, name, number, head, task_id) WHERE number IS NOT NULL;
CREATE INDEX task_param_in_project_by_text ON task_param (project_id, section, name, sort_key, head, task_id) WHERE number IS NULL;
CREATE INDEX task_in_project_by_name ON task (project_id, substr(name, 1, 128));

-- The newest of a range of time: each day of creation, start or change of status
-- has its tasks in the order of their last update. The index in the order of the
-- starts does without the status, which is tested here now. They are for lists of
-- such a range alone: for others they never are a guess.
DROP INDEX task_by_start;
CREATE INDEX task_by_start ON task (started DESC NULLS LAST);
CREATE INDEX task_by_creation_day ON task ((created / 86400000), last_update, id) INCLUDE (hidden, archived, status, type, user_id, project_id, created) WHERE created IS NOT NULL;
CREATE INDEX task_by_start_day ON task ((started / 86400000), last_update, id) INCLUDE (hidden, archived, status, type, user_id, project_id, started) WHERE started IS NOT NULL;
CREATE INDEX task_by_status_change_day ON task ((status_changed / 86400000), last_update, id) INCLUDE (hidden, archived, status, type, user_id, project_id, status_changed) WHERE status_changed IS NOT NULL;
