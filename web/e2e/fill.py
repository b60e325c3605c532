"""Fills a server as people do, with the ClearML SDK, and prints what was made as JSON."""

import json

import numpy as np
import pandas as pd
from clearml import Task
from PIL import Image

made = {}
for project, name, tags in (
    ("Retail/churn", "churn-gbm-0412", ["baseline", "q4-review"]),
    ("Vision/defects", "resnet50-line4-18", ["nightly"]),
    ("NLP/tickets", "<script>alert(1)</script> tickets", []),
):
    task = Task.init(
        project, name, tags=tags, reuse_last_task_id=False, auto_connect_frameworks=False, auto_resource_monitoring=False
    )
    task.connect({"lr": 0.05, "epochs": 10, "model": {"layers": 3}})
    numbers = np.random.default_rng(7)
    task.upload_artifact("train", pd.DataFrame({"a": range(1000), "b": numbers.random(1000)}), wait_on_upload=True)
    task.upload_artifact("features", numbers.random((100, 20)), metadata={"split": "train"}, wait_on_upload=True)
    task.upload_artifact("config", {"a": 1, "b": [1, 2, 3]}, wait_on_upload=True)
    picture = (numbers.random((60, 80, 3)) * 255).astype("uint8")
    task.upload_artifact("confusion", Image.fromarray(picture), wait_on_upload=True)
    task.upload_artifact("vocab", {1, 2, 3}, wait_on_upload=True)
    task.upload_artifact("<img src=x onerror=alert(1)>", {"x": "<b>bold</b>"}, wait_on_upload=True)
    for epoch in range(30):
        print("\x1b[32mepoch\x1b[0m", epoch, "loss", 1 / (epoch + 1))
        task.get_logger().report_scalar("loss", "val", 1 / (epoch + 1), epoch)
    task.upload_artifact("config", {"a": 2, "b": [1, 2, 3]}, wait_on_upload=True)
    task.close()
    made[name] = task.id
print("made " + json.dumps(made))
