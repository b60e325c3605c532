-- What a list of a project goes by, in the order of its values within each project:
-- a page of a project is read from one place, whatever else there is.
CREATE INDEX event_series_in_project ON event_series (project_id, name_key, last_value, owner);
CREATE INDEX event_progress_in_project ON event_progress (project_id, last_iteration, target);
CREATE INDEX task_param_in_project_by_number ON task_param (project_id, section, name, number, head, task_id) WHERE number IS NOT NULL;
CREATE INDEX task_param_in_project_by_text ON task_param (project_id, section, name, sort_key, head, task_id) WHERE number IS NULL;
CREATE INDEX task_in_project_by_name ON task (project_id, name, id, hidden, archived, status, type, user_id);

-- The newest of a range of time: each day of creation, start or change of status
-- has its tasks in the order of their last update. The indexes in the order of
-- these times do without that, so that as many entries as before are written with
-- each update.
DROP INDEX task_by_creation;
CREATE INDEX task_by_creation ON task (created, id, hidden, archived, status, type, user_id, project_id);
CREATE INDEX task_by_creation_day ON task (created / 86400000, last_update, id, hidden, archived, status, type, user_id, project_id, created);
DROP INDEX task_by_start;
CREATE INDEX task_by_start ON task (started, id, hidden, archived, status, type, user_id, project_id);
CREATE INDEX task_by_start_day ON task (started / 86400000, last_update, id, hidden, archived, status, type, user_id, project_id, started);
DROP INDEX task_by_status_change;
CREATE INDEX task_by_status_change ON task (status_changed, id, hidden, archived, status, type, user_id, project_id);
CREATE INDEX task_by_status_change_day ON task (status_changed / 86400000, last_update, id, hidden, archived, status, type, user_id, project_id, status_changed);
