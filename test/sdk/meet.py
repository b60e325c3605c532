"""Reads an artifact of a task with the Python SDK, prints it, and logs another one to where the first one is."""

import json
import sys

from clearml import Task

task = Task.get_task(task_id=sys.argv[1])
print(json.dumps(task.artifacts[sys.argv[2]].get()))
assert task.upload_artifact(sys.argv[3], {"b": 2.5}, wait_on_upload=True)
