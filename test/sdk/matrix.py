"""The Python side of the matrix of writers and readers, on a real server.

`write WORK` logs every sample of test/codec with the SDK, says in WORK/truth.json what Python prints of it, and prints the
id of the task; `read WORK TASK NAME...` reads artifacts of a task, whoever wrote them, and compares what `.get()` gives and
what their records say with the objects themselves.
"""

import json
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "codec"))
warnings.simplefilter("ignore")

from clearml import Task  # noqa: E402

import samples  # noqa: E402

MODE, WORK = sys.argv[1], Path(sys.argv[2])


def folder_of(name):
    """Where a sample keeps files of its own: the same for all processes."""
    return WORK / "samples" / name


def write():
    task = Task.init(
        project_name="matrix",
        task_name="written by Python",
        auto_connect_frameworks=False,
        auto_connect_arg_parser=False,
        auto_connect_streams=False,
        auto_resource_monitoring=False,
    )
    truth = {}
    for name, sample in samples.SAMPLES.items():
        sent = sample.make(folder_of(name))
        options = {"metadata": {"sample": name}, "wait_on_upload": True, "auto_pickle": True, **sample.options}
        assert task.upload_artifact(name, sent, **options), name
        truth[name] = samples.truth(name, sent)
    task.upload_artifact("link", samples.LINK, metadata={"sample": "link"})
    task.register_artifact(samples.AUDIT, samples.frame(), metadata={"sample": samples.AUDIT})
    truth[samples.AUDIT] = {"repr": repr(samples.frame())}
    task.close()
    (WORK / "truth.json").write_text(json.dumps(truth))
    print(task.id)


def read(task, names):
    artifacts = Task.get_task(task_id=task).artifacts
    wrong = []
    for name in names:
        try:
            artifact = artifacts[name]
            assert artifact.metadata == {"sample": name}, f"metadata {artifact.metadata}"
            if name == "link":
                assert artifact.url == samples.LINK
            elif name == samples.AUDIT:
                samples.equal_frame(artifact.get(), samples.frame())
            else:
                samples.SAMPLES[name].same(artifact.get(), samples.SAMPLES[name].make(folder_of(name)))
        except Exception as error:  # noqa: BLE001
            wrong.append(f"{name}: {type(error).__name__}: {error}"[:600])
    if wrong:
        sys.exit("\n".join(wrong))
    print(len(names), "read")


if MODE == "write":
    write()
else:
    read(sys.argv[3], sys.argv[4:])
