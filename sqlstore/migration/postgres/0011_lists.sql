-- What lists of many tasks are quick by.

-- Whether the system tag "hidden" is among the tags, as with "archived": most
-- lists leave both out, and indexes can hold it.
ALTER TABLE task ADD COLUMN hidden INTEGER NOT NULL DEFAULT 0;
UPDATE task SET hidden = 1 WHERE id IN (SELECT task_id FROM task_tag WHERE tag = 'hidden' AND system = 1);
CREATE FUNCTION task_hidden() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF TG_OP = 'INSERT' THEN UPDATE task SET hidden = 1 WHERE id = NEW.task_id; ELSE UPDATE task SET hidden = 0 WHERE id = OLD.task_id; END IF; RETURN NULL; END $$;
CREATE TRIGGER task_hide AFTER INSERT ON task_tag FOR EACH ROW WHEN (NEW.system = 1 AND NEW.tag = 'hidden') EXECUTE FUNCTION task_hidden();
CREATE TRIGGER task_unhide AFTER DELETE ON task_tag FOR EACH ROW WHEN (OLD.system = 1 AND OLD.tag = 'hidden') EXECUTE FUNCTION task_hidden();

-- The day of the task's last update, counted from 1970: with it the index has
-- the tasks of a tag in the order in which most lists want them, and is
-- written once a day and not with every update.
ALTER TABLE task_tag ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
UPDATE task_tag SET day = (SELECT last_update / 86400000 FROM task WHERE task.id = task_tag.task_id);
DROP INDEX task_tag_by_tag;
CREATE INDEX task_tag_by_tag ON task_tag (tag, system, day, task_id);
CREATE FUNCTION task_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE task_tag SET day = NEW.last_update / 86400000 WHERE task_id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER task_tag_day AFTER UPDATE OF last_update ON task FOR EACH ROW WHEN (NEW.last_update / 86400000 <> OLD.last_update / 86400000) EXECUTE FUNCTION task_day();

DROP INDEX task_by_update;
DROP INDEX task_by_project;
CREATE INDEX task_by_update ON task (last_update, id);
CREATE INDEX task_by_project ON task (project_id, last_update, id);

-- The values of parameters and metrics in the order in which lists go by them.
DROP INDEX task_param_by_number;
CREATE INDEX task_param_by_number ON task_param (section, name, number, substr(value, 1, 128), task_id) WHERE number IS NOT NULL;
CREATE INDEX task_param_by_text ON task_param (section, name, sort_key, substr(value, 1, 128), task_id) WHERE number IS NULL;
CREATE INDEX event_series_by_last ON event_series (name_key, last_value, owner);
