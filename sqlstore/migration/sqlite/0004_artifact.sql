-- What tasks log: a row for each (task, key, mode), one for each version, and
-- the preview texts, each kept once.

CREATE TABLE preview (
	hash TEXT NOT NULL PRIMARY KEY, -- SHA-256 of body
	body TEXT NOT NULL
);

CREATE TABLE artifact (
	id INTEGER PRIMARY KEY,
	task_id TEXT NOT NULL REFERENCES task (id),
	key TEXT NOT NULL,
	mode TEXT NOT NULL,
	last_number BIGINT NOT NULL, -- of the latest version ever added
	living BIGINT NOT NULL, -- how many versions are not removed
	newest BIGINT, -- artifact_version.id; NULL if none is living
	UNIQUE (task_id, key, mode)
);

CREATE TABLE artifact_version (
	id INTEGER PRIMARY KEY,
	artifact_id BIGINT NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
	number BIGINT NOT NULL,
	identity TEXT NOT NULL, -- equal for repeats
	removed BIGINT, -- when; NULL while it is living
	state TEXT NOT NULL,
	generation BIGINT, -- the file generation it is bound to
	type TEXT NOT NULL,
	uri TEXT NOT NULL,
	path_key TEXT, -- SHA-256 of the path, for addresses of our own
	hash TEXT NOT NULL, -- as recorded
	digest TEXT, -- the hash, if it is a SHA-256, or that of the bound generation
	size BIGINT,
	timestamp BIGINT NOT NULL, -- seconds, as recorded
	content_type TEXT NOT NULL,
	data_hash TEXT NOT NULL,
	metadata TEXT,
	preview TEXT REFERENCES preview (hash),
	registered BIGINT NOT NULL,
	user_id TEXT
);
CREATE INDEX artifact_version_by_identity ON artifact_version (artifact_id, identity, removed);
CREATE INDEX artifact_version_by_age ON artifact_version (artifact_id, timestamp, number) WHERE removed IS NULL;
CREATE INDEX artifact_version_by_path ON artifact_version (path_key) WHERE path_key IS NOT NULL AND removed IS NULL;
CREATE INDEX artifact_version_by_digest ON artifact_version (digest) WHERE digest IS NOT NULL AND removed IS NULL;
CREATE INDEX artifact_version_by_generation ON artifact_version (generation) WHERE generation IS NOT NULL AND removed IS NULL;
CREATE INDEX artifact_version_by_preview ON artifact_version (preview) WHERE preview IS NOT NULL;
