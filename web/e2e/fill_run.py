"""One run with everything that a program reports, and the id of it as JSON."""

import json

import numpy as np
import pandas as pd
from clearml import Logger, Task

numbers = np.random.default_rng(11)
task = Task.init(
    "Sound/birds",
    "warbler",
    tags=["spring"],
    reuse_last_task_id=False,
    auto_connect_frameworks=False,
    auto_resource_monitoring=False,
    output_uri=True,
)
task.set_comment("Learns songs\nof warblers")
task.connect({"lr": 0.05, "epochs": 10, "model": {"layers": 3}})
task.connect_configuration({"depth": 4, "names": ["a", "b"]}, name="network")
task.set_user_properties(owner="ana", room={"value": "12", "description": "where it stands"})
print("\x1b[32mepoch\x1b[0m 0 of 9")
print("loading 10 %\rloading 100 %")
for word in ("alder", "birch", "cedar"):
    print("heard", word)

logger = task.get_logger()
for step in range(120):
    for metric, variant, value in (
        ("loss", "train", 1 / (step + 1) + numbers.normal() / 100),
        ("loss", "val", 1.2 / (step + 1) + numbers.normal() / 50),
        ("rate", "lr", 0.1 if step < 60 else 0.01),
    ):
        logger.report_scalar(metric, variant, value, step)
# Neither number nor order: 0 unless another value was chosen.
for step, value in enumerate((1.0, float("nan"), float("inf"), 4.0)):
    logger.report_scalar("odd", "as zero", value, step)
Logger.set_reporting_nan_value(7)
Logger.set_reporting_inf_value(9)
for step, value in enumerate((1.0, float("nan"), float("inf"), 4.0)):
    logger.report_scalar("odd", "as chosen", value, step)
logger.report_single_value("best loss", 0.25)
logger.report_single_value("songs, in all", 1200)

for iteration in (1, 2, 3):
    logger.report_histogram("errors", "by class", [iteration, 2, 3], iteration=iteration)
    logger.report_scatter2d("errors", "by length", [[1, iteration], [2, 4], [3, 8]], iteration=iteration, mode="lines")
logger.report_table("confusion", "matrix", iteration=3, table_plot=pd.DataFrame({"wren": [8, 1], 'the "finch"': [2, 9]}))
logger.report_image("spectra", "first", 0, image=np.full((40, 60, 3), 80, dtype="uint8"))
task.upload_artifact("labels", {"wren": 0}, wait_on_upload=True)
task.close()

print("made " + json.dumps({"warbler": task.id}))
