-- The day of the model's last update, as with its tags: the newest of very many
-- models with a value of their metadata are found by it.
ALTER TABLE model_metadata ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
UPDATE model_metadata SET day = (SELECT last_update / 86400000 FROM model WHERE model.id = model_metadata.model_id);
DROP INDEX model_metadata_by_value;
CREATE INDEX model_metadata_by_value ON model_metadata (key, substr(value, 1, 128), day);
DROP TRIGGER model_tag_day;
CREATE TRIGGER model_day AFTER UPDATE OF last_update ON model WHEN NEW.last_update / 86400000 <> OLD.last_update / 86400000 BEGIN UPDATE model_tag SET day = NEW.last_update / 86400000 WHERE model_id = NEW.id; UPDATE model_metadata SET day = NEW.last_update / 86400000 WHERE model_id = NEW.id; END;
