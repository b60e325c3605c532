"""One artifact of 2 GiB: memory, disk and hashing of a server that does nothing else."""

import hashlib
import os
import subprocess

import pytest
from conftest import QUICK_CONF
from server import Server

pytestmark = [pytest.mark.large, pytest.mark.timeout(400)]

SIZE = 2 << 30
BLOCK = 4 << 20

# What a transfer of any size may add to the server's peak memory.
MEMORY_BUDGET = 32 << 20


def block(number):
    """A block that no other one equals and that no file system can leave out."""
    seed = hashlib.sha256(number.to_bytes(8, "big")).digest()
    return seed * (BLOCK // len(seed))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("large")
    yield folder
    # Gigabytes must not wait for pytest to forget old temporary folders.
    subprocess.run(["rm", "-rf", str(folder)], check=True)


@pytest.fixture(scope="module")
def server(folder):
    server = Server.start(folder / "data")
    yield server
    server.stop()


@pytest.fixture(scope="module")
def environment_of(server, folder):
    def make(name):
        environment = server.environment(folder / name)
        (folder / name / "clearml.conf").write_text(QUICK_CONF)
        return environment

    return make


class Peak:
    """The growth of the server's peak resident memory since this was made, in bytes."""

    def __init__(self, pid):
        self._status = f"/proc/{pid}/status"
        with open(f"/proc/{pid}/clear_refs", "w") as reset:
            reset.write("5")  # sets the peak to what is resident now
        self._start = self._read("VmHWM")

    def growth(self):
        return self._read("VmHWM") - self._start

    def _read(self, name):
        with open(self._status) as lines:
            (line,) = [line for line in lines if line.startswith(name)]
        return int(line.split()[1]) << 10


def disk(data):
    return sum(os.lstat(os.path.join(root, name)).st_blocks * 512 for root, _, names in os.walk(data) for name in names)


def test_B_49_two_gib_pass_in_constant_memory_and_are_hashed_once(server, environment_of, folder, run_program):
    project = server.data_of("projects.create", name="compat large", description="")["id"]
    task_id = server.data_of("tasks.create", name="large", type="training", project=project)["id"]
    source, digest = folder / "large.bin", hashlib.sha256()
    with source.open("wb") as file:
        for number in range(SIZE // BLOCK):
            file.write(block(number))
            digest.update(block(number))

    # A small artifact first, so that what every first upload sets up does not count.
    server.upload("/large/warm-up", b"x")
    before, hashed, peak = disk(server.data), server.metric("coffer_blob_hashed_bytes_total"), Peak(server.process.pid)
    run_program("large.py", "upload", task_id, source, env=environment_of("uploader"))
    assert peak.growth() < MEMORY_BUDGET
    assert server.metric("coffer_blob_hashed_bytes_total") - hashed == SIZE
    assert SIZE <= disk(server.data) - before < SIZE + (16 << 20)
    source.unlink()

    record = server.artifact(task_id, "large")
    assert (record["state"], record["size"], record["sha256"]) == ("stored", SIZE, digest.hexdigest())

    hashed, peak = server.metric("coffer_blob_hashed_bytes_total"), Peak(server.process.pid)
    copy = run_program("large.py", "download", task_id, env=environment_of("downloader")).split()[-1]
    assert peak.growth() < MEMORY_BUDGET
    assert server.metric("coffer_blob_hashed_bytes_total") == hashed
    assert SIZE <= disk(server.data) - before < SIZE + (16 << 20)

    fetched = hashlib.sha256()
    with open(copy, "rb") as file:
        while content := file.read(BLOCK):
            fetched.update(content)
    assert fetched.hexdigest() == digest.hexdigest()
