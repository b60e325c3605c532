-- The tags of a project's tasks by themselves, those of each by day: a common tag
-- in a project is found without a look at what else lies there, or has the tag.
CREATE INDEX task_tag_in_project ON task_tag (project_id, tag, system, day, task_id);
