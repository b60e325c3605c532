"""Reads artifacts back in a process of its own and compares them with what was logged, by the Python or the Go example.

    python read_artifacts.py TASK_ID [TASK_ID ...]
"""

import argparse
import hashlib
import io
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import values
from clearml import Task
from PIL import Image


def same_array(got, sent):
    return got.dtype == sent.dtype and np.array_equal(got, sent)


def same_frame(got, sent):
    pd.testing.assert_frame_equal(got, sent)
    return True


def same_picture(got, sent):
    return (got.mode, got.size) == (sent.mode, sent.size) and got.tobytes() == sent.tobytes()


def same_jpg(got, sent):
    """JPEG loses a little: what comes back is what decoding the same encoding gives."""
    encoded = io.BytesIO()
    sent.save(encoded, format="JPEG")
    return same_picture(got, Image.open(encoded))


def same_file(got, sent):
    return Path(got).read_bytes() == sent


def same_files(got, sent):
    files = (path for path in Path(got).rglob("*") if path.is_file())
    return {path.relative_to(got).as_posix(): path.read_bytes() for path in files} == sent


def equal(got, sent):
    return type(got) is type(sent) and got == sent


def part(*names):
    return {name: values.FOLDER[name] for name in names}


# For each name: how what `.get()` gives is compared, and with what.
EXPECTED = {
    "array": (same_array, values.array()),
    "structured array": (same_array, values.structured_array()),
    "array as csv": (same_array, values.array()),
    "frame": (same_frame, values.frame()),
    "frame as parquet": (same_frame, values.frame()),
    "frame as feather": (same_frame, values.frame()),
    "frame as pickle": (same_frame, values.frame()),
    "frame with two indexes": (same_frame, values.frame_with_two_indexes()),
    "picture": (same_picture, values.picture()),
    "picture as jpg": (same_jpg, values.picture()),
    "settings": (equal, values.SETTINGS),
    "settings as yaml": (equal, values.SETTINGS),
    "note": (equal, values.NOTE),
    "own format": (equal, values.SETTINGS),
    "file": (same_file, values.FILE),
    "folder": (same_files, values.FOLDER),
    "wildcard": (same_files, part("readme.txt", "masks/notes.txt")),
    "list of files": (same_files, part("classes.csv", "masks/first.bin")),
    "object": (equal, values.MEASUREMENT),
    "nothing": (equal, None),
    "registered frame": (same_frame, values.frame()),
}


def read(artifact):
    """What this process saw of one artifact: its record, the digest of its local copy, and a verdict in one word."""
    seen = {"name": artifact.name, "type": artifact.type, "size": artifact.size, "hash": artifact.hash}
    if artifact.name == "address":
        return seen | {"verdict": "address" if artifact.url == values.ADDRESS else "different"}

    copy = artifact.get_local_copy(extract_archive=False)
    if copy is None:  # how the SDK gives an empty file
        return seen | {"verdict": "empty" if artifact.name == "empty file" else "missing"}
    seen["sha256"] = hashlib.sha256(Path(copy).read_bytes()).hexdigest()

    if artifact.name not in EXPECTED:
        return seen | {"verdict": "unknown"}
    same, sent = EXPECTED[artifact.name]
    own = {"deserialization_function": values.from_bytes} if artifact.name == "own format" else {}
    try:
        verdict = "equal" if same(artifact.get(**own), sent) else "different"
    except Exception as error:
        return seen | {"verdict": "different", "why": f"{type(error).__name__}: {error}"}
    return seen | {"verdict": verdict}


def main():
    options = argparse.ArgumentParser(description="Reads artifacts and compares them with what was logged.")
    options.add_argument("tasks", nargs="+", metavar="TASK_ID")
    options.add_argument("--report", help="write what was read as JSON to this file")
    options = options.parse_args()

    report = {}
    for task_id in options.tasks:
        task = Task.get_task(task_id=task_id)
        report[task_id] = [read(artifact) for artifact in task.artifacts.values()]
        print(f"{task.name} ({task_id})")
        for seen in report[task_id]:
            print(f"  {seen['name']:24} {seen['type']:18} {seen.get('sha256', '-')[:12]:14} {seen['verdict']}")
    if options.report:
        with open(options.report, "w") as file:
            json.dump(report, file)

    wrong = [seen for task in report.values() for seen in task if seen["verdict"] not in ("equal", "empty", "address")]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
