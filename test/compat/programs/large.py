"""Moves one large file through the SDK: large.py upload TASK FILE, or large.py download TASK."""

import sys


def main():
    from clearml import Task

    verb, task = sys.argv[1], Task.get_task(task_id=sys.argv[2])
    if verb == "upload":
        assert task.upload_artifact("large", sys.argv[3], wait_on_upload=True) is True
    else:
        print(task.artifacts["large"].get_local_copy(raise_on_error=True))


if __name__ == "__main__":
    main()
