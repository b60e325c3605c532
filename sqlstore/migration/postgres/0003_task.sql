-- The tree of projects, tasks with what people filter and sort on, queues.
--
-- name_key is the SHA-256 of a name, which may be longer than an entry of a
-- unique index may be on some engines; a _fold column is its text with case
-- folded away, made by the program; indexes on texts that may be very long
-- hold their first 128 characters.

CREATE TABLE project (
	id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL UNIQUE,
	name_fold TEXT COLLATE "C" NOT NULL,
	basename TEXT COLLATE "C" NOT NULL,
	basename_fold TEXT COLLATE "C" NOT NULL,
	parent TEXT COLLATE "C" REFERENCES project (id),
	path TEXT COLLATE "C" NOT NULL, -- JSON: ids of the ancestors, the topmost first
	description TEXT COLLATE "C" NOT NULL,
	description_fold TEXT COLLATE "C" NOT NULL,
	user_id TEXT COLLATE "C",
	created BIGINT NOT NULL,
	last_update BIGINT NOT NULL,
	default_output_destination TEXT COLLATE "C" NOT NULL
);
CREATE INDEX project_by_name ON project (substr(name, 1, 128));
CREATE INDEX project_by_parent ON project (parent, last_update);
CREATE INDEX project_by_update ON project (last_update);
CREATE INDEX project_by_user ON project (user_id, last_update);

CREATE TABLE project_tag (
	project_id TEXT COLLATE "C" NOT NULL REFERENCES project (id) ON DELETE CASCADE,
	system INTEGER NOT NULL, -- 1 for system tags
	tag TEXT COLLATE "C" NOT NULL,
	tag_fold TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (project_id, system, tag)
);
CREATE INDEX project_tag_by_tag ON project_tag (tag, system);

-- The row holds what lists show and what is written often; the two documents
-- that grow large lie apart, so that touching a task does not rewrite them.
CREATE TABLE task (
	id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	name TEXT COLLATE "C" NOT NULL,
	name_fold TEXT COLLATE "C" NOT NULL,
	type TEXT COLLATE "C" NOT NULL,
	comment TEXT COLLATE "C" NOT NULL,
	comment_fold TEXT COLLATE "C" NOT NULL,
	parent TEXT COLLATE "C", -- __DELETED__ and its id once the parent was deleted
	project_id TEXT COLLATE "C" REFERENCES project (id),
	user_id TEXT COLLATE "C",
	status TEXT COLLATE "C" NOT NULL,
	status_reason TEXT COLLATE "C" NOT NULL,
	status_message TEXT COLLATE "C" NOT NULL,
	status_changed BIGINT NOT NULL,
	created BIGINT NOT NULL,
	started BIGINT,
	completed BIGINT,
	published BIGINT,
	last_update BIGINT NOT NULL,
	last_change BIGINT NOT NULL,
	last_changed_by TEXT COLLATE "C",
	active_duration BIGINT, -- seconds
	last_worker TEXT COLLATE "C" NOT NULL,
	last_worker_report BIGINT,
	enqueued_from TEXT COLLATE "C" NOT NULL,
	execution_queue TEXT COLLATE "C", -- these three are also in the documents
	script_repository TEXT COLLATE "C" NOT NULL,
	script_branch TEXT COLLATE "C" NOT NULL,
	output TEXT COLLATE "C" NOT NULL,
	execution TEXT COLLATE "C" NOT NULL,
	runtime TEXT COLLATE "C",
	container TEXT COLLATE "C"
);
CREATE INDEX task_by_name ON task (substr(name, 1, 128), project_id);
CREATE INDEX task_by_project ON task (project_id, last_update);
CREATE INDEX task_by_status ON task (status, last_update);
CREATE INDEX task_by_user ON task (user_id, last_update);
CREATE INDEX task_by_parent ON task (parent);
CREATE INDEX task_by_type ON task (type, project_id);
CREATE INDEX task_by_queue ON task (execution_queue) WHERE execution_queue IS NOT NULL;
CREATE INDEX task_by_update ON task (last_update);
CREATE INDEX task_by_status_change ON task (status_changed);
CREATE INDEX task_by_creation ON task (created);
CREATE INDEX task_by_start ON task (started DESC NULLS LAST);

CREATE TABLE task_document (
	task_id TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES task (id) ON DELETE CASCADE,
	script TEXT COLLATE "C" NOT NULL, -- but for the diff
	script_diff TEXT COLLATE "C" NOT NULL,
	configuration TEXT COLLATE "C"
);

CREATE TABLE task_tag (
	task_id TEXT COLLATE "C" NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	system INTEGER NOT NULL, -- 1 for system tags
	tag TEXT COLLATE "C" NOT NULL,
	tag_fold TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (task_id, system, tag)
);
CREATE INDEX task_tag_by_tag ON task_tag (tag, system);

CREATE TABLE task_param (
	task_id TEXT COLLATE "C" NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	section TEXT COLLATE "C" NOT NULL,
	name TEXT COLLATE "C" NOT NULL,
	value TEXT COLLATE "C" NOT NULL,
	number DOUBLE PRECISION, -- the value, if it is one
	type TEXT COLLATE "C" NOT NULL,
	description TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (task_id, section, name)
);
CREATE INDEX task_param_by_value ON task_param (section, name, substr(value, 1, 128));
CREATE INDEX task_param_by_number ON task_param (section, name, number);

CREATE TABLE task_model (
	task_id TEXT COLLATE "C" NOT NULL REFERENCES task (id) ON DELETE CASCADE,
	input INTEGER NOT NULL, -- 1 for input models
	place INTEGER NOT NULL, -- counted from 0
	name TEXT COLLATE "C" NOT NULL,
	model_id TEXT COLLATE "C" NOT NULL,
	updated BIGINT,
	PRIMARY KEY (task_id, input, place)
);
CREATE INDEX task_model_by_model ON task_model (model_id);

CREATE TABLE queue (
	id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
	name TEXT COLLATE "C" NOT NULL,
	name_key TEXT COLLATE "C" NOT NULL UNIQUE,
	name_fold TEXT COLLATE "C" NOT NULL,
	display_name TEXT COLLATE "C" NOT NULL,
	user_id TEXT COLLATE "C",
	created BIGINT NOT NULL,
	last_update BIGINT NOT NULL
);

CREATE TABLE queue_tag (
	queue_id TEXT COLLATE "C" NOT NULL REFERENCES queue (id) ON DELETE CASCADE,
	system INTEGER NOT NULL, -- 1 for system tags
	tag TEXT COLLATE "C" NOT NULL,
	tag_fold TEXT COLLATE "C" NOT NULL,
	PRIMARY KEY (queue_id, system, tag)
);
CREATE INDEX queue_tag_by_tag ON queue_tag (tag, system);
