-- What tasks log: a row for each (task, key, mode), one for each version, and
-- the preview texts, each kept once.

CREATE TABLE preview (
	hash TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- SHA-256 of body
	body TEXT COLLATE "C" NOT NULL
);

CREATE TABLE artifact (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	task_id TEXT COLLATE "C" NOT NULL REFERENCES task (id),
	key TEXT COLLATE "C" NOT NULL,
	mode TEXT COLLATE "C" NOT NULL,
	last_number BIGINT NOT NULL, -- of the latest version ever added
	living BIGINT NOT NULL, -- how many versions are not removed
	newest BIGINT, -- artifact_version.id; NULL if none is living
	UNIQUE (task_id, key, mode)
);

CREATE TABLE artifact_version (
	id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	artifact_id BIGINT NOT NULL REFERENCES artifact (id) ON DELETE CASCADE,
	number BIGINT NOT NULL,
	identity TEXT COLLATE "C" NOT NULL, -- equal for repeats
	removed BIGINT, -- when; NULL while it is living
	state TEXT COLLATE "C" NOT NULL,
	generation BIGINT, -- the file generation it is bound to
	type TEXT COLLATE "C" NOT NULL,
	uri TEXT COLLATE "C" NOT NULL,
	path_key TEXT COLLATE "C", -- SHA-256 of the path, for addresses of our own
	hash TEXT COLLATE "C" NOT NULL, -- as recorded
	digest TEXT COLLATE "C", -- the hash, if it is a SHA-256, or that of the bound generation
	size BIGINT,
	timestamp BIGINT NOT NULL, -- seconds, as recorded
	content_type TEXT COLLATE "C" NOT NULL,
	data_hash TEXT COLLATE "C" NOT NULL,
	metadata TEXT COLLATE "C",
	preview TEXT COLLATE "C" REFERENCES preview (hash),
	registered BIGINT NOT NULL,
	user_id TEXT COLLATE "C"
);
CREATE INDEX artifact_version_by_identity ON artifact_version (artifact_id, identity, removed);
CREATE INDEX artifact_version_by_age ON artifact_version (artifact_id, timestamp, number) WHERE removed IS NULL;
CREATE INDEX artifact_version_by_path ON artifact_version (path_key) WHERE path_key IS NOT NULL AND removed IS NULL;
CREATE INDEX artifact_version_by_digest ON artifact_version (digest) WHERE digest IS NOT NULL AND removed IS NULL;
CREATE INDEX artifact_version_by_generation ON artifact_version (generation) WHERE generation IS NOT NULL AND removed IS NULL;
CREATE INDEX artifact_version_by_preview ON artifact_version (preview) WHERE preview IS NOT NULL;
