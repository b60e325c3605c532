"""Logs what holds addresses: artifacts of every kind, a model, debug samples, a plot that is a picture, a destination."""

import sys
from pathlib import Path

import numpy as np
import samples
from clearml import OutputModel, Task


def figure():
    """Of kinds that no interactive plot can show, so that it is stored as a picture."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    made, axes = pyplot.subplots()
    axes.imshow(np.arange(64).reshape(8, 8))
    return made


task = Task.init("compat/moved", "everywhere", output_uri=True, reuse_last_task_id=False)
for number, sample in enumerate(samples.SAMPLES):
    sent = sample.make(Path(sys.argv[1]) / str(number))
    assert task.upload_artifact(sample.name, sent, wait_on_upload=True, **sample.options) is True
weights = Path(sys.argv[1]) / "weights.bin"
weights.write_bytes(b"weights")
OutputModel(task).update_weights(str(weights), auto_delete_file=False)
logger = task.get_logger()
logger.report_matplotlib_figure("figure", "picture", figure(), iteration=0, report_image=False, report_interactive=False)
logger.report_image("m", "sample", 0, image=np.full((8, 8, 3), 7, dtype=np.uint8))
logger.report_media("m", "media", 0, local_path=__file__)
task.flush(wait_for_uploads=True)
print("task", task.id, flush=True)
task.close()
