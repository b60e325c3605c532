-- AUTOINCREMENT: a sample keeps the id of the generation that it showed when that
-- was collected, by which it is known that another came. The id must not be given
-- away again.
CREATE TABLE generation_kept (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	file_id    BIGINT NOT NULL REFERENCES file (id),
	number     BIGINT NOT NULL,
	blob_id    BIGINT NOT NULL REFERENCES blob (id),
	digest     TEXT NOT NULL,
	size       BIGINT NOT NULL,
	created    BIGINT NOT NULL,
	landed     BIGINT NOT NULL, -- the last time that these bytes arrived here
	superseded BIGINT, -- when a newer generation took its place
	uploader   TEXT NOT NULL
);
INSERT INTO generation_kept SELECT id, file_id, number, blob_id, digest, size, created, landed, superseded, uploader FROM generation;
DROP TABLE generation;
ALTER TABLE generation_kept RENAME TO generation;
CREATE UNIQUE INDEX generation_number ON generation (file_id, number);
CREATE INDEX generation_blob ON generation (blob_id);
CREATE INDEX generation_superseded ON generation (superseded, id) WHERE superseded IS NOT NULL;

-- The greatest id that is remembered anywhere.
DELETE FROM sqlite_sequence WHERE name = 'generation';
INSERT INTO sqlite_sequence (name, seq)
	SELECT 'generation', max(coalesce((SELECT max(id) FROM generation), 0), coalesce((SELECT max(generation) FROM event_item), 0));
