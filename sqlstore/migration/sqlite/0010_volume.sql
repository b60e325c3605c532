-- The stores that hold the bytes. Each carries a mark, so that a store is
-- known again wherever it lies, and one of somebody else is refused. Rows from
-- before are of the first one.
CREATE TABLE volume (
	id       INTEGER PRIMARY KEY,
	mark     TEXT NOT NULL, -- 32 hex digits, also in the store
	location TEXT NOT NULL, -- without credentials
	created  BIGINT NOT NULL,
	marked   BIGINT -- when the store had its mark for certain
);
CREATE UNIQUE INDEX volume_mark ON volume (mark);

-- A blob that was moved leaves a row without a digest in the state left, whose
-- bytes go after the grace period.
ALTER TABLE blob ADD COLUMN volume_id BIGINT NOT NULL DEFAULT 1;
CREATE INDEX blob_left ON blob (unreferenced_since) WHERE state = 'left';

ALTER TABLE upload ADD COLUMN volume_id BIGINT NOT NULL DEFAULT 1;
CREATE INDEX upload_volume ON upload (volume_id) WHERE committed IS NULL;
