-- Models: weights with what is known of them.

CREATE TABLE model (
	id TEXT NOT NULL PRIMARY KEY,
	name TEXT NOT NULL,
	name_fold TEXT NOT NULL,
	comment TEXT NOT NULL,
	comment_fold TEXT NOT NULL,
	uri TEXT NOT NULL, -- of the weights, as it was written
	place TEXT NOT NULL, -- the uri as it is compared
	path_key TEXT, -- SHA-256 of the path, for addresses of our own
	framework TEXT NOT NULL,
	task_id TEXT, -- that made it; __DELETED__ and its id once that was deleted
	parent TEXT,
	project_id TEXT REFERENCES project (id),
	user_id TEXT,
	ready INTEGER NOT NULL, -- 1 once it is published
	public INTEGER NOT NULL,
	archived INTEGER NOT NULL, -- whether the system tag "archived" is among the tags
	created BIGINT NOT NULL,
	last_update BIGINT NOT NULL,
	last_change BIGINT NOT NULL,
	last_changed_by TEXT,
	labels TEXT,
	cache TEXT,
	design TEXT
);
CREATE INDEX model_by_name ON model (name, project_id);
CREATE INDEX model_by_project ON model (project_id, last_update);
CREATE INDEX model_by_user ON model (user_id, last_update);
CREATE INDEX model_by_task ON model (task_id, created);
CREATE INDEX model_by_parent ON model (parent);
CREATE INDEX model_by_framework ON model (framework, project_id);
CREATE INDEX model_by_place ON model (substr(place, 1, 128));
CREATE INDEX model_by_path ON model (path_key) WHERE path_key IS NOT NULL;
CREATE INDEX model_by_update ON model (last_update);
CREATE INDEX model_by_creation ON model (created);
-- Few models have a comment: those that do are looked through.
CREATE INDEX model_by_comment ON model (id) WHERE comment <> '';

CREATE TABLE model_tag (
	model_id TEXT NOT NULL REFERENCES model (id) ON DELETE CASCADE,
	system INTEGER NOT NULL, -- 1 for system tags
	tag TEXT NOT NULL,
	tag_fold TEXT NOT NULL,
	PRIMARY KEY (model_id, system, tag)
) WITHOUT ROWID;
CREATE INDEX model_tag_by_tag ON model_tag (tag, system);

CREATE TABLE model_metadata (
	model_id TEXT NOT NULL REFERENCES model (id) ON DELETE CASCADE,
	key TEXT NOT NULL,
	type TEXT NOT NULL,
	value TEXT NOT NULL,
	number DOUBLE PRECISION, -- the value, if it is one
	sort_key TEXT, -- what a value that is no number is sorted by
	PRIMARY KEY (model_id, key)
) WITHOUT ROWID;
CREATE INDEX model_metadata_by_value ON model_metadata (key, substr(value, 1, 128));
CREATE INDEX model_metadata_by_number ON model_metadata (key, number);

-- What searching needs beside the rows themselves, as for tasks.
CREATE TABLE model_name (
	id INTEGER PRIMARY KEY,
	name TEXT NOT NULL,
	name_key TEXT NOT NULL UNIQUE,
	name_fold TEXT NOT NULL
);
CREATE TABLE model_name_trigram (
	trigram TEXT NOT NULL,
	name_id BIGINT NOT NULL,
	PRIMARY KEY (trigram, name_id)
) WITHOUT ROWID;
CREATE TABLE model_word (
	word TEXT NOT NULL,
	model_id TEXT NOT NULL REFERENCES model (id) ON DELETE CASCADE,
	weight INTEGER NOT NULL,
	PRIMARY KEY (word, model_id)
) WITHOUT ROWID;
CREATE INDEX model_word_by_model ON model_word (model_id);
