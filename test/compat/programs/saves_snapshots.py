"""A training loop that saves its model in every step: DESTINATION different|same [STEPS]."""

import hashlib
import sys
import tempfile
from pathlib import Path

from clearml import OutputModel, Task

destination, files, steps = sys.argv[1], sys.argv[2], int((sys.argv + ["5"])[3])
task = Task.init(
    "compat/snapshots",
    files,
    output_uri=destination or None,
    reuse_last_task_id=False,
    auto_connect_arg_parser=False,
    auto_resource_monitoring=False,
)

import joblib  # noqa: E402
import numpy as np  # noqa: E402
from sklearn.linear_model import SGDClassifier  # noqa: E402

x = np.random.default_rng(7).normal(size=(60, 3))
y = (x.sum(axis=1) > 0).astype(int)
model = SGDClassifier(random_state=7)
folder = Path(tempfile.mkdtemp())
for step in range(steps):
    model.partial_fit(x + step / 10, y, classes=[0, 1])
    task.get_logger().report_scalar("loss", "train", 1 / (step + 1), step)
    task.set_initial_iteration(0)
    path = folder / ("snapshot.pkl" if files == "same" else f"step_{step}.pkl")
    task.flush(wait_for_uploads=True)
    joblib.dump(model, path)
    OutputModel.wait_for_uploads()
    task.flush(wait_for_uploads=True)
    print("digest", hashlib.sha256(path.read_bytes()).hexdigest())
print("task id", task.id)
