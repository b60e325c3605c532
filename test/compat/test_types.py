"""The artifact type matrix: one of every kind, logged here, read by a second process by id and by project and name."""

import hashlib

import pytest
import samples
from server import wait_until

pytestmark = pytest.mark.types


@pytest.mark.parametrize("name", samples.BY_NAME)
def test_comes_back_as_it_was_logged(name, task, peer, coffer, clock, tmp_path):
    sample = samples.BY_NAME[name]
    sent = sample.make(tmp_path)
    before = clock.now()
    assert task.upload_artifact(name, sent, metadata={"sample": name}, wait_on_upload=True, **sample.options) is True
    after = clock.now()

    report = peer.read(task.id, name).result
    record = coffer.record(task.id, name)
    content = coffer.file(record["uri"])

    assert content.status == 200
    assert (report["name"], report["mode"], report["type"]) == (name, "output", sample.type)
    assert record["type_data"].get("content_type") == sample.content_type
    assert report["metadata"] == {"sample": name}
    assert report["preview"] == sample.expected_preview(sent)
    assert before <= report["timestamp"] <= after
    assert report["url"] == coffer.url_of(
        f"/{task.get_project_name()}/{task.name}.{task.id}/artifacts/{name}/{sample.file}"
    )
    assert report["size"] == len(content.body)
    assert report["hash"] == hashlib.sha256(content.body).hexdigest()

    sample.comes_back(report, sent)
    if content.body:
        copy = peer.copy(task.id, name, extract_archive=False).result
        assert (copy["sha256"], copy["size"]) == (report["hash"], report["size"])
        assert report["copy_requests"], "the first local copy must come from the server"
        assert report["second_copy_is_first"] and report["second_copy_requests"] == []
    assert coffer.artifact(task.id, name)["state"] == "stored"

    by_name = peer.read((task.get_project_name(), task.name), name).result
    sample.comes_back(by_name, sent)
    assert (by_name["hash"], by_name["url"]) == (report["hash"], report["url"])


def test_an_empty_file_is_none_to_the_sdk_and_zero_bytes_to_plain_http(round_trip, coffer, tmp_path):
    trip = round_trip("nothing in it", samples.one_file(tmp_path, content=b""))
    assert trip.report["copy"] is None
    plain = coffer.file(trip.record["uri"])
    assert (plain.status, plain.body, plain.headers["content-length"]) == (200, b"", "0")
    assert (trip.record["content_size"], trip.record["hash"]) == (0, hashlib.sha256(b"").hexdigest())


def test_a_url_is_registered_without_upload(task, coffer):
    url = "https://example.org/data/set.csv"
    assert task.upload_artifact("url", url, metadata={"from": "elsewhere"}, preview="by hand") is True
    record = coffer.record(task.id, "url")
    assert (record["uri"], record["type"], record["type_data"]["content_type"]) == (url, "custom", "text/csv")
    assert record["type_data"]["preview"] == "by hand"
    assert record["display_data"] == [["from", "elsewhere"]]
    assert record.get("content_size") is None and record.get("hash") is None
    assert coffer.artifact(task.id, "url")["state"] == "external"


def test_everything_logged_in_the_background_is_there_after_flush(new_task, peer, coffer, tmp_path):
    task = new_task("background")
    sent = {}
    for number, sample in enumerate(samples.SAMPLES):
        sent[sample.name] = sample.make(tmp_path / str(number))
        assert task.upload_artifact(sample.name, sent[sample.name], **sample.options) is True
    task.flush(wait_for_uploads=True)
    for sample in samples.SAMPLES:
        assert coffer.artifact(task.id, sample.name, wait=30)["state"] == "stored"
        sample.comes_back(peer.read(task.id, sample.name).result, sent[sample.name])


def test_a_second_upload_under_the_same_name_takes_the_first_ones_place(task, peer, coffer):
    for value in ({"round": 1}, ["round", 2]):
        assert task.upload_artifact("again", value, wait_on_upload=True) is True
    report = peer.read(task.id, "again").result
    assert (report["type"], report["value"]) == ("pickle", ["round", 2])
    assert [item["key"] for item in coffer.task(task.id)["execution"]["artifacts"]].count("again") == 1
    newest, earlier = coffer.versions(task.id, "again")
    assert (newest["type"], newest["state"], newest["sha256"]) == ("pickle", "stored", report["hash"])
    assert (earlier["type"], earlier["state"]) == ("dict", "stored")


def test_a_registered_frame_is_stored_again_when_it_changes(task, peer, coffer):
    frame = samples.frame()
    task.register_artifact("registered", frame, metadata={"part": "train"})
    first = stored(coffer, task, "registered")
    changed = samples.frame(rows=7)
    task.get_registered_artifacts()["registered"] = changed
    record = stored(coffer, task, "registered", other_than=first["sha256"])
    report = peer.read(task.id, "registered").result
    assert (report["type"], report["metadata"]) == ("data-audit-table", {"part": "train"})
    assert report["hash"] == record["sha256"] == report["copy"]["sha256"]
    samples.equal_frame(report, changed)
    task.unregister_artifact("registered")


def stored(coffer, task, name, other_than=None):
    """The artifact once it is registered, with another digest than the given one, and stored."""

    def registered():
        record = coffer.artifact(task.id, name)
        return record and record["sha256"] != other_than

    wait_until(registered, 30, f"{name} was never registered")
    task.flush(wait_for_uploads=True)
    return coffer.artifact(task.id, name, wait=30)


def test_deleted_artifacts_are_gone_with_their_files(round_trip, task, coffer, peer):
    gone = round_trip("deleted", {"a": 1})
    stays = round_trip("kept", {"a": 2})
    assert task.delete_artifacts(["deleted"]) is True
    assert coffer.record(task.id, "deleted") is None and "deleted" not in peer.names(task.id).result
    assert coffer.file(gone.record["uri"]).status == 404
    assert coffer.file(stays.record["uri"]).status == 200
