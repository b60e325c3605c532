-- Who changed what, in the transaction that changed it.
CREATE TABLE audit (
	at         BIGINT NOT NULL,
	id         BIGINT NOT NULL, -- tells those of one moment apart
	user_id    TEXT NOT NULL, -- an account, or the operator or the server
	as_id      TEXT, -- in whose name, if that was somebody else
	access_key TEXT,
	action     TEXT NOT NULL,
	kind       TEXT,
	object     TEXT,
	part       TEXT,
	address    TEXT,
	worker     TEXT,
	request    TEXT,
	PRIMARY KEY (at, id)
);
CREATE INDEX audit_by_object ON audit (object, at, id);
CREATE INDEX audit_by_user ON audit (user_id, at, id);
CREATE INDEX audit_by_as ON audit (as_id, at, id) WHERE as_id IS NOT NULL;
