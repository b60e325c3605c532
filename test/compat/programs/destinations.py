"""Logs an artifact of one task after the other, with each value that output_uri may have; prints what came of them."""

import json
import sys

from clearml import Task

values = {"none": None, "true": True, "false": False, "uri": sys.argv[1]}
found = {}
for name, value in values.items():
    task = Task.init(
        "compat/group g",
        f"destination {name}",
        output_uri=value,
        reuse_last_task_id=False,
        auto_connect_frameworks=False,
        auto_connect_arg_parser=False,
        auto_resource_monitoring=False,
    )
    assert task.upload_artifact("numbers", {"one": 1}, wait_on_upload=True)
    found[name] = {"task": task.id, "destination": task.output_uri}
    task.close()
print("found", json.dumps(found), flush=True)
