"""Logs an artifact, with or without a destination of the task's own, and prints the task's id."""

import sys

from clearml import Task

project, destination = sys.argv[1], sys.argv[2]
task = Task.init(
    project,
    "destination",
    reuse_last_task_id=False,
    output_uri=destination or None,
    auto_connect_frameworks=False,
    auto_connect_arg_parser=False,
    auto_resource_monitoring=False,
)
assert task.upload_artifact("numbers", {"one": 1}, wait_on_upload=True)
print(f"task {task.id}")
task.close()
