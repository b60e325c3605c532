"""Logs what holds addresses: artifacts of every kind, debug samples and an output destination."""

import sys
from pathlib import Path

import numpy as np
import samples
from clearml import Task

task = Task.init("compat/moved", "everywhere", output_uri=True, reuse_last_task_id=False)
for number, sample in enumerate(samples.SAMPLES):
    sent = sample.make(Path(sys.argv[1]) / str(number))
    assert task.upload_artifact(sample.name, sent, wait_on_upload=True, **sample.options) is True
logger = task.get_logger()
logger.report_image("m", "sample", 0, image=np.full((8, 8, 3), 7, dtype=np.uint8))
logger.report_media("m", "media", 0, local_path=__file__)
task.flush(wait_for_uploads=True)
print("task", task.id, flush=True)
task.close()
