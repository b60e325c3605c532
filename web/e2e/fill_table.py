"""Projects, tasks and models in many states, as people leave them, and prints what was made as JSON."""

import json

import numpy as np
from clearml import InputModel, OutputModel, Task
from filling import begin, made, weights

numbers = np.random.default_rng(7)

# Tasks of a project and one below it, with parameters, curves and iterations that differ.
for project, name, tags, lr, steps in (
    ("Vision/defects", "resnet50-line4-18", ["nightly", "q4"], 0.1, 300),
    ("Vision/defects", "resnet-base", ["nightly"], 0.01, 20),
    ("Vision/defects/small", "mobilenet", ["q4"], 0.001, 40),
    ("NLP/tickets", "bert-tickets", [], 0.05, 5),
):
    task = begin(project, name, tags)
    task.connect({"lr": lr})
    task.set_comment(f"a run of {steps} steps")
    for step in (0, steps):
        task.get_logger().report_scalar("loss", "val", lr * (step + 1), step)
    task.close()

task = begin("Vision/defects", "resnet-failed")
task.mark_failed(status_reason="out of memory", force=True)
task.close()

draft = Task.create("Vision/defects", "resnet-draft", task_type="testing")
made["resnet-draft"] = draft.id

task = begin("Vision/defects", "published-run")
task.close()
task.publish()

# A model, and a task that uses it.
task = begin("NLP/tickets", "makes-model")
model = OutputModel(task, name="tickets-model", framework="PyTorch")
model.update_weights(weights("tickets.npy", 3), auto_delete_file=False)
made["tickets-model"] = model.id
task.close()
task = begin("NLP/tickets", "uses-model")
task.connect(InputModel(made["tickets-model"]), name="tickets")
task.close()

# For the dialogs that delete: archived, with bytes; two share theirs with a task that stays.
shared = numbers.random(5000)
for n in range(3):
    task = begin("Old/trials", f"trial-{n}")
    task.upload_artifact("numbers", shared if n < 2 else numbers.random(3000), wait_on_upload=True)
    task.close()
    task.set_archived(True)
task = begin("Kept/runs", "keeper")
task.upload_artifact("numbers", shared, wait_on_upload=True)
task.upload_artifact("more", numbers.random(100), wait_on_upload=True)
task.close()
task = begin("Old/models", "old-train")
model = OutputModel(task, name="old-model", framework="Keras")
model.update_weights(weights("old.npy", 5), auto_delete_file=False)
made["old-model"] = model.id
task.flush(wait_for_uploads=True)
model.archive()
task.close()

print("made " + json.dumps(made))
