"""A second process with an SDK, a home and a cache of its own: what one process logs, another one reads.

As a program this file runs inside that process and answers requests from standard input; `Peer` is the other end of
the pipe. Requests and replies are pickles, each after its length. Every reply carries the HTTP requests the SDK made
and the lines it logged meanwhile.
"""

import hashlib
import logging
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path


class PeerError(Exception):
    """The verb raised in the other process; `kind` is the name of the exception's type."""

    def __init__(self, kind, text):
        super().__init__(f"{kind}: {text}")
        self.kind = kind


class Reply:
    """What a verb gave: its result, the HTTP requests `(method, url)` it made and the lines the SDK logged."""

    def __init__(self, result, requests, log):
        self.result = result
        self.requests = requests
        self.log = log


class Peer:
    """Starts the process and calls its verbs: `peer.read(where, artifact)`.

    `where` names a task by its id or by a pair (project, task name). Log lines go to `log_to` as well.
    """

    def __init__(self, environment, log_to=None):
        self._log_to = log_to if log_to is not None else []
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__).resolve())],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
        )

    def call(self, verb, *args, **kwargs):
        _send(self._process.stdin, (verb, args, kwargs))
        raised, result, requests, log = _receive(self._process.stdout)
        self._log_to.extend(log)
        if raised:
            raise PeerError(*raised)
        return Reply(result, requests, log)

    def __getattr__(self, verb):
        if verb not in VERBS:
            raise AttributeError(verb)
        return lambda *args, **kwargs: self.call(verb, *args, **kwargs)

    def close(self):
        self._process.stdin.close()
        try:
            self._process.wait(150)  # the SDK ends its threads first, which takes long on a loaded machine
        except subprocess.TimeoutExpired:
            self._process.kill()
            raise
        finally:
            self._process.stdout.close()


def _send(stream, message):
    content = pickle.dumps(message)
    stream.write(struct.pack(">Q", len(content)) + content)
    stream.flush()


def _receive(stream):
    head = stream.read(8)
    if len(head) < 8:
        raise EOFError("the other process ended")
    return pickle.loads(stream.read(struct.unpack(">Q", head)[0]))


def watch(lines):
    """Adds every line that the SDK logs in this process to `lines`. Some come from the root logger."""

    class Keep(logging.Handler):
        def emit(self, record):
            lines.append(record.getMessage())

    ours, root = Keep(), Keep()
    root.addFilter(lambda record: not record.name.startswith("clearml"))
    logging.getLogger("clearml").addHandler(ours)
    logging.getLogger().addHandler(root)


# --- inside the process

_held = {}


def _find(where):
    from clearml import Task

    if isinstance(where, str):
        return Task.get_task(task_id=where)
    project, name = where
    return Task.get_task(project_name=project, task_name=name)


def _hold(where):
    if where not in _held:
        _held[where] = _find(where)
    return _held[where]


def describe(path):
    """What lies at a local path: a file with size and digest, or a folder as {relative name: digest}."""
    if path is None:
        return None
    path = Path(path)
    if path.is_dir():
        files = sorted(p for p in path.rglob("*") if p.is_file())
        return {"path": str(path), "folder": {p.relative_to(path).as_posix(): digest(p.read_bytes()) for p in files}}
    content = path.read_bytes()
    return {"path": str(path), "size": len(content), "sha256": digest(content)}


def digest(content):
    return hashlib.sha256(content).hexdigest()


def read(where, artifact):
    """The whole report on one artifact: its record, `.get()`, `.get_local_copy()` and a second copy."""
    found = _find(where).artifacts[artifact]
    report = {
        "name": found.name,
        "type": found.type,
        "mode": str(getattr(found.mode, "value", found.mode)),
        "size": found.size,
        "hash": found.hash,
        "url": found.url,
        "timestamp": int(found.timestamp.timestamp()),
        "metadata": found.metadata,
        "preview": found.preview,
    }
    before = len(_requests)
    first = found.get_local_copy()
    report["copy"] = describe(first)
    report["copy_requests"] = _requests[before:]
    before = len(_requests)
    second = found.get_local_copy()
    report["second_copy_requests"] = _requests[before:]
    report["second_copy_is_first"] = first == second
    report["value"], report["value_path"] = _value(found.get()) if first else (None, None)
    return report


def get(where, artifact, deserialize=None, **options):
    """`.get()` alone: (value, None), or (None, description) where the SDK gives a path.

    `deserialize` names a function in samples.
    """
    import samples

    if deserialize:
        options["deserialization_function"] = getattr(samples, deserialize)
    return _value(_find(where).artifacts[artifact].get(**options))


def copy(where, artifact, **options):
    """`.get_local_copy()` alone, described."""
    return describe(_find(where).artifacts[artifact].get_local_copy(**options))


def names(where):
    return sorted(_find(where).artifacts)


def upload(where, name, value, **options):
    """`.upload_artifact()` through one task object that this process keeps, with its list of everything it uploaded."""
    return _hold(where).upload_artifact(name, value, **options)


def delete(where, artifacts, **options):
    """`.delete_artifacts()` through the task object that this process keeps."""
    return _hold(where).delete_artifacts(artifacts, **options)


def flush(where):
    return _hold(where).flush(wait_for_uploads=True)


def fetch(url, **options):
    """`StorageManager.get_local_copy()`, described."""
    from clearml import StorageManager

    return describe(StorageManager.get_local_copy(url, **options))


def exists(url):
    from clearml import StorageManager

    return StorageManager.exists_file(url)


def manager(verb, *args, **options):
    """A method of `StorageManager`."""
    from clearml import StorageManager

    return getattr(StorageManager, verb)(*args, **options)


def destination(where, uri):
    """Sets the destination of the task object that this process keeps; says what it is then."""
    task = _hold(where)
    task.output_uri = uri
    return task.output_uri


def environ(**values):
    """Sets variables of this process."""
    os.environ.update(values)


def model(model_id):
    """What a model says of itself, with its weights."""
    from clearml import Model

    found = Model(model_id)
    return {"name": found.name, "url": found.url, "copy": describe(found.get_local_copy())}


def model_copy(model_id, **options):
    """`Model.get_local_copy()`, described."""
    from clearml import Model

    return describe(Model(model_id).get_local_copy(**options))


def model_package(model_id, **options):
    """`Model.get_weights_package()`: a path or a list of paths."""
    from clearml import Model

    return Model(model_id).get_weights_package(**options)


def import_model(name, url):
    """`InputModel.import_model()`: the id."""
    from clearml import InputModel

    return InputModel.import_model(url, name=name).id


def _value(value):
    if isinstance(value, os.PathLike):
        return None, describe(value)
    if hasattr(value, "getpixel"):
        value.load()
    return value, None


VERBS = {
    f.__name__: f
    for f in (read, get, copy, names, upload, delete, flush, fetch, exists, manager, destination, environ, model, model_copy, model_package, import_model)
}

_requests = []
_log = []


def _serve():
    # The SDK prints to standard output, so the pipe moves away from it first.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)

    import requests

    plain_send = requests.Session.send

    def counted(session, request, **options):
        _requests.append((request.method, request.url))
        return plain_send(session, request, **options)

    requests.Session.send = counted

    import clearml  # noqa: F401  sets up its loggers

    watch(_log)
    while True:
        try:
            verb, args, kwargs = _receive(sys.stdin.buffer)
        except EOFError:
            return
        _requests.clear()
        _log.clear()
        raised = result = None
        try:
            result = VERBS[verb](*args, **kwargs)
        except Exception as error:
            raised = (type(error).__name__, str(error))
        _send(replies, (raised, result, list(_requests), list(_log)))


if __name__ == "__main__":
    _serve()
