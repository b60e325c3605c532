-- Rows of a range of time with what they are asked for most beside it: the status.
DROP INDEX task_by_start;
CREATE INDEX task_by_start ON task (started DESC NULLS LAST, status);
