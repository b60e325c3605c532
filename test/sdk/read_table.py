"""Reads a registered table with the Python SDK and prints it with what its record says."""

import json
import sys

from clearml import Task

artifact = Task.get_task(task_id=sys.argv[1]).artifacts[sys.argv[2]]
frame = artifact.get()
print(
    json.dumps(
        {
            "columns": list(frame.columns),
            "rows": frame.values.tolist(),
            "dtypes": [str(t) for t in frame.dtypes],
            "type": artifact.type,
            "metadata": artifact.metadata,
            "preview": artifact.preview,
            "again": open(artifact.get_local_copy(), "rb").read(2) == b"\x1f\x8b",
        }
    )
)
