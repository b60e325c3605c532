"""Saves models of several frameworks with capture as chosen: DESTINATION [CHOICE as JSON, or false]."""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

from clearml import OutputModel, Task

choice = json.loads(sys.argv[2]) if len(sys.argv) > 2 else True
task = Task.init(
    "compat/captured models",
    "saves",
    output_uri=sys.argv[1],
    reuse_last_task_id=False,
    auto_connect_frameworks=choice,
    auto_connect_arg_parser=False,
    auto_resource_monitoring=False,
)

import joblib  # noqa: E402  as in people's scripts, after Task.init
import numpy as np  # noqa: E402
import xgboost  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402

x = np.arange(40, dtype=float).reshape(20, 2)
y = np.arange(20) % 2
folder = Path(tempfile.mkdtemp())
joblib.dump(LogisticRegression().fit(x, y), folder / "classifier.pkl")
booster = xgboost.train({"max_depth": 2, "nthread": 1}, xgboost.DMatrix(x, y), num_boost_round=3)
booster.save_model(str(folder / "trees.json"))
if choice is True:
    with open(folder / "pickled.joblib", "wb") as file:
        joblib.dump({"coefficients": x}, file)
OutputModel.wait_for_uploads()
task.flush(wait_for_uploads=True)
digests = {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}
print("digests", json.dumps(digests))
print("task id", task.id)
