"""Logs one artifact of every kind with the ClearML SDK, unchanged.

Coming from another server, only the addresses and the key pair differ. They come from ~/clearml.conf, or from the
environment:

    eval "$(coffer keys create --data ./coffer-data --format env)"
    python log_artifacts.py
"""

import argparse
import json
import tempfile

import clearml
import values
from clearml import Task


def log_all(task, folder):
    weights, empty, dataset = values.write_files(folder)

    # NumPy arrays go as .npz, or as compressed text.
    task.upload_artifact("array", values.array())
    task.upload_artifact("structured array", values.structured_array())
    task.upload_artifact("array as csv", values.array(), extension_name=".csv.gz")

    # DataFrames go as compressed CSV unless you choose; one with two indexes is pickled.
    task.upload_artifact("frame", values.frame(), metadata={"split": "train"})
    task.upload_artifact("frame as parquet", values.frame(), extension_name=".parquet")
    task.upload_artifact("frame as feather", values.frame(), extension_name=".feather")
    task.upload_artifact("frame as pickle", values.frame(), extension_name=".pickle")
    task.upload_artifact("frame with two indexes", values.frame_with_two_indexes())

    task.upload_artifact("picture", values.picture())
    task.upload_artifact("picture as jpg", values.picture(), extension_name=".jpg")

    task.upload_artifact("settings", values.SETTINGS)
    task.upload_artifact("settings as yaml", values.SETTINGS, extension_name=".yaml")
    task.upload_artifact("note", values.NOTE)

    # A format of your own: a function that gives bytes.
    task.upload_artifact("own format", values.SETTINGS, serialization_function=values.to_bytes, extension_name=".mine")

    # Files are stored as they are; a folder, a wildcard and a list of paths go as one zip.
    task.upload_artifact("file", weights)
    task.upload_artifact("empty file", empty)
    task.upload_artifact("folder", dataset)
    task.upload_artifact("wildcard", str(dataset / "*.txt"))
    task.upload_artifact("list of files", [dataset / "classes.csv", dataset / "masks" / "first.bin"])

    # Anything else is pickled.
    task.upload_artifact("object", values.MEASUREMENT)
    task.upload_artifact("nothing", None)

    # An address is recorded, its bytes stay where they are.
    task.upload_artifact("address", values.ADDRESS)

    # A registered DataFrame is watched, and stored again whenever it has changed.
    task.register_artifact("registered frame", values.frame())

    # Uploads run in the background; wait until all of them have arrived.
    task.flush(wait_for_uploads=True)


def main():
    options = argparse.ArgumentParser(description="Logs one artifact of every kind.")
    options.add_argument("--report", help="write the task id as JSON to this file")
    # The SDK records the arguments of the program, so they are read before it starts.
    report = options.parse_args().report

    task = Task.init(project_name="Coffer examples", task_name="Python artifacts", reuse_last_task_id=False)
    with tempfile.TemporaryDirectory() as folder:
        log_all(task, folder)
        task.close()
    print("task", task.id)
    if report:
        with open(report, "w") as file:
            json.dump({"task": task.id, "sdk": clearml.__version__}, file)


if __name__ == "__main__":
    main()
