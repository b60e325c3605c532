"""Fills a server as people do, with the ClearML SDK, and prints what was made as JSON."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from clearml import InputModel, OutputModel, Task
from PIL import Image
from filling import begin, made, weights


class Net:
    """Something that only this program can load."""

    def __init__(self):
        self.layers = [1, 2]


numbers = np.random.default_rng(7)
for project, name, tags in (
    ("Retail/churn", "churn-gbm-0412", ["baseline", "q4-review"]),
    ("Vision/defects", "resnet50-line4-18", ["nightly"]),
    ("NLP/tickets", "<script>alert(1)</script> tickets", []),
):
    task = begin(project, name, tags)
    task.connect({"lr": 0.05, "epochs": 10, "model": {"layers": 3}})
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
    logger = task.get_logger()
    for epoch in range(30):
        print("\x1b[32mepoch\x1b[0m", epoch, "loss", 1 / (epoch + 1))
        logger.report_scalar("loss", "val", 1 / (epoch + 1), epoch)
        logger.report_scalar("loss", "train", 0.9 / (epoch + 1), epoch)
        logger.report_scalar("auc", "val", float("nan") if epoch == 12 else 1 - 0.5 / (epoch + 1), epoch)
    logger.report_single_value("best iteration", 29)
    for epoch in range(3):
        logger.report_image("inputs", "first", epoch, image=np.full((40, 60, 3), 80 * epoch, dtype="uint8"))
        logger.report_image("inputs", "second", epoch, image=np.full((60, 40, 3), 250 - 80 * epoch, dtype="uint8"))
    logger.report_histogram("errors", "by class", numbers.random(8), iteration=3)
    logger.report_table("confusion", "matrix", iteration=3, table_plot=pd.DataFrame({"a": [8, 1], "b": [2, 9]}))
    task.upload_artifact("config", {"a": 2, "b": [1, 2, 3]}, wait_on_upload=True)
    task.close()

# A model with three snapshots at one address, and a task that uses it.
task = begin("Retail/churn", "churn-train-0413", ["sweep-7"])
model = OutputModel(task, name="churn-gbm", framework="LightGBM", tags=["candidate"], label_enumeration={"stays": 0, "leaves": 1})
model.update_design(config_dict={"num_leaves": 255, "lr": 0.05})
for step in (100, 200, 300):
    model.update_weights(weights("churn.npy", step), iteration=step, auto_delete_file=False)
    task.flush(wait_for_uploads=True)
model.set_metadata("trained on", "november", "str")
made["churn-gbm"] = model.id
task.close()

other = OutputModel(begin("Vision/defects", "resnet-base"), name="resnet-base", framework="PyTorch")
other.update_weights(weights("resnet.npy", 1), auto_delete_file=False)
made["resnet-base model"] = other.id
Task.current_task().flush(wait_for_uploads=True)
other.publish()
Task.current_task().close()

task = begin("Retail/churn", "holdout-eval-nov", task_type="testing")
task.connect(InputModel(made["churn-gbm"]), name="candidate")
out = OutputModel(task, name="calibrated", framework="ScikitLearn")
out.update_weights(weights("calibrated.npy", 9), auto_delete_file=False)
made["calibrated"] = out.id
task.close()

# Tasks and models for the deletion dialogs: archived, with bytes.
for n in range(3):
    task = begin("Old/trials", f"trial-{n}")
    task.upload_artifact("numbers", numbers.random(1000 * (n + 1)), wait_on_upload=True)
    task.close()
    task.set_archived(True)
model = OutputModel(begin("Old/trials", "old-train"), name="old-model", framework="Keras")
model.update_weights(weights("old.npy", 5), auto_delete_file=False)
Task.current_task().flush(wait_for_uploads=True)
model.archive()
made["old-model"] = model.id
Task.current_task().close()

print("made " + json.dumps(made))
