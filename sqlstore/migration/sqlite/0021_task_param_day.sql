-- The day of the task's last update, as with its tags: the newest of very many
-- tasks with a value of a parameter are found by it.
ALTER TABLE task_param ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
UPDATE task_param SET day = (SELECT last_update / 86400000 FROM task WHERE task.id = task_param.task_id);
DROP INDEX task_param_by_value;
CREATE INDEX task_param_by_value ON task_param (section, name, substr(value, 1, 128), day);
DROP TRIGGER task_tag_day;
CREATE TRIGGER task_day AFTER UPDATE OF last_update ON task WHEN NEW.last_update / 86400000 <> OLD.last_update / 86400000 BEGIN UPDATE task_tag SET day = NEW.last_update / 86400000 WHERE task_id = NEW.id; UPDATE task_param SET day = NEW.last_update / 86400000 WHERE task_id = NEW.id; END;
