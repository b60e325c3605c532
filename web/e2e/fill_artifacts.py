"""One task with artifacts of many kinds and models both ways, and others beside it; prints what was made as JSON."""

import json

import numpy as np
import pandas as pd
from clearml import InputModel, OutputModel, Task
from filling import begin, disk, made, weights

(disk / "outputs").mkdir()

numbers = np.random.default_rng(7)

for project, name in (("Retail/base", "churn-base"), ("Vision/defects", "resnet-base")):
    task = begin(project, f"makes {name}")
    model = OutputModel(task, name=name, framework="PyTorch")
    model.update_design(config_dict={"layers": 3, "lr": 0.05})
    model.update_weights(weights(f"{name}.npy", len(name)), auto_delete_file=False)
    task.flush(wait_for_uploads=True)
    made[f"{name} model"] = model.id
    task.close()

task = begin("Retail/churn", "churn run")
task.connect(InputModel(made["churn-base model"]), name="base")
model = OutputModel(task, name="churn-net", framework="PyTorch")
model.update_weights(weights("churn-net.npy", 1), auto_delete_file=False)
made["churn-net model"] = model.id
task.register_artifact("holdout", pd.DataFrame({"a": range(20), "b": numbers.random(20)}))
task.upload_artifact("config", {"a": 1, "b": [1, 2, 3]}, wait_on_upload=True)
task.upload_artifact(
    "features",
    numbers.random((30, 20)),
    metadata={"split": "train", "made from": "rows of https://example.org/rows?day=1, all of them"},
    wait_on_upload=True,
)
task.upload_artifact("frame", pd.DataFrame({"a": range(200), "b": numbers.random(200)}), wait_on_upload=True)
task.upload_artifact("to rename", {"renamed": True}, wait_on_upload=True)
task.upload_artifact("to delete", {"deleted": True}, wait_on_upload=True)
task.upload_artifact("elsewhere", "https://example.org/sets/rows.csv", wait_on_upload=True)
task.upload_artifact("a name that is so long that no list of three hundred pixels shows all of it", {"long": "name"}, wait_on_upload=True)
(disk / "notes.txt").write_text("\n".join(f"line {i} of the notes, {'odd' if i % 2 else 'even'}" for i in range(300)))
task.upload_artifact("notes", disk / "notes.txt", wait_on_upload=True)
(disk / "report of June.html").write_text(
    "<!doctype html><title>r</title><body><h1>Report of the run</h1><script>document.body.dataset.ran = '1'; "
    "try { parent.document.title = 'stolen' } catch (e) {}</script>"
)
task.upload_artifact("report", disk / "report of June.html", wait_on_upload=True)
task.close()

task = begin("Retail/churn", "kept on a disk", output_uri=str(disk / "outputs"))
task.upload_artifact("on the disk", {"a": 1}, wait_on_upload=True)
task.close()

task = begin("Retail/churn", "models only")
task.connect(InputModel(made["resnet-base model"]), name="resnet")
task.close()

task = begin("Retail/churn", "makes only")
OutputModel(task, name="made here", framework="Keras").update_weights(weights("made here.npy", 2), auto_delete_file=False)
task.upload_artifact("config", {"a": 1}, wait_on_upload=True)
task.close()

begin("Retail/churn", "empty").close()
made["draft"] = Task.create("Retail/churn", "draft", task_type="testing").id

print("made " + json.dumps(made))
