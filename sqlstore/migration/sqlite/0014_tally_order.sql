-- Lists of projects add up what is counted by project and status: read in this
-- order, whoever owns it and whatever its type.
CREATE INDEX project_tally_by_status ON project_tally (project_id, status, number, seconds) WHERE kind = 'task' AND archived = 0;
