-- Facts of the installation, drawn at the first start.
CREATE TABLE setting (
	name  TEXT COLLATE "C" PRIMARY KEY,
	value TEXT COLLATE "C" NOT NULL
);

CREATE TABLE user_account (
	id            TEXT COLLATE "C" PRIMARY KEY,
	name          TEXT COLLATE "C" NOT NULL,
	name_key      TEXT COLLATE "C" NOT NULL, -- case folded away: nobody passes for another
	given_name    TEXT COLLATE "C" NOT NULL,
	family_name   TEXT COLLATE "C" NOT NULL,
	role          TEXT COLLATE "C" NOT NULL,
	password_hash TEXT COLLATE "C", -- argon2id; NULL: signs in by key pair only
	created       BIGINT NOT NULL,
	disabled      BIGINT
);
CREATE UNIQUE INDEX user_account_name ON user_account (name_key);

CREATE TABLE user_key (
	access_key     TEXT COLLATE "C" PRIMARY KEY,
	secret_hash    TEXT COLLATE "C" NOT NULL, -- SHA-256 of the secret, which is random
	user_id        TEXT COLLATE "C" NOT NULL REFERENCES user_account (id),
	label          TEXT COLLATE "C" NOT NULL,
	created        BIGINT NOT NULL,
	last_used      BIGINT,
	last_used_from TEXT COLLATE "C",
	revoked        BIGINT
);
CREATE INDEX user_key_user ON user_key (user_id);

CREATE TABLE user_session (
	id         TEXT COLLATE "C" PRIMARY KEY,
	user_id    TEXT COLLATE "C" NOT NULL REFERENCES user_account (id),
	access_key TEXT COLLATE "C", -- the pair it was opened with; revoking that ends it
	created    BIGINT NOT NULL,
	expires    BIGINT NOT NULL,
	revoked    BIGINT
);
CREATE INDEX user_session_expires ON user_session (expires);
