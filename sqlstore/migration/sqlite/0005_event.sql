-- What running tasks report. A target is the id of a task.
CREATE TABLE event_log (
	id        INTEGER PRIMARY KEY,
	target    TEXT NOT NULL,
	line_key  TEXT NOT NULL, -- worker, time, level, text and ordinal among equals
	timestamp BIGINT NOT NULL, -- milliseconds since 1970, as reported
	received  BIGINT NOT NULL,
	worker    TEXT NOT NULL,
	level     TEXT NOT NULL,
	msg       TEXT NOT NULL,
	metric    TEXT NOT NULL,
	variant   TEXT NOT NULL
);
CREATE UNIQUE INDEX event_log_line ON event_log (target, line_key);
CREATE INDEX event_log_time ON event_log (target, timestamp, id);

CREATE TABLE event_item (
	target    TEXT NOT NULL,
	type      TEXT NOT NULL,
	metric    TEXT NOT NULL,
	variant   TEXT NOT NULL,
	iter      BIGINT NOT NULL,
	item_key  TEXT NOT NULL, -- the key of a debug sample, else empty
	timestamp BIGINT NOT NULL,
	received  BIGINT NOT NULL,
	worker    TEXT NOT NULL,
	value     DOUBLE PRECISION, -- of a scalar
	body      TEXT NOT NULL, -- the other fields, as JSON
	PRIMARY KEY (target, type, metric, variant, iter, item_key)
) WITHOUT ROWID;

CREATE TABLE event_summary (
	target      TEXT NOT NULL,
	metric      TEXT NOT NULL,
	variant     TEXT NOT NULL,
	last_iter   BIGINT NOT NULL,
	last_value  DOUBLE PRECISION NOT NULL,
	min_iter    BIGINT NOT NULL,
	min_value   DOUBLE PRECISION NOT NULL,
	max_iter    BIGINT NOT NULL,
	max_value   DOUBLE PRECISION NOT NULL,
	first_iter  BIGINT NOT NULL,
	first_value DOUBLE PRECISION NOT NULL,
	count       BIGINT NOT NULL,
	sum         DOUBLE PRECISION NOT NULL,
	PRIMARY KEY (target, metric, variant)
) WITHOUT ROWID;

CREATE TABLE event_progress (
	target         TEXT PRIMARY KEY,
	last_iteration BIGINT NOT NULL
);
