"""Does what the Go SDK does in the same run, with the unmodified SDK, as each line on standard input asks for.

    python twin.py TASK_ID

    each N          N small artifacts, one after the other, each waited for
    all N           N small artifacts in the background, then all of them waited for
    file PATH       one file, waited for
    copy            that file back into an empty cache

Answers each line with one of its own: @ and the milliseconds that it took.
"""

import sys
import time
from pathlib import Path

from clearml import Task


def main():
    task = Task.init(
        continue_last_task=sys.argv[1],
        auto_connect_frameworks=False,
        auto_connect_arg_parser=False,
        auto_connect_streams=False,
        auto_resource_monitoring=False,
    )
    small(task, 0, True)  # the first one also connects
    print("@", flush=True)
    for line in sys.stdin:
        what, _, argument = line.strip().partition(" ")
        begin = time.perf_counter()
        if what == "each":
            for number in range(int(argument)):
                small(task, number, True)
        elif what == "all":
            for number in range(int(argument)):
                small(task, number, False)
            task.flush(wait_for_uploads=True)
        elif what == "file":
            if not task.upload_artifact("large", Path(argument), wait_on_upload=True):
                sys.exit("upload_artifact gave False")
        else:
            artifact = Task.get_task(task_id=task.id).artifacts["large"]
            begin = time.perf_counter()
            path = artifact.get_local_copy(force_download=True)
            if not path:
                sys.exit("get_local_copy gave nothing")
        print(f"@ {(time.perf_counter() - begin) * 1000:.3f}", flush=True)


def small(task, number, wait):
    if not task.upload_artifact(f"small {number}", {"number": number, "at": time.time()}, wait_on_upload=wait):
        sys.exit("upload_artifact gave False")


if __name__ == "__main__":
    main()
