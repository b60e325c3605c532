"""Loads the weights of a model with a captured framework: MODEL."""

import sys

from clearml import InputModel, Task

task = Task.init(
    "compat/snapshots", "loads", reuse_last_task_id=False, auto_connect_arg_parser=False, auto_resource_monitoring=False
)

import joblib  # noqa: E402

path = InputModel(sys.argv[1]).get_local_copy()
model = joblib.load(path)
assert model.predict([[1, 1, 1]]).shape == (1,)
task.flush(wait_for_uploads=True)
print("task id", task.id)
