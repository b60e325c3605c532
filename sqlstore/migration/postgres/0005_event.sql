-- What running tasks report. A target is the id of a task.
CREATE TABLE event_log (
	id        BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	target    TEXT COLLATE "C" NOT NULL,
	line_key  TEXT COLLATE "C" NOT NULL, -- worker, time, level, text and ordinal among equals
	timestamp BIGINT NOT NULL, -- milliseconds since 1970, as reported
	received  BIGINT NOT NULL,
	worker    TEXT COLLATE "C" NOT NULL,
	level     TEXT COLLATE "C" NOT NULL,
	msg       TEXT COLLATE "C" NOT NULL,
	metric    TEXT COLLATE "C" NOT NULL,
	variant   TEXT COLLATE "C" NOT NULL
);
CREATE UNIQUE INDEX event_log_line ON event_log (target, line_key);
CREATE INDEX event_log_time ON event_log (target, timestamp, id);

CREATE TABLE event_item (
	target    TEXT COLLATE "C" NOT NULL,
	type      TEXT COLLATE "C" NOT NULL,
	metric    TEXT COLLATE "C" NOT NULL,
	variant   TEXT COLLATE "C" NOT NULL,
	iter      BIGINT NOT NULL,
	item_key  TEXT COLLATE "C" NOT NULL, -- the key of a debug sample, else empty
	timestamp BIGINT NOT NULL,
	received  BIGINT NOT NULL,
	worker    TEXT COLLATE "C" NOT NULL,
	value     DOUBLE PRECISION, -- of a scalar
	body      TEXT COLLATE "C" NOT NULL -- the other fields, as JSON
);
-- The key of a debug sample is an address, which may be too long for an index.
CREATE UNIQUE INDEX event_item_key ON event_item (target, type, metric, variant, iter, md5(item_key));

CREATE TABLE event_summary (
	target      TEXT COLLATE "C" NOT NULL,
	metric      TEXT COLLATE "C" NOT NULL,
	variant     TEXT COLLATE "C" NOT NULL,
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
);

CREATE TABLE event_progress (
	target         TEXT COLLATE "C" PRIMARY KEY,
	last_iteration BIGINT NOT NULL
);
