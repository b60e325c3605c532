"""Connects an input model, as a run by an agent when the environment says so: MODEL follow|ignore."""

import sys

from clearml import InputModel, Task

task = Task.init(
    "compat/remote input", "connects", auto_connect_frameworks=False, auto_connect_arg_parser=False, auto_resource_monitoring=False
)
model = InputModel(sys.argv[1])
model.connect(task, name="start", ignore_remote_overrides=sys.argv[2] == "ignore")
print("task id", task.id)
print("model id", model.id)
