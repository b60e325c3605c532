-- With all that is asked of them, so that the rows need not be read.
DROP INDEX task_by_run;
DROP INDEX task_by_completion;
CREATE INDEX task_by_run ON task (project_id, started, archived) WHERE archived = 0 AND started IS NOT NULL;
CREATE INDEX task_by_completion ON task (project_id, completed, status, archived) WHERE archived = 0 AND completed IS NOT NULL;
