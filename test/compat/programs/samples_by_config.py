"""Logs one debug sample where all it knows of the server stands in clearml.conf."""

import os

import numpy as np
from clearml import Task

assert not [name for name in os.environ if name.startswith("CLEARML_API") or name.startswith("CLEARML_FILES")]
task = Task.init("compat/samples by config", "one sample", auto_connect_frameworks=False, auto_resource_monitoring=False)
task.get_logger().report_image("m", "v", 0, image=np.zeros((4, 4), dtype=np.uint8))
task.flush(wait_for_uploads=True)
print(f"task id {task.id}")
