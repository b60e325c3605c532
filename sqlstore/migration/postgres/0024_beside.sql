-- The project of its task beside each tag, parameter and curve, as the day is
-- beside the first two: what a project has of them is found in their own
-- indexes, and no task is looked up that lies elsewhere. head is the first 128
-- characters of a value: SQLite looks up the row of an index that has them as an
-- expression.
DROP INDEX task_tag_by_tag;
DROP INDEX task_param_by_value;
DROP INDEX task_param_by_number;
DROP INDEX task_param_by_text;
DROP INDEX event_series_by_last;
DROP INDEX event_progress_by_iteration;
ALTER TABLE task_tag ADD COLUMN project_id TEXT COLLATE "C";
ALTER TABLE task_param ADD COLUMN project_id TEXT COLLATE "C";
ALTER TABLE task_param ADD COLUMN head TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE event_progress ADD COLUMN project_id TEXT COLLATE "C";
ALTER TABLE event_series ADD COLUMN project_id TEXT COLLATE "C";
UPDATE task_tag SET project_id = (SELECT project_id FROM task WHERE task.id = task_tag.task_id);
UPDATE task_param SET head = substr(value, 1, 128), project_id = (SELECT project_id FROM task WHERE task.id = task_param.task_id);
UPDATE event_progress SET project_id = (SELECT project_id FROM task WHERE task.id = event_progress.target);
UPDATE event_series SET project_id = (SELECT project_id FROM event_progress WHERE event_progress.id = event_series.owner);
CREATE INDEX task_tag_by_tag ON task_tag (tag, system, day, task_id, project_id);
CREATE INDEX task_param_by_value ON task_param (section, name, head, day, task_id, project_id);
CREATE INDEX task_param_by_number ON task_param (section, name, number, head, task_id, project_id) WHERE number IS NOT NULL;
CREATE INDEX task_param_by_text ON task_param (section, name, sort_key, head, task_id, project_id) WHERE number IS NULL;
CREATE INDEX event_series_by_last ON event_series (name_key, last_value, owner, project_id);
CREATE INDEX event_progress_by_iteration ON event_progress (last_iteration, target, project_id);
CREATE FUNCTION event_progress_file() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE event_progress SET project_id = (SELECT project_id FROM task WHERE id = NEW.target) WHERE id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER event_progress_file AFTER INSERT ON event_progress FOR EACH ROW WHEN (NEW.project_id IS NULL) EXECUTE FUNCTION event_progress_file();
CREATE FUNCTION task_refile() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE task_tag SET project_id = NEW.project_id WHERE task_id = NEW.id; UPDATE task_param SET project_id = NEW.project_id WHERE task_id = NEW.id; UPDATE event_progress SET project_id = NEW.project_id WHERE target = NEW.id; UPDATE event_series SET project_id = NEW.project_id WHERE owner = (SELECT id FROM event_progress WHERE target = NEW.id); RETURN NULL; END $$;
CREATE TRIGGER task_refile AFTER UPDATE OF project_id ON task FOR EACH ROW WHEN (NEW.project_id IS DISTINCT FROM OLD.project_id) EXECUTE FUNCTION task_refile();

-- A walk along the names, or along those of a project or a type, tests rows by what
-- stands in the index.
DROP INDEX task_by_name;
CREATE INDEX task_by_name ON task (substr(name, 1, 128), project_id, last_update);
DROP INDEX task_by_project;
CREATE INDEX task_by_project ON task (project_id, last_update, id, archived, status, type, user_id);
DROP INDEX task_by_type;
CREATE INDEX task_by_type ON task (type, last_update, id, archived, status, user_id, project_id);
