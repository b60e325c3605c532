-- How many tasks or models have a tag is known of the thousand most common ones,
-- not of a hundred: what two tags share is merged or looked up by it.
ALTER TABLE task_tag ALTER COLUMN tag SET STATISTICS 1000;
ALTER TABLE model_tag ALTER COLUMN tag SET STATISTICS 1000;
