-- Who changed what, in the transaction that changed it.
CREATE TABLE audit (
	at         BIGINT NOT NULL,
	id         BIGINT NOT NULL, -- tells those of one moment apart
	user_id    TEXT COLLATE "C" NOT NULL, -- an account, or the operator or the server
	as_id      TEXT COLLATE "C", -- in whose name, if that was somebody else
	access_key TEXT COLLATE "C",
	action     TEXT COLLATE "C" NOT NULL,
	kind       TEXT COLLATE "C",
	object     TEXT COLLATE "C",
	part       TEXT COLLATE "C",
	address    TEXT COLLATE "C",
	worker     TEXT COLLATE "C",
	request    TEXT COLLATE "C",
	PRIMARY KEY (at, id)
);
CREATE INDEX audit_by_object ON audit (object, at, id);
CREATE INDEX audit_by_user ON audit (user_id, at, id);
CREATE INDEX audit_by_as ON audit (as_id, at, id) WHERE as_id IS NOT NULL;
