"""Dynamic (registered) artifacts: one test for each row of group C, named after it."""

import gzip
import hashlib

import pandas as pd
import pytest
import samples
from server import wait_until


@pytest.fixture
def synced(coffer, task):
    """Waits until the SDK's watcher has registered a frame (another than `other_than`) and its bytes are stored."""

    def wait(name, other_than=None, owner=task):
        def registered():
            record = coffer.record(owner.id, name)
            return record if record and record["hash"] != other_than else None

        record = wait_until(registered, 60, f"{name} was never synced")
        owner.flush(wait_for_uploads=True)
        assert coffer.artifact(owner.id, name, wait=30)["state"] == "stored"
        return record

    return wait


@pytest.fixture
def registered(task, synced):
    """Registers a frame, waits for its first snapshot and stops watching it after the test."""
    names = []

    def register(name, frame, **options):
        task.register_artifact(name, frame, **options)
        names.append(name)
        return synced(name)

    yield register
    for name in names:
        task.unregister_artifact(name)


def bytes_of(coffer, record):
    answer = coffer.file(f"{record['uri']}?digest={record['hash']}")
    assert answer.status == 200
    return answer.body


def test_C_01_later_changes_of_a_registered_frame_are_uploaded(registered, task, synced, coffer):
    first = registered("C-01", samples.frame())
    task.get_registered_artifacts()["C-01"] = samples.frame(rows=6)
    second = synced("C-01", other_than=first["hash"])
    assert gzip.decompress(bytes_of(coffer, second)).decode() == samples.frame(rows=6).to_csv(index=False)


@pytest.mark.parametrize("value", [{"a": 1}, [1, 2], "text", None], ids=repr)
def test_C_02_only_frames_are_accepted(value, task, coffer):
    with pytest.raises(ValueError, match="pandas.DataFrame objects only"):
        task.register_artifact("C-02", value, uniqueness_columns=["a"])
    assert "C-02" not in task.get_registered_artifacts() and coffer.record(task.id, "C-02") is None


def test_C_03_unchanged_content_is_not_uploaded_again(registered, task, synced, coffer, monkeypatch):
    watcher = type(task._artifacts_manager)
    assert watcher._flush_frequency_sec == 300
    frame = samples.frame()
    first = registered("C-03", frame)
    task.get_registered_artifacts()["C-03"] = frame.copy()
    registered("C-03 other", samples.frame(rows=2))  # a later sync, after which the earlier one is over
    assert len(coffer.versions(task.id, "C-03")) == 1

    # A flush compares at once: unchanged content stays where it is, changed content goes out.
    task._artifacts_manager.flush()
    registered("C-03 flushed", samples.frame(rows=3))
    assert len(coffer.versions(task.id, "C-03")) == 1
    live = task.get_registered_artifacts()["C-03"]
    live.loc[0, "number"] = 555
    task._artifacts_manager.flush()
    flushed = synced("C-03", other_than=first["hash"])
    assert b"555" in gzip.decompress(bytes_of(coffer, flushed))

    # The periodic comparison, with a period that a test can wait for; the frame changes in place, without a call.
    monkeypatch.setattr(watcher, "_flush_frequency_sec", 0.2)
    task.get_registered_artifacts()["C-03"] = frame
    frame.loc[0, "number"] = 999
    changed = synced("C-03", other_than=flushed["hash"])
    assert b"999" in gzip.decompress(bytes_of(coffer, changed))


def test_C_03_what_is_registered_last_is_stored_at_the_end(new_task, synced, coffer):
    task = new_task("ends")
    task.get_logger()
    task.register_artifact("C-03 end", samples.frame())
    first = synced("C-03 end", owner=task)
    task.get_registered_artifacts()["C-03 end"].loc[0, "number"] = 111
    task.close()
    record = coffer.record(task.id, "C-03 end")
    assert record["hash"] != first["hash"]
    assert coffer.artifact(task.id, "C-03 end", wait=30)["state"] == "stored"
    assert b"111" in gzip.decompress(bytes_of(coffer, record))


def test_C_04_stored_as_csv_gz_without_the_index_with_two_hashes(registered, coffer):
    record = registered("C-04", samples.frame().set_index(pd.Index(["q", "r", "s", "t"], name="key")))
    content = bytes_of(coffer, record)
    assert gzip.decompress(content).decode() == samples.frame().to_csv(index=False)
    assert record["uri"].endswith("/artifacts/C-04/C-04.csv.gz")
    assert (record["type"], record["type_data"]["content_type"]) == ("data-audit-table", "text/csv")
    assert record["hash"] == hashlib.sha256(content).hexdigest() and record["content_size"] == len(content)
    assert record["type_data"]["data_hash"] == hashlib.sha256(content[32:]).hexdigest()


def test_C_05_the_type_sets_registered_artifacts_apart(registered, task, coffer):
    registered("C-05 registered", samples.frame())
    task.upload_artifact("C-05 uploaded", samples.frame(), wait_on_upload=True)
    types = {item["key"]: item["type"] for item in coffer.artifacts(task.id)}
    assert (types["C-05 registered"], types["C-05 uploaded"]) == ("data-audit-table", "pandas")


def test_C_06_the_preview_ends_with_statistics(registered, task, coffer):
    frame = pd.DataFrame({"a": [1, 1, 2, 3], "b": [1, 1, 2, 2]})
    expected = f"{frame!r}\n\n[C-06]: shape=(4, 2), 3 unique rows, 75.0% uniqueness\n"
    assert registered("C-06", frame)["type_data"]["preview"] == expected
    assert coffer.artifact(task.id, "C-06")["preview"] == expected


def test_C_07_several_frames_get_a_summary_of_their_intersections(new_task, coffer):
    task = new_task("summary")
    task.get_logger()
    task.register_artifact("C-07 one", pd.DataFrame({"a": [1, 2, 3]}))
    task.register_artifact("C-07 two", pd.DataFrame({"a": [2, 3, 4, 5]}))
    task.close()

    def summary():
        events = coffer.data_of("events.get_task_log", task=task.id, order="asc", batch_size=100)["events"]
        return "\n".join(event["msg"] for event in events)

    wait_until(lambda: "Intersection with [C-07 two] 2 rows: 50.0%" in summary(), 30, "no summary in the console log")
    assert "[C-07 one]: shape=(3, 1), 3 unique rows" in summary()


def test_C_08_uniqueness_columns_limit_what_counts(registered, log):
    frame = pd.DataFrame({"a": [1, 1, 1, 2], "b": [1, 2, 3, 4]})
    record = registered("C-08", frame, uniqueness_columns=["a"])
    assert "2 unique rows, 50.0% uniqueness" in record["type_data"]["preview"]

    record = registered("C-08 partly", frame, uniqueness_columns=["a", "unknown"])
    assert "2 unique rows" in record["type_data"]["preview"]
    assert log.lines("Uniqueness columns ['unknown'] not found in artifact C-08 partly. Using ['a']")

    record = registered("C-08 unknown", frame, uniqueness_columns=["unknown"])
    assert record["type_data"]["preview"] == f"{frame!r}\n\n"
    assert log.lines("Skipping uniqueness check for artifact")


def test_C_09_metadata_is_kept_at_each_sync(registered, task, synced):
    first = registered("C-09", samples.frame(), metadata={"split": "train", "rows": 4})
    assert first["display_data"] == [["split", "train"], ["rows", "4"]]
    task.get_registered_artifacts()["C-09"] = samples.frame(rows=5)
    assert synced("C-09", other_than=first["hash"])["display_data"] == first["display_data"]


def test_C_10_the_live_objects_are_reached_from_anywhere(registered, task, sdk, synced, coffer):
    frame = samples.frame()
    first = registered("C-10", frame)
    live = sdk.Task.current_task().get_registered_artifacts()
    assert live["C-10"] is frame and task.artifacts["C-10"] is frame
    live["C-10"] = samples.frame(rows=3)
    second = synced("C-10", other_than=first["hash"])
    assert gzip.decompress(bytes_of(coffer, second)).decode() == samples.frame(rows=3).to_csv(index=False)


def test_C_11_unregistering_takes_a_last_snapshot_and_keeps_the_artifact(task, synced, coffer, peer):
    frame = samples.frame()
    task.register_artifact("C-11", frame)
    first = synced("C-11")
    frame.loc[0, "word"] = "last"
    task.unregister_artifact("C-11")
    last = synced("C-11", other_than=first["hash"])
    assert b"last" in gzip.decompress(bytes_of(coffer, last))
    wait_until(lambda: "C-11" not in task.get_registered_artifacts(), 30, "still watched")
    assert "C-11" in peer.names(task.id).result

    # Nobody looks at the frame any more, not even when all others are compared.
    frame.loc[0, "word"] = "after the end"
    task.register_artifact("C-11 other", samples.frame(rows=2))
    synced("C-11 other")
    task.unregister_artifact("C-11 other")
    assert coffer.record(task.id, "C-11") == last


def test_C_12_registering_again_under_a_name_overwrites(registered, task, synced, coffer):
    first = registered("C-12", samples.frame())
    task.register_artifact("C-12", samples.frame(rows=2))
    second = synced("C-12", other_than=first["hash"])
    assert gzip.decompress(bytes_of(coffer, second)).decode() == samples.frame(rows=2).to_csv(index=False)
    assert [item["key"] for item in coffer.artifacts(task.id)].count("C-12") == 1


def test_C_13_others_read_the_latest_snapshot_while_the_producer_runs(registered, task, coffer, peer):
    record = registered("C-13", samples.frame())
    assert coffer.task(task.id)["status"] == "in_progress"
    report = peer.read(task.id, "C-13").result
    samples.equal_frame(report, samples.frame())
    assert report["copy"]["path"].endswith(".csv.gz") and report["copy"]["sha256"] == record["hash"]
