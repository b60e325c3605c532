ALTER TABLE user_account ADD COLUMN email TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE user_account ADD COLUMN email_key TEXT COLLATE "C"; -- case folded away; NULL: none
ALTER TABLE user_account ADD COLUMN avatar TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE user_account ADD COLUMN fixed BIGINT NOT NULL DEFAULT 0; -- 1: kept by the file of fixed accounts
ALTER TABLE user_account ADD COLUMN invitation TEXT COLLATE "C"; -- SHA-256 of its token, which is random
ALTER TABLE user_account ADD COLUMN invitation_expires BIGINT;
ALTER TABLE user_account ADD COLUMN preferences TEXT COLLATE "C"; -- JSON
CREATE INDEX user_account_by_name ON user_account (name);
CREATE UNIQUE INDEX user_account_email ON user_account (email_key);
CREATE UNIQUE INDEX user_account_invitation ON user_account (invitation);

ALTER TABLE user_session ADD COLUMN made_by TEXT COLLATE "C"; -- the administrator who opened it in that name
CREATE INDEX user_session_user ON user_session (user_id);
