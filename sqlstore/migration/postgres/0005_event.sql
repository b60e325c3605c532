-- What running tasks and models report. A target is the id of either; what it
-- reported belongs to its row here, so that deleting that row deletes all: the
-- rest is swept later, in slices.
CREATE TABLE event_progress (
	id             BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	target         TEXT COLLATE "C" NOT NULL,
	last_iteration BIGINT NOT NULL
);
CREATE UNIQUE INDEX event_progress_target ON event_progress (target);

CREATE TABLE event_dead (
	owner BIGINT PRIMARY KEY -- id of an event_progress row that is gone
);

-- Curves of scalars, with what all their points come to.
CREATE TABLE event_series (
	id         BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	owner      BIGINT NOT NULL,
	metric     TEXT COLLATE "C" NOT NULL,
	variant    TEXT COLLATE "C" NOT NULL,
	place      BIGINT NOT NULL, -- in the order in which the target's series came up
	label      TEXT COLLATE "C" NOT NULL,   -- of the x axis
	levels     BIGINT NOT NULL, -- of the tree of its points
	aggregate  BYTEA,            -- of the points with an iteration, as package curve has it
	single     BYTEA,            -- the point without iteration, as package curve has it
	-- What tasks are found and sorted by: the name as the protocol has it, the MD5
	-- of metric and variant, and what all points come to.
	name_key    TEXT COLLATE "C" NOT NULL,
	last_value  DOUBLE PRECISION NOT NULL,
	min_value   DOUBLE PRECISION NOT NULL,
	min_iter    BIGINT NOT NULL,
	max_value   DOUBLE PRECISION NOT NULL,
	max_iter    BIGINT NOT NULL,
	first_value DOUBLE PRECISION NOT NULL,
	first_iter  BIGINT NOT NULL,
	count       BIGINT NOT NULL,
	mean_value  DOUBLE PRECISION NOT NULL
);
CREATE UNIQUE INDEX event_series_name ON event_series (owner, metric, variant);
CREATE INDEX event_series_by_key ON event_series (name_key, owner);

-- When each kind of event of a metric came in last; log lines are not noted.
CREATE TABLE event_metric (
	owner       BIGINT NOT NULL,
	metric      TEXT COLLATE "C" NOT NULL,
	type        TEXT COLLATE "C" NOT NULL,
	last_update BIGINT NOT NULL,
	PRIMARY KEY (owner, metric, type)
);

-- The points, in nodes of some hundreds: package curve.
CREATE TABLE event_node (
	series BIGINT NOT NULL,
	level  BIGINT NOT NULL,
	start  BIGINT NOT NULL,
	body   BYTEA NOT NULL,
	PRIMARY KEY (series, level, start)
);

-- The console log, in compressed chunks; lines are added to the last one.
CREATE TABLE event_log (
	owner      BIGINT NOT NULL,
	seq        BIGINT NOT NULL,
	first_time BIGINT NOT NULL,
	last_time  BIGINT NOT NULL,
	lines      BIGINT NOT NULL,
	size       BIGINT NOT NULL, -- before compression
	body       BYTEA NOT NULL,
	PRIMARY KEY (owner, seq)
);
-- Holds all that is asked of chunks without opening them.
CREATE INDEX event_log_chunks ON event_log (owner, last_time, first_time, seq, lines);

-- Plots, debug samples and vectors.
CREATE TABLE event_item (
	id          BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
	owner       BIGINT NOT NULL,
	type        TEXT COLLATE "C" NOT NULL,
	metric      TEXT COLLATE "C" NOT NULL,
	variant     TEXT COLLATE "C" NOT NULL,
	iter        BIGINT NOT NULL,
	key_hash    TEXT COLLATE "C" NOT NULL, -- of the key of a debug sample, else empty
	sample_key  TEXT COLLATE "C" NOT NULL,
	timestamp   BIGINT NOT NULL,
	received    BIGINT NOT NULL,
	worker      TEXT COLLATE "C" NOT NULL,
	url         TEXT COLLATE "C",
	url_hash    TEXT COLLATE "C",   -- of an own address that is of the path alone
	generation  BIGINT, -- of the file that an own address named when it was reported
	version     BIGINT, -- its number
	overwritten BIGINT NOT NULL, -- 1: the address shows another picture by now
	body        BYTEA NOT NULL -- the other fields
);
CREATE UNIQUE INDEX event_item_name ON event_item (owner, type, metric, variant, iter, key_hash);
CREATE INDEX event_item_iter ON event_item (owner, type, iter);
CREATE INDEX event_item_url ON event_item (url_hash) WHERE url_hash IS NOT NULL;
