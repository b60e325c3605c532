-- The day of the task's last update, as with its tags: the newest of very many
-- tasks with a value of a parameter are found by it.
ALTER TABLE task_param ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
UPDATE task_param SET day = (SELECT last_update / 86400000 FROM task WHERE task.id = task_param.task_id);
DROP INDEX task_param_by_value;
CREATE INDEX task_param_by_value ON task_param (section, name, substr(value, 1, 128), day, task_id);
CREATE OR REPLACE FUNCTION task_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE task_tag SET day = NEW.last_update / 86400000 WHERE task_id = NEW.id; UPDATE task_param SET day = NEW.last_update / 86400000 WHERE task_id = NEW.id; RETURN NULL; END $$;
