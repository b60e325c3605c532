"""Many writers on one task, and the interleavings in which a client's list is older than the server's."""

import os
import threading

import pytest
from peer import digest
from programs.writers import content
from server import wait_until


def states(coffer, task_id, key):
    """All kept versions, newest first: [(digest, state)]."""
    return [(version["sha256"], version["state"]) for version in coffer.versions(task_id, key)]


def keys(coffer, task_id):
    return [entry["key"] for entry in coffer.artifacts(task_id)]


def test_B_50_two_hundred_writers_from_twenty_processes_lose_nothing(new_task, coffer, start_program, sdk_lines):
    task = new_task("200 writers")
    processes = [start_program("writers.py", task.id, first, 10) for first in range(0, 200, 10)]
    for process in processes:
        line = process.stdout.readline()
        while line != "ready\n":
            assert line, process.communicate()
            line = process.stdout.readline()
    for process in processes:
        process.stdin.close()
    for process in processes:
        output = process.stdout.read()
        sdk_lines.extend(output.splitlines())
        assert process.wait(60) == 0, output

    listed = {entry["key"]: entry for entry in coffer.artifacts(task.id)}
    assert sorted(listed) == sorted(f"writer {number}" for number in range(200))
    for number in range(200):
        entry = listed[f"writer {number}"]
        assert (entry["state"], entry["sha256"]) == ("stored", digest(content(number)))
        assert coffer.file(entry["uri"]).body == content(number)
        assert len(coffer.versions(task.id, f"writer {number}")) == 1


def test_B_50_threads_that_share_one_task_object_lose_nothing(new_task, coffer):
    task = new_task("threads")
    # The first upload alone: in several threads at once the SDK may crash while it makes its pools.
    results = [task.upload_artifact("thread 0", {"n": 0}, wait_on_upload=True)]
    threads = [
        threading.Thread(
            target=lambda n=n: results.append(task.upload_artifact(f"thread {n}", {"n": n}, wait_on_upload=True))
        )
        for n in range(1, 20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [True] * 20
    assert sorted(keys(coffer, task.id)) == sorted(f"thread {n}" for n in range(20))
    assert {entry["state"] for entry in coffer.artifacts(task.id)} == {"stored"}


def test_uploading_again_without_waiting_ends_with_both_versions_stored(new_task, coffer):
    task = new_task("no wait")
    contents = [b"first " * 1000, b"second " * 1000]
    for value in contents:
        assert task.upload_artifact("same", value, serialization_function=bytes, extension_name=".bin") is True
    task.flush(wait_for_uploads=True)
    wait_until(lambda: {state for _, state in states(coffer, task.id, "same")} == {"stored"}, 30, "never stored")
    assert states(coffer, task.id, "same") == [(digest(value), "stored") for value in reversed(contents)]
    for version in coffer.versions(task.id, "same"):
        assert digest(coffer.file(f"{version['uri']}?digest={version['sha256']}").body) == version["sha256"]


def test_two_processes_with_stale_lists_leave_the_newer_version(new_task, peer, new_peer, coffer, clock):
    task = new_task("stale lists")
    other = new_peer()
    peer.upload(task.id, "shared", {"by": "first"}, wait_on_upload=True)
    clock.tick()
    other.upload(task.id, "shared", {"by": "second"}, wait_on_upload=True)
    newest = coffer.record(task.id, "shared")
    assert len(states(coffer, task.id, "shared")) == 2

    # The first process still has its own version in the list that it sends with every upload.
    peer.upload(task.id, "more of the first", {"n": 1}, wait_on_upload=True)
    assert coffer.record(task.id, "shared") == newest
    assert len(states(coffer, task.id, "shared")) == 2

    other.delete(task.id, ["shared"])
    peer.upload(task.id, "even more of the first", {"n": 2}, wait_on_upload=True)
    assert keys(coffer, task.id) == ["even more of the first", "more of the first"]
    assert coffer.artifact(task.id, "shared") is None


def test_upload_delete_upload_of_another_does_not_bring_the_deleted_back(new_task, coffer):
    task = new_task("no resurrection")
    task.upload_artifact("gone", {"a": 1}, wait_on_upload=True)
    uri = coffer.record(task.id, "gone")["uri"]
    assert task.delete_artifacts(["gone"]) is True
    task.upload_artifact("another", {"b": 2}, wait_on_upload=True)
    assert keys(coffer, task.id) == ["another"]
    assert coffer.file(uri).status == 404


@pytest.mark.parametrize("again", ["other bytes", "the same bytes"])
def test_upload_delete_upload_under_one_name_is_stored_again(again, new_task, coffer, clock):
    task = new_task("revived")
    task.upload_artifact("back", {"round": 1}, wait_on_upload=True)
    assert task.delete_artifacts(["back"]) is True
    # The SDK stamps whole seconds: without this the same bytes would make the same registration.
    clock.tick()
    value = {"round": 1 if again == "the same bytes" else 2}
    assert task.upload_artifact("back", value, wait_on_upload=True) is True
    record = coffer.record(task.id, "back")
    assert coffer.artifact(task.id, "back")["state"] == "stored"
    assert digest(coffer.file(record["uri"]).body) == record["hash"]
    assert states(coffer, task.id, "back") == [(record["hash"], "stored")]


class Path:
    """One path and its registrations, step by step over plain HTTP: the order the SDK cannot be made to keep."""

    def __init__(self, coffer, task_id):
        self.coffer = coffer
        self.task_id = task_id
        self.path = f"/steps/{task_id}/{os.urandom(4).hex()}"

    def register(self, content, timestamp):
        record = {
            "key": "x",
            "type": "custom",
            "uri": self.coffer.url_of(self.path),
            "hash": digest(content),
            "content_size": len(content),
            "timestamp": timestamp,
        }
        self.coffer.register(self.task_id, record)

    def upload(self, content):
        assert self.coffer.upload(self.path, content).status == 200

    def states(self):
        return states(self.coffer, self.task_id, "x")


@pytest.fixture
def path(new_task, coffer):
    return Path(coffer, new_task("steps").id)


A, B, C = b"bytes a", b"bytes b", b"bytes c"


def test_registered_first_is_pending_until_the_bytes_land(path):
    path.register(A, 100)
    assert path.states() == [(digest(A), "pending")]
    path.upload(A)
    assert path.states() == [(digest(A), "stored")]


def test_bytes_first_are_stored_at_once(path):
    path.upload(A)
    path.register(A, 100)
    assert path.states() == [(digest(A), "stored")]


def test_an_upload_that_ended_before_the_registration_says_nothing_about_it(path):
    path.upload(B)
    path.register(A, 100)
    assert path.states() == [(digest(A), "pending")]


def test_other_bytes_are_a_mismatch_until_the_right_ones_land(path):
    path.register(A, 100)
    path.upload(B)
    assert path.states() == [(digest(A), "mismatched")]
    path.upload(A)
    assert path.states() == [(digest(A), "stored")]


def test_a_stored_version_stays_stored_when_the_path_is_overwritten(path, coffer):
    path.upload(A)
    path.register(A, 100)
    path.register(B, 200)
    assert path.states() == [(digest(B), "pending"), (digest(A), "stored")]
    path.upload(B)
    assert path.states() == [(digest(B), "stored"), (digest(A), "stored")]
    assert coffer.file(coffer.url_of(path.path)).body == B
    assert coffer.file(coffer.url_of(path.path) + f"?digest={digest(A)}").body == A


def test_uploads_that_land_in_the_other_order_end_stored_too(path):
    path.register(A, 100)
    path.register(B, 200)
    path.upload(B)
    assert path.states() == [(digest(B), "stored"), (digest(A), "mismatched")]
    path.upload(A)
    assert path.states() == [(digest(B), "stored"), (digest(A), "stored")]


def test_the_later_timestamp_is_newest_and_ties_go_by_arrival(path, coffer):
    path.register(B, 200)
    path.register(A, 100)
    assert coffer.artifact(path.task_id, "x")["sha256"] == coffer.record(path.task_id, "x")["hash"] == digest(B)
    path.register(C, 200)
    assert coffer.artifact(path.task_id, "x")["sha256"] == coffer.record(path.task_id, "x")["hash"] == digest(C)
    assert len(path.states()) == 3


def test_a_repeat_of_an_older_version_is_none(path):
    path.register(A, 100)
    path.register(B, 200)
    path.register(A, 100)
    assert [hash for hash, _ in path.states()] == [digest(B), digest(A)]


def test_a_removed_version_is_not_registered_again(path, coffer):
    path.upload(A)
    path.register(A, 100)
    path.register(B, 200)
    (kept,) = [version for version in coffer.versions(path.task_id, "x") if version["sha256"] == digest(A)]
    assert coffer.delete_version(path.task_id, "x", kept["version"]).status == 200
    path.register(A, 100)
    assert [hash for hash, _ in path.states()] == [digest(B)]


def test_waiting_ends_when_the_bytes_land(path, coffer):
    path.register(A, 100)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(coffer.artifact(path.task_id, "x", wait=30)["state"]))
    waiting.start()
    path.upload(B)
    path.upload(A)
    waiting.join(35)
    assert answers == ["stored"]
    path.register(B, 200)
    assert coffer.artifact(path.task_id, "x", wait=1)["state"] in ("stored", "pending")


def test_waiting_gives_up_at_its_deadline(path, coffer):
    path.register(A, 100)
    assert coffer.artifact(path.task_id, "x", wait=1)["state"] == "pending"
