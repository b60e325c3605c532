"""Uploads small artifacts to a task with the unmodified SDK, as many as each line on standard input asks for.

    python sdk.py TASK_ID [--whole-list]

Answers each line with one of its own: @ and the milliseconds that each upload took. With --whole-list the task object
knows all artifacts the task has, as if it had logged them itself: the SDK then sends all of them with every upload.
"""

import sys
import time

from clearml import Task


def main():
    task = Task.get_task(task_id=sys.argv[1])
    if "--whole-list" in sys.argv[2:]:
        task._artifacts_manager._task_artifact_list = list(task.data.execution.artifacts)
    uploaded = 0
    upload(task, uploaded)  # the first one also connects
    print("@", flush=True)
    for line in sys.stdin:
        took = []
        for _ in range(int(line)):
            uploaded += 1
            begin = time.perf_counter()
            upload(task, uploaded)
            took.append(f"{(time.perf_counter() - begin) * 1000:.3f}")
        print("@", *took, flush=True)


def upload(task, number):
    if not task.upload_artifact("probe", {"number": number}, wait_on_upload=True):
        sys.exit("upload_artifact gave False")


if __name__ == "__main__":
    main()
