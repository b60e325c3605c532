"""Fills a server as people do, with the ClearML SDK, and prints what was made as JSON."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from clearml import Task
from PIL import Image



class Net:
    """Something that only this program can load."""

    def __init__(self):
        self.layers = [1, 2]


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
    table = pd.DataFrame({f"column {i}": numbers.normal(size=3000) for i in range(60)})
    table["label"] = pd.Categorical.from_codes(numbers.integers(0, 3, 3000), ["cat", "dog", "owl"])
    table.loc[::7, "column 1"] = None
    task.upload_artifact("wide", table, wait_on_upload=True)
    task.upload_artifact("volume", numbers.normal(size=(4, 120, 90)), wait_on_upload=True)
    task.upload_artifact("curve", np.cumsum(numbers.normal(size=5000)), wait_on_upload=True)
    task.upload_artifact("object", Net(), wait_on_upload=True)
    with tempfile.TemporaryDirectory() as folder:
        at = Path(folder)
        (at / "run").mkdir()
        (at / "run" / "train.py").write_text("import os\n\nprint(os.name)\n")
        np.save(at / "run" / "weights.npy", numbers.normal(size=(30, 20)))
        (at / "run" / "notes.md").write_text("# Notes\n")
        task.upload_artifact("folder", at / "run", wait_on_upload=True)
        steal = "<script>fetch('/api/auth.get_credentials', {method: 'POST'}).then(() => { parent.document.title = 'stolen' }, () => {}); try { parent.document.title = 'stolen ' + parent.document.cookie } catch (e) {} ; document.body.dataset.ran = '1'</script>"
        (at / "report.html").write_text("<!doctype html><title>report</title><body><h1>Report of the run</h1>" + steal)
        (at / "drawing.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="80" height="40"><rect width="80" height="40" fill="teal"/><script>parent.document.title = "stolen"</script></svg>')
        task.upload_artifact("report", at / "report.html", wait_on_upload=True)
        task.upload_artifact("drawing", at / "drawing.svg", wait_on_upload=True)
    for epoch in range(30):
        print("\x1b[32mepoch\x1b[0m", epoch, "loss", 1 / (epoch + 1))
        task.get_logger().report_scalar("loss", "val", 1 / (epoch + 1), epoch)
    task.upload_artifact("config", {"a": 2, "b": [1, 2, 3]}, wait_on_upload=True)
    task.close()
    made[name] = task.id
print("made " + json.dumps(made))
