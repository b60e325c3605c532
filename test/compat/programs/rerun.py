"""A script that is run again and again: Task.init with the options given as JSON, then what `log` names of artifacts
and `models` of models.

Prints the task's id and the iteration that it begins with.
"""

import json
import sys

from clearml import OutputModel, Task

project, name = sys.argv[1:3]
options, log, models = map(json.loads, sys.argv[3:6])
task = Task.init(
    project, name, auto_connect_frameworks=False, auto_connect_arg_parser=False, auto_resource_monitoring=False, **options
)
print(f"begins at {task.get_initial_iteration()}")
for iteration in range(3):
    task.get_logger().report_scalar("loss", "train", value=1.0 / (iteration + 1), iteration=iteration)
for artifact in log:
    # Nobody waits: the end of the process does.
    task.upload_artifact(artifact, {"name": artifact, "filler": "x" * 100_000})
for model in models:
    OutputModel(task=task, name=model, framework="custom").update_weights(register_uri=f"https://example.org/{model}.bin")
print(f"task id {task.id}")
