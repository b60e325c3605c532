-- What searching needs beside the rows themselves. It is derived from them, by
-- the program, which builds it anew when its own rules change.

-- Names, each once however many rows bear it, and the runs of three letters in
-- them with case folded away.
CREATE TABLE task_name (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	name_key TEXT NOT NULL UNIQUE,
	name_fold TEXT NOT NULL
);
CREATE TABLE task_name_trigram (
	trigram TEXT NOT NULL,
	name_id BIGINT NOT NULL,
	PRIMARY KEY (trigram, name_id)
) WITHOUT ROWID;
CREATE TABLE artifact_name (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	name_key TEXT NOT NULL UNIQUE,
	name_fold TEXT NOT NULL
);
CREATE TABLE artifact_name_trigram (
	trigram TEXT NOT NULL,
	name_id BIGINT NOT NULL,
	PRIMARY KEY (trigram, name_id)
) WITHOUT ROWID;

-- The words of a row, by stem. The weight says how much they tell of it.
CREATE TABLE task_word (
	word TEXT NOT NULL,
	task_id TEXT NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	weight INTEGER NOT NULL,
	PRIMARY KEY (word, task_id)
) WITHOUT ROWID;
CREATE INDEX task_word_by_task ON task_word (task_id);
CREATE TABLE project_word (
	word TEXT NOT NULL,
	project_id TEXT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
	weight INTEGER NOT NULL,
	PRIMARY KEY (word, project_id)
) WITHOUT ROWID;
CREATE INDEX project_word_by_project ON project_word (project_id);

ALTER TABLE task ADD COLUMN script_entry_point TEXT NOT NULL DEFAULT '';
UPDATE task SET script_entry_point = coalesce((SELECT json_extract(d.script, '$.entry_point') FROM task_document d WHERE d.task_id = task.id), '');

-- Few tasks have a comment: those that do are looked through.
CREATE INDEX task_by_comment ON task (id) WHERE comment <> '';

-- What a value that is no number is sorted by.
ALTER TABLE task_param ADD COLUMN sort_key TEXT;

CREATE TABLE artifact_metadata (
	version_id BIGINT NOT NULL REFERENCES artifact_version (id) ON DELETE CASCADE,
	place INTEGER NOT NULL,
	key TEXT NOT NULL,
	value TEXT NOT NULL,
	PRIMARY KEY (version_id, place)
) WITHOUT ROWID;
CREATE INDEX artifact_metadata_by_value ON artifact_metadata (substr(key, 1, 128), substr(value, 1, 128));
ALTER TABLE artifact ADD COLUMN key_fold TEXT NOT NULL DEFAULT '';
CREATE INDEX artifact_by_key ON artifact (key);
CREATE INDEX artifact_version_by_type ON artifact_version (type) WHERE removed IS NULL;
CREATE INDEX artifact_version_by_state ON artifact_version (state) WHERE removed IS NULL;
CREATE INDEX artifact_version_by_size ON artifact_version (size) WHERE removed IS NULL;
