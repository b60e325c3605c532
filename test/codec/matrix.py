"""The Python side of the matrix of writers and readers.

`write WORK` logs every sample with the SDK, without a server, into WORK/python and says in WORK/truth.json what Python
prints of it; `read WORK WRITER` gives the SDK the records and files of WORK/WRITER, "python" or "go", and compares what
`.get()` gives with the objects themselves.
"""

import hashlib
import json
import os
import shutil
import sys
import warnings
from pathlib import Path

MODE, WORK = sys.argv[1], Path(sys.argv[2]).absolute()
os.environ.update(HOME=str(WORK / "home"), CLEARML_CACHE_DIR=str(WORK / "cache"), CLEARML_CONFIG_FILE=os.devnull)
(WORK / "home").mkdir(exist_ok=True)
warnings.simplefilter("ignore")

from clearml import Task  # noqa: E402
from clearml.backend_api.services import tasks  # noqa: E402
from clearml.binding.artifacts import Artifact  # noqa: E402

import samples  # noqa: E402


def folder_of(name):
    """Where a sample keeps files of its own: the same for all processes, since previews name it."""
    return WORK / "samples" / name


def write():
    Task.set_offline(True)
    task = Task.init(
        project_name="matrix",
        task_name="samples",
        auto_connect_frameworks=False,
        auto_connect_arg_parser=False,
        auto_connect_streams=False,
        auto_resource_monitoring=False,
    )
    truth = {}
    for name, sample in samples.SAMPLES.items():
        sent = sample.make(folder_of(name))
        assert task.upload_artifact(name, sent, wait_on_upload=True, auto_pickle=True, **sample.options), name
        truth[name] = samples.truth(name, sent)
    task.upload_artifact("link", samples.LINK)
    task.register_artifact(samples.AUDIT, samples.frame())
    truth[samples.AUDIT] = {"repr": repr(samples.frame())}
    task.flush(wait_for_uploads=True)
    out = WORK / "python"
    out.mkdir()
    records = {}
    for a in task.data.execution.artifacts:
        records[a.key] = {
            "Name": a.key,
            "Type": a.type,
            "ContentType": a.type_data.content_type or "",
            "Preview": a.type_data.preview or "",
            "File": "",
            "Hash": a.hash or "",
            "DataHash": a.type_data.data_hash or "",
            "Size": a.content_size or 0,
            "URI": "",
        }
        if a.uri == samples.LINK:
            records[a.key]["URI"] = a.uri
            continue
        records[a.key]["File"] = Path(a.uri).name
        (out / a.key).mkdir()
        shutil.copy(a.uri, out / a.key)
    (out / "records.json").write_text(json.dumps(records))
    (WORK / "truth.json").write_text(json.dumps(truth))
    sys.stdout.flush()
    os._exit(0)  # closing the task would send it somewhere, and wait


def read(writer):
    Task.set_offline(True)
    folder = WORK / writer
    records = json.loads((folder / "records.json").read_text())
    wrong, seen = [], 0
    for name, record in records.items():
        if name in ("link", samples.AUDIT):
            continue
        sample = samples.SAMPLES[name]
        path = folder / name / record["File"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == record["Hash"] and path.stat().st_size == record["Size"], name
        type_data = tasks.ArtifactTypeData(preview=record["Preview"], content_type=record["ContentType"] or None)
        artifact = Artifact(
            tasks.Artifact(
                key=name,
                type=record["Type"],
                mode="output",
                uri=f"file://{path}",
                content_size=record["Size"],
                hash=record["Hash"],
                type_data=type_data,
            )
        )
        try:
            sample.same(artifact.get(), sample.make(folder_of(name)))
        except Exception as error:  # noqa: BLE001
            wrong.append(f"{name}: {type(error).__name__}: {error}"[:600])
        seen += 1
    if wrong:
        sys.exit("\n".join(wrong))
    print(seen, "read")


if MODE == "write":
    write()
else:
    read(sys.argv[3])
