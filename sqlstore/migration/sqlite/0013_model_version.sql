-- Snapshots of models: one row for each content that came to an address which
-- a model names.

ALTER TABLE model ADD COLUMN iteration BIGINT; -- that was told last with the address

CREATE TABLE model_version (
	id INTEGER PRIMARY KEY,
	model_id TEXT NOT NULL REFERENCES model (id) ON DELETE CASCADE,
	number BIGINT NOT NULL, -- counted from 1
	uri TEXT NOT NULL,
	path_key TEXT NOT NULL, -- SHA-256 of the path
	generation BIGINT NOT NULL, -- the file generation it is bound to
	digest TEXT NOT NULL,
	size BIGINT NOT NULL,
	state TEXT NOT NULL,
	iteration BIGINT, -- at which it was made
	dated INTEGER NOT NULL, -- how that is known: 0 from before it came, 1 from its task, 2 from its client
	created BIGINT NOT NULL,
	user_id TEXT,
	UNIQUE (model_id, number)
);
CREATE INDEX model_version_by_place ON model_version (model_id, path_key, number);
CREATE INDEX model_version_by_path ON model_version (path_key);
CREATE INDEX model_version_by_digest ON model_version (digest);
CREATE INDEX model_version_by_generation ON model_version (generation);
CREATE INDEX model_version_by_dating ON model_version (model_id) WHERE dated = 0;
