-- What lists of many models are quick by, as those of tasks are.

-- The values of metadata in the order in which lists go by them.
DROP INDEX model_metadata_by_number;
CREATE INDEX model_metadata_by_number ON model_metadata (key, number, substr(value, 1, 128), model_id) WHERE number IS NOT NULL;
CREATE INDEX model_metadata_by_text ON model_metadata (key, sort_key, substr(value, 1, 128), model_id) WHERE number IS NULL;

DROP INDEX model_by_update;
DROP INDEX model_by_project;
DROP INDEX model_by_user;
CREATE INDEX model_by_update ON model (last_update, id);
CREATE INDEX model_by_project ON model (project_id, last_update, id);
CREATE INDEX model_by_user ON model (user_id, last_update, id);

-- The day of the model's last update, as with the tags of tasks.
ALTER TABLE model_tag ADD COLUMN day BIGINT NOT NULL DEFAULT 0;
UPDATE model_tag SET day = (SELECT last_update / 86400000 FROM model WHERE model.id = model_tag.model_id);
DROP INDEX model_tag_by_tag;
CREATE INDEX model_tag_by_tag ON model_tag (tag, system, day, model_id);
CREATE FUNCTION model_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE model_tag SET day = NEW.last_update / 86400000 WHERE model_id = NEW.id; RETURN NULL; END $$;
CREATE TRIGGER model_tag_day AFTER UPDATE OF last_update ON model FOR EACH ROW WHEN (NEW.last_update / 86400000 <> OLD.last_update / 86400000) EXECUTE FUNCTION model_day();
