"""Task.init with all defaults, then one artifact of every kind: every_kind.py FOLDER, whose subfolders hold the files."""

import sys
from pathlib import Path

import samples
from clearml import Task

task = Task.init(project_name="compat/every kind", task_name="with all defaults")
for number, sample in enumerate(samples.SAMPLES):
    sent = sample.make(Path(sys.argv[1]) / str(number))
    # Every other one is waited for: both ways must work beside all that is logged by itself.
    assert task.upload_artifact(sample.name, sent, wait_on_upload=number % 2 == 0, **sample.options) is True
task.upload_artifact("link", "https://example.org/data.csv")
task.register_artifact("registered", samples.frame(), metadata={"part": "train"})
print(f"task id {task.id}")
