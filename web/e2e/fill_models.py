"""Models in many states, with what led to them and what uses them, and prints what was made as JSON."""

import json

from clearml import InputModel, OutputModel
from clearml.backend_api.session.client import APIClient
from filling import begin, made, weights


def arrived(model):
    """What models report is sent in the background, with no public way to wait for it."""
    model._reporter.wait_for_events()


# One with two snapshots, metadata, curves and a plot.
task = begin("Vision/defects", "train-resnet50")
model = OutputModel(task, name="resnet50", framework="PyTorch", tags=["candidate", "q4"], label_enumeration={"scratch": 0, "dent": 1})
model.update_design(config_dict={"layers": 50, "lr": 0.05})
for step in (100, 200):
    model.update_weights(weights("resnet50.npy", step), iteration=step, auto_delete_file=False)
    task.flush(wait_for_uploads=True)
model.set_metadata("dataset", "november", "str")
model.set_metadata("accuracy", "0.91", "float")
for step in range(20):
    model.report_scalar("loss", "val", 1 / (step + 1), step)
model.report_single_value("best", 0.05)
model.report_histogram("errors", "by class", iteration=19, values=[3, 5], xlabels=["scratch", "dent"])
arrived(model)
model.comment = "the one to beat"
made["resnet50"] = model.id
task.close()

# A published one.
task = begin("Vision/defects", "train-base")
model = OutputModel(task, name="resnet-base", framework="PyTorch", tags=["q4"], label_enumeration={"scratch": 0})
model.update_design(config_dict={"layers": 18})
model.update_weights(weights("base.npy", 1), auto_delete_file=False)
model.set_metadata("dataset", "october", "str")
model.report_scalar("loss", "val", 0.4, 1)
task.flush(wait_for_uploads=True)
arrived(model)
model.publish()
made["resnet-base"] = model.id
task.close()

# One whose task is gone.
task = begin("NLP/tickets", "train-bert")
model = OutputModel(task, name="bert-small", framework="Keras", tags=["candidate"])
model.update_weights(weights("bert.npy", 2), auto_delete_file=False)
made["bert-small"] = model.id
task.close()
APIClient().tasks.delete(task=task.id, force=True, delete_output_models=False)

# Two that lie elsewhere.
for name, address in (("on-a-share", "file:///mnt/share/net.onnx"), ("in-a-bucket", "s3://bucket/net.pt")):
    made[name] = InputModel.import_model(address, name=name, framework="ONNX").id

# An archived one.
task = begin("Old/models", "train-old")
model = OutputModel(task, name="old-model", framework="Keras")
model.update_weights(weights("old.npy", 5), auto_delete_file=False)
task.flush(wait_for_uploads=True)
model.archive()
made["old-model"] = model.id
task.close()

# Two tasks that use the first.
task = begin("Vision/defects", "holdout-eval", ["eval"], task_type="testing")
task.connect(InputModel(made["resnet50"]), name="candidate")
task.close()
task = begin("Vision/line", "night-run", ["nightly"], task_type="inference")
task.set_comment("every night at two")
task.connect(InputModel(made["resnet50"]), name="candidate")
task.mark_failed(status_reason="no light", force=True)
task.close()

print("made " + json.dumps(made))
