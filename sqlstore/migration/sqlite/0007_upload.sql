-- Uploads in parts. The key of an open one is that of a draft in the blob
-- store; once committed it is that of a blob.
CREATE TABLE upload (
	id         TEXT PRIMARY KEY,
	owner      TEXT NOT NULL,
	path       TEXT NOT NULL,
	path_key   TEXT NOT NULL, -- SHA-256 of the path: paths are too long for an index
	size       BIGINT NOT NULL,
	digest     TEXT, -- of the whole file: promised, then committed
	store_key  TEXT NOT NULL,
	received   BIGINT NOT NULL, -- bytes in parts
	parts      BIGINT NOT NULL,
	hashed     BIGINT NOT NULL, -- bytes from the beginning whose hash is in hash_state
	hash_state TEXT, -- base64
	revision   BIGINT NOT NULL, -- grows when a part is taken back
	created    BIGINT NOT NULL,
	touched    BIGINT NOT NULL, -- the last time that a part came
	committed  BIGINT,
	version    BIGINT NOT NULL -- the generation that it became
);
CREATE UNIQUE INDEX upload_store_key ON upload (store_key);
CREATE INDEX upload_owner ON upload (owner, created) WHERE committed IS NULL;
CREATE INDEX upload_touched ON upload (touched) WHERE committed IS NULL;
CREATE INDEX upload_committed ON upload (committed) WHERE committed IS NOT NULL;

CREATE TABLE upload_part (
	upload_id  TEXT NOT NULL REFERENCES upload (id),
	first_byte BIGINT NOT NULL,
	size       BIGINT NOT NULL,
	digest     TEXT NOT NULL,
	PRIMARY KEY (upload_id, first_byte)
) WITHOUT ROWID;
