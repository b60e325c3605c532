-- What lists of very many tasks are quick by. SQLite gets wider indexes, too;
-- PostgreSQL reads its rows quickly enough without.

-- The comments beside the ids of their rows: few have one.
DROP INDEX task_by_comment;
CREATE TABLE task_comment (
	task_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
	comment TEXT COLLATE "C" NOT NULL,
	comment_fold TEXT COLLATE "C" NOT NULL
);
DROP INDEX model_by_comment;
CREATE TABLE model_comment (
	model_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES model (id) ON DELETE CASCADE,
	comment TEXT COLLATE "C" NOT NULL,
	comment_fold TEXT COLLATE "C" NOT NULL
);
