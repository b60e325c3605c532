"""Reports one debug sample to a DESTINATION that only the configuration knows how to reach."""

import sys

import numpy as np
from clearml import Task

task = Task.init("compat/samples to buckets", "one sample", auto_connect_frameworks=False, auto_resource_monitoring=False)
logger = task.get_logger()
logger.set_default_upload_destination(sys.argv[1])
logger.report_image("m", "v", 0, image=np.full((8, 8), 9, dtype=np.uint8))
task.flush(wait_for_uploads=True)
print(f"task id {task.id}")
