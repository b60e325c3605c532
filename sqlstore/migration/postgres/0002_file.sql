-- Bytes by content. A digest is live at most once; the store key is new for
-- each write and never used again.
CREATE TABLE blob (
	id                 BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	digest             TEXT COLLATE "C" NOT NULL,
	size               BIGINT NOT NULL,
	store_key          TEXT COLLATE "C" NOT NULL,
	state              TEXT COLLATE "C" NOT NULL, -- live, condemned, gone, failed
	created            BIGINT NOT NULL,
	unreferenced_since BIGINT -- when the last generation of a live file went
);
CREATE UNIQUE INDEX blob_live ON blob (digest) WHERE state = 'live';
CREATE UNIQUE INDEX blob_store_key ON blob (store_key);
CREATE INDEX blob_unreferenced ON blob (unreferenced_since) WHERE unreferenced_since IS NOT NULL;
CREATE INDEX blob_condemned ON blob (id) WHERE state = 'condemned';

CREATE TABLE file (
	id           BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	path         TEXT COLLATE "C" NOT NULL,
	path_key     TEXT COLLATE "C" NOT NULL, -- SHA-256 of the path: paths are too long for an index
	newest       BIGINT NOT NULL, -- number of the newest generation
	created      BIGINT NOT NULL,
	condemned    BIGINT, -- deleted, kept for the grace period
	delete_asked BIGINT  -- to be deleted when no record names it any more
);
CREATE UNIQUE INDEX file_path_key ON file (path_key);
CREATE INDEX file_condemned ON file (condemned) WHERE condemned IS NOT NULL;

CREATE TABLE generation (
	id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	file_id    BIGINT NOT NULL REFERENCES file (id),
	number     BIGINT NOT NULL,
	blob_id    BIGINT NOT NULL REFERENCES blob (id),
	digest     TEXT COLLATE "C" NOT NULL,
	size       BIGINT NOT NULL,
	created    BIGINT NOT NULL,
	landed     BIGINT NOT NULL, -- the last time that these bytes arrived here
	superseded BIGINT, -- when a newer generation took its place
	uploader   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX generation_number ON generation (file_id, number);
CREATE INDEX generation_blob ON generation (blob_id);
CREATE INDEX generation_superseded ON generation (superseded, id) WHERE superseded IS NOT NULL;
