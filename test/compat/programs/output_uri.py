"""Logs two artifacts to the destination that its argument names, or the default; prints the task's id."""

import sys

from clearml import Task

task = Task.init("compat/output uri", "destination", output_uri=(sys.argv + [None])[1], reuse_last_task_id=False)
assert task.upload_artifact("numbers", {"n": list(range(1000))}, wait_on_upload=True) is True
with open("sent.bin", "wb") as file:
    file.write(bytes(range(256)) * 4000)
assert task.upload_artifact("file ä %+#", "sent.bin", wait_on_upload=True) is True
print("task", task.id, flush=True)
task.close()
