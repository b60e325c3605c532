"""Fixtures: one server for the run, the SDK in this process, a second process that reads, the SDK's log under watch."""

import atexit
import contextlib
import importlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

import pytest

import stores
from database import Database
from peer import Peer, watch
from server import Server

# What the SDK says when an answer of the server was not what it expected.
BAD_LINES = ("Failed parsing response", "Failed deleting", "Action failed")

# The reporter as a thread: as a process of its own it takes seconds to start and to end for every task. The test with
# all defaults runs without this line.
QUICK_CONF = "sdk.development.report_use_subprocess: false\n"

# For scripts with all defaults: the one setting that is not the default. The SDK runs git in a thread while it forks its
# reporter: now and then the reporter inherits the pipe to git, and the script waits for ever for git to close it.
DEFAULT_CONF = "sdk.development.vcs_repo_detect_async: false\n"

# Task.init without the parts that cost time and that no artifact passes through.
QUICK_INIT = dict(
    reuse_last_task_id=False,
    auto_connect_frameworks=False,
    auto_connect_arg_parser=False,
    auto_connect_streams=False,
    auto_resource_monitoring=False,
)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("run")


@pytest.fixture(scope="session")
def coffer(run_folder):
    """The server of this run: the binary, or the running server that COFFER_COMPAT_SERVER describes.

    With COFFER_COMPAT_DB=postgres it keeps its rows on a PostgreSQL server that is started for it, with
    COFFER_COMPAT_BLOBS=s3, gs, azure or folder its bytes in such a store.
    """
    running = os.environ.get("COFFER_COMPAT_SERVER")
    if running:
        yield Server(json.loads(running))
        return
    engine = os.environ.get("COFFER_COMPAT_DB", "sqlite")
    assert engine in ("sqlite", "postgres"), engine
    args = []
    if engine == "postgres":
        database = Database()
        atexit.register(database.stop)  # after the server
        args = ["--db", database.url]
    blobs = os.environ.get("COFFER_COMPAT_BLOBS", "")
    assert blobs in ("", "folder", *stores.KINDS), blobs
    if blobs == "folder":
        args += ["--blobs", f"file://{run_folder}/shared"]
    elif blobs:
        args += ["--blobs", stores.started(blobs).address]
    server = Server.start(run_folder / "data", args=args)
    # Registered before the SDK is imported, so it runs after the SDK's own exit handlers, which still need the server.
    atexit.register(server.stop)
    yield server
    assert "panic" not in server.log.read_text(), f"the server panicked: {server.log}"


@pytest.fixture(scope="session")
def environment(coffer, run_folder):
    """Makes the environment of a further process that uses the SDK, with a home of its own."""

    def make(conf=QUICK_CONF, **extra):
        home = run_folder / f"home-{uuid.uuid4().hex[:8]}"
        environment = coffer.environment(home) | extra
        (home / "clearml.conf").write_text(conf)
        return environment

    return make


@pytest.fixture(scope="session")
def sdk(environment, sdk_lines):
    """The clearml package, imported only now that its environment is set."""
    assert "clearml" not in sys.modules
    ours = environment()
    for name in [name for name in os.environ if name.startswith(("CLEARML_", "TRAINS_"))]:
        del os.environ[name]
    os.environ.update(ours)
    tempfile.tempdir = None  # forgets the folder that was found before
    clearml = importlib.import_module("clearml")

    watch(sdk_lines)
    return clearml


@pytest.fixture(scope="session")
def sdk_lines():
    return []


def complaints(lines):
    return [line for line in lines if any(part in line for part in BAD_LINES)]


class Log:
    """The lines the SDK logged during this test, in this process and in its peers."""

    def __init__(self, lines):
        self._lines = lines
        self._expected = []
        lines.clear()

    def expect(self, part):
        """Bad lines with this part belong to the test; at least one must come."""
        self._expected.append(part)

    def lines(self, part=""):
        return [line for line in self._lines if part in line]

    def check(self):
        bad = complaints(self._lines)
        unexpected = [line for line in bad if not any(part in line for part in self._expected)]
        assert not unexpected, "the SDK complained:\n" + "\n".join(unexpected)
        missing = [part for part in self._expected if not self.lines(part)]
        assert not missing, f"the SDK never said {missing}"


@pytest.fixture(autouse=True)
def log(sdk_lines):
    """Fails any test during which the SDK complained about the server, unless the test expects that line."""
    log = Log(sdk_lines)
    yield log
    log.check()
    sdk_lines.clear()


@pytest.fixture(scope="module")
def project(request):
    """A project of its own for each module: compat/<module>."""
    return "compat/" + request.module.__name__.removeprefix("test_")


@pytest.fixture(scope="module")
def task(sdk, project, sdk_lines):
    """The module's task: one Task.init that its tests share."""
    task = sdk.Task.init(project, "shared " + uuid.uuid4().hex[:8], **QUICK_INIT)
    yield task
    task.close()
    assert not complaints(sdk_lines)


@pytest.fixture
def new_task(sdk, project):
    """Makes further tasks beside the shared one."""

    def make(name="extra", **options):
        return sdk.Task.create(project, f"{name} {uuid.uuid4().hex[:8]}", **options)

    return make


@pytest.fixture
def publish():
    """Takes a task through its life to published."""

    def go(task):
        task.mark_started()
        task.mark_completed()
        task.publish()
        assert task.status == "published"

    return go


@pytest.fixture(scope="module")
def peer(environment, sdk_lines):
    """The second process, one for the module."""
    peer = Peer(environment(), sdk_lines)
    yield peer
    peer.close()


@pytest.fixture
def new_peer(environment, sdk_lines):
    """Starts further processes with settings of their own."""
    peers = []

    def make(**settings):
        peers.append(Peer(environment(**settings), sdk_lines))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


class RoundTrip:
    """What was logged, as the server recorded it and as another process read it."""

    def __init__(self, sent, record, report, content):
        self.sent = sent
        self.record = record
        self.report = report
        self.content = content


@pytest.fixture
def round_trip(task, peer, coffer):
    """Logs an object to the shared task, waits for it and reads it back in the second process.

    The SDK never looks again at an address it has in its cache, so every test uses names of its own.
    """

    def go(name, sent, **options):
        assert task.upload_artifact(name, sent, wait_on_upload=True, **options) is True
        report = peer.read(task.id, name).result
        record = coffer.record(task.id, name)
        return RoundTrip(sent, record, report, coffer.file(record["uri"]).body)

    return go


@pytest.fixture
def clock():
    """Whole seconds, as the SDK stamps artifacts. `tick` waits for the next one."""

    class Clock:
        now = staticmethod(lambda: int(time.time()))

        @staticmethod
        def tick():
            start = int(time.time())
            while int(time.time()) == start:
                time.sleep(0.02)

    return Clock


@pytest.fixture
def start_program(environment, programs):
    """Starts one of the small programs beside the tests as a process of its own, its output in one pipe."""
    started = []

    def start(name, *args, env=None, **options):
        command = [sys.executable, "-X", "faulthandler", str(programs / name), *map(str, args)]
        pipes = dict(stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        # A session of its own, so that a process the SDK may have started in it ends with it.
        options["start_new_session"] = True
        started.append(subprocess.Popen(command, env=env or environment(), **{**pipes, **options}))
        return started[-1]

    yield start
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        process.stdin.close()
        process.stdout.close()


@pytest.fixture
def run_program(start_program, sdk_lines):
    """Runs a program to its end, which must be 0. Gives its output, which is under watch like all that the SDK logs."""

    def run(name, *args, **options):
        process = start_program(name, *args, **options)
        try:
            output, _ = process.communicate(timeout=150)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGABRT)  # shows where it hangs
            time.sleep(1)
            os.killpg(process.pid, signal.SIGKILL)  # a process that was forked may hold the pipe still
            output, _ = process.communicate()
            raise AssertionError(f"{name} did not end:\n{output}") from None
        sdk_lines.extend(output.splitlines())
        assert process.returncode == 0, output
        return output

    return run


@pytest.fixture(scope="session")
def programs():
    """The folder of the small programs that some tests run as processes."""
    return Path(__file__).parent / "programs"
