"""Deleting through the SDK: tasks with and without their files, file by file, and single artifacts.

Every test also fails when the SDK logs "Failed deleting" or another complaint (see the fixture `log`).
"""

import json

import pytest
import samples
from peer import digest


@pytest.fixture
def full_task(new_task, coffer, tmp_path):
    """A task with artifacts of several kinds, a debug sample and a plot with an image: (task, {name: uri})."""
    import matplotlib
    import numpy as np

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    task = new_task("to delete")
    for name, value in {"data": {"a": 1}, "weights file": samples.one_file(tmp_path), "umlaut ä #1": "text"}.items():
        assert task.upload_artifact(name, value, wait_on_upload=True) is True
    assert task.upload_artifact("link", "https://elsewhere.example/data.csv") is True
    task.get_logger().report_image("samples", "first", iteration=0, image=np.zeros((4, 4, 3), dtype=np.uint8))
    figure = plt.figure()
    plt.plot([1, 2, 3])
    task.get_logger().report_matplotlib_figure("plots", "first", figure, iteration=0, report_interactive=False)
    plt.close(figure)
    task.flush(wait_for_uploads=True)
    uris = {entry["key"]: entry["uri"] for entry in coffer.task(task.id)["execution"]["artifacts"]}
    return task, uris


def sample_urls(coffer, task_id):
    events = coffer.data_of("events.get_task_events", task=task_id, event_type="training_debug_image", batch_size=100)[
        "events"
    ]
    return [event["url"] for event in events]


def plot_images(coffer, task_id):
    plots = coffer.data_of("events.get_task_plots", task=task_id)["plots"]
    return [url for plot in plots for url in plot["source_urls"]]


def there(coffer, uri):
    status = coffer.file(uri).status
    assert status in (200, 404)
    return status == 200


OURS = ("data", "weights file", "umlaut ä #1")


@pytest.fixture
def made_by(sdk, coffer, tmp_path):
    """Makes a model of a task with weights on the file server: (id, address of the bytes)."""
    import urllib.parse

    def make(task, name):
        task.output_uri = coffer.files_url
        weights = tmp_path / f"{name}.bin"
        weights.write_bytes(name.encode())
        model = sdk.OutputModel(task=task, name=name, framework="custom")
        model.update_weights(str(weights), auto_delete_file=False, async_enable=False)
        uri = coffer.data_of("models.get_by_id", model=model.id)["model"]["uri"]
        return model.id, urllib.parse.quote(uri, safe="/:%")

    return make


def known(coffer, model_id):
    return coffer.call("models.get_by_id", model=model_id)["meta"]["result_code"] == 200


def gone(coffer, task_id):
    meta = coffer.call("tasks.get_by_id", task=task_id)["meta"]
    return (meta["result_code"], meta["result_subcode"]) == (400, 101)


def test_E_07_deleting_a_task_removes_its_artifacts_models_and_samples(full_task, made_by, coffer, log):
    task, uris = full_task
    model, weights = made_by(task, "E-07")
    log.expect("Action failed <400/201: models.delete")  # the models went with the task; the SDK asks once more
    assert there(coffer, weights)
    (sample,), (image,) = sample_urls(coffer, task.id), plot_images(coffer, task.id)
    assert all(there(coffer, uris[name]) for name in OURS) and there(coffer, sample) and there(coffer, image)
    # The link leads nowhere we may delete; the SDK would try, so it is taken off the task first.
    assert task.delete_artifacts(["link"], delete_from_storage=False) is True
    assert task.delete(raise_on_error=True)
    assert gone(coffer, task.id)
    assert not [name for name in OURS if there(coffer, uris[name])]
    assert not there(coffer, sample) and not there(coffer, image)
    assert not known(coffer, model) and not there(coffer, weights)


def test_E_08_without_artifacts_and_models_the_files_stay(full_task, made_by, coffer):
    task, uris = full_task
    _, weights = made_by(task, "E-08")
    assert task.delete(delete_artifacts_and_models=False, raise_on_error=True)
    assert gone(coffer, task.id)
    assert [name for name in OURS if there(coffer, uris[name])] == list(OURS)
    assert there(coffer, weights)


def test_E_09_models_that_others_use_stay(new_task, made_by, coffer, log):
    log.expect("Action failed <400/201: models.delete")  # those that nobody uses went with the task
    log.expect("Action failed <400/205: models.delete")
    for skip in (True, False):
        task, user = new_task("maker"), new_task("user")
        used, weights = made_by(task, f"E-09 used {skip}")
        alone, others = made_by(task, f"E-09 alone {skip}")
        user.set_input_model(used)
        if skip:  # told as a failure, though it was asked for
            with pytest.raises(Exception, match=used):
                task.delete(skip_models_used_by_other_tasks=True, raise_on_error=True)
        else:
            assert task.delete(skip_models_used_by_other_tasks=False, raise_on_error=True)
        assert gone(coffer, task.id)
        assert not known(coffer, alone) and not there(coffer, others)
        assert known(coffer, used) == there(coffer, weights) == skip


def test_E_10_a_callback_decides_file_by_file(full_task, made_by, coffer):
    task, uris = full_task
    model, weights = made_by(task, "E-10")
    (sample,), (image,) = sample_urls(coffer, task.id), plot_images(coffer, task.id)
    asked = []

    def decide(kind, uri):
        asked.append((kind, uri))
        return uri == uris["data"]

    assert task.delete(callback=decide, raise_on_error=True)
    files = [("artifact", uri) for uri in uris.values()] + [("debug_images", sample), ("image_plot", image)]
    models = [(kind, uri) for kind, uri in asked if kind not in {kind for kind, _ in files}]
    assert sorted(set(asked) - set(models)) == sorted(files)
    assert models and {kind for kind, _ in models} <= {"output_model", "model"} and there(coffer, weights)
    assert gone(coffer, task.id)
    assert [name for name in OURS if there(coffer, uris[name])] == ["weights file", "umlaut ä #1"]
    assert there(coffer, sample) and there(coffer, image)


def test_E_11_input_artifacts_are_not_deleted_with_the_task(new_task, coffer):
    task = new_task("with input")
    task.upload_artifact("output", {"a": 1}, wait_on_upload=True)
    output = coffer.record(task.id, "output")["uri"]
    path = f"/E-11/{task.id}/input.txt"
    coffer.upload(path, b"input")
    entry = {
        "key": "input",
        "mode": "input",
        "type": "custom",
        "uri": coffer.url_of(path),
        "hash": digest(b"input"),
        "content_size": 5,
    }
    coffer.register(task.id, entry)
    task.reload()
    assert task.delete(raise_on_error=True)
    assert not there(coffer, output) and there(coffer, coffer.url_of(path))


def test_E_12_a_partial_failure_names_every_uri_and_deletes_the_rest(new_task, coffer, log):
    task = new_task("partly")
    task.upload_artifact("ours", {"a": 1}, wait_on_upload=True)
    ours = coffer.record(task.id, "ours")["uri"]
    lost = coffer.url_of(f"/E-12/{task.id}/never-there.bin")
    coffer.register(task.id, {"key": "lost", "type": "custom", "uri": lost})
    log.expect("Failed deleting object")
    with pytest.raises(Exception, match="Failed deleting the following URIs") as raised:
        task.delete(raise_on_error=True)
    assert lost in str(raised.value) and ours not in str(raised.value)
    assert gone(coffer, task.id) and not there(coffer, ours)


def test_a_published_task_is_not_deleted(new_task, publish, coffer):
    task = new_task("published")
    task.upload_artifact("kept", {"a": 1}, wait_on_upload=True)
    publish(task)
    with pytest.raises(Exception, match="Cannot delete published task"):
        task.delete(raise_on_error=True)
    assert there(coffer, coffer.record(task.id, "kept")["uri"])


@pytest.mark.parametrize("state", ["completed", "failed", "stopped"])
def test_E_01_an_artifact_is_changed_after_the_run(state, new_task, coffer, peer):
    task = new_task(state)
    task.upload_artifact("E-01", {"round": 1}, wait_on_upload=True)
    task.mark_started()
    {"completed": task.mark_completed, "failed": task.mark_failed, "stopped": task.mark_stopped}[state]()
    assert peer.upload(task.id, "E-01", {"round": 2}, wait_on_upload=True).result is True
    assert peer.get(task.id, "E-01").result[0] == {"round": 2}
    assert coffer.task(task.id)["status"] == state
    assert [version["state"] for version in coffer.versions(task.id, "E-01")] == ["stored", "stored"]


def test_E_02_delete_artifacts_removes_record_and_file(new_task, coffer, peer):
    task = new_task()
    for name in ("one", "two", "three"):
        task.upload_artifact(name, {"name": name}, wait_on_upload=True)
    uris = {entry["key"]: entry["uri"] for entry in coffer.artifacts(task.id)}
    assert task.delete_artifacts(["one", "two"]) is True
    assert peer.names(task.id).result == ["three"] == [entry["key"] for entry in coffer.artifacts(task.id)]
    assert [name for name in uris if there(coffer, uris[name])] == ["three"]
    assert coffer.artifact(task.id, "one") is None


def test_E_03_delete_from_storage_off_removes_only_the_record(new_task, coffer):
    task = new_task()
    task.upload_artifact("record", {"a": 1}, wait_on_upload=True)
    uri = coffer.record(task.id, "record")["uri"]
    assert task.delete_artifacts(["record"], delete_from_storage=False) is True
    assert coffer.record(task.id, "record") is None and there(coffer, uri)


def test_E_04_errors_name_what_could_not_be_deleted_and_what_is_left(new_task, coffer, log):
    from clearml.errors import ArtifactUriDeleteError

    task = new_task()
    lost = {name: coffer.url_of(f"/E-04/{task.id}/{name}") for name in ("lost", "after")}
    items = [{"key": name, "type": "custom", "uri": uri} for name, uri in lost.items()]
    coffer.register(task.id, *items)
    task.reload()
    log.expect("Failed deleting object")
    with pytest.raises(ArtifactUriDeleteError) as raised:
        task.delete_artifacts(["lost", "after"])
    assert (raised.value.artifact, raised.value.uri) == ("lost", lost["lost"])
    assert raised.value.remaining_uris == {"after": lost["after"]}

    coffer.register(task.id, {**items[0], "timestamp": 1})
    task.reload()
    before = len(log.lines("Failed deleting"))
    assert task.delete_artifacts(["lost"], raise_on_errors=False, silent_on_errors=True) is True
    assert len(log.lines("Failed deleting")) == before


def test_E_05_deletion_is_by_key_and_mode(new_task, coffer):
    task = new_task()
    both = [
        {"key": "x", "mode": mode, "type": "custom", "uri": coffer.url_of(f"/E-05/{mode}")}
        for mode in ("input", "output")
    ]
    coffer.register(task.id, *both, {**both[1], "key": "y"})
    task.reload()
    assert task.delete_artifacts(["x"], delete_from_storage=False) is True
    left = [(entry["key"], entry["mode"]) for entry in coffer.task(task.id)["execution"]["artifacts"]]
    assert left == [("x", "input"), ("y", "output")]


def test_E_06_deleting_an_unknown_name_reports_failure_and_changes_nothing(new_task, coffer):
    task = new_task()
    task.upload_artifact("kept", {"a": 1}, wait_on_upload=True)
    before = coffer.task(task.id)
    assert task.delete_artifacts(["unknown"], delete_from_storage=False) is False
    with pytest.raises(KeyError):
        task.delete_artifacts(["unknown"])
    assert coffer.task(task.id)["execution"] == before["execution"]


@pytest.mark.parametrize("how", ["delete", "reset"])
def test_E_13_the_server_deletes_files_with_the_record(how, full_task, coffer):
    task, uris = full_task
    (sample,) = sample_urls(coffer, task.id)
    # As a caller that is not the SDK, which deletes what it means by itself.
    coffer.data_of(f"tasks.{how}", task=task.id, force=True, delete_external_artifacts=True)
    assert not [name for name in OURS if there(coffer, uris[name])] and not there(coffer, sample)


def test_E_16_the_file_server_deletes_single_files_and_batches(coffer):
    for name in ("one", "two", "dir/three", "dir/four"):
        assert coffer.upload(f"/E-16/{name}", name.encode()).status == 200
    assert coffer.file(coffer.url_of("/E-16/one"), "DELETE").status == 200
    assert coffer.file(coffer.url_of("/E-16/none"), "DELETE").status == 404

    def delete_many(files):
        body = json.dumps({"files": files}).encode()
        return coffer.http("POST", f"{coffer.files_url}/delete_many", body, {"Content-Type": "application/json"})

    answer = delete_many(["/E-16/two", "/E-16/none"])
    assert answer.status == 200 and list(answer.json()["deleted"]) == ["/E-16/two"]
    assert ["/E-16/none"] in answer.json()["errors"].values()
    assert not there(coffer, coffer.url_of("/E-16/two")) and there(coffer, coffer.url_of("/E-16/dir/three"))
    for empty in ("", "/", "//", ".", "x/.."):
        assert delete_many([empty]).json()["deleted"] == {}
    assert there(coffer, coffer.url_of("/E-16/dir/three")) and there(coffer, coffer.url_of("/E-16/dir/four"))


def test_E_17_deleting_a_task_without_its_files_keeps_its_folder(new_task, coffer):
    task = new_task("folder stays")
    task.upload_artifact("kept", {"a": 1}, wait_on_upload=True)
    uri = coffer.record(task.id, "kept")["uri"]
    deleted = coffer.data_of("tasks.delete", task=task.id, force=True, delete_external_artifacts=False)
    assert deleted["deleted"] is True and gone(coffer, task.id)
    assert there(coffer, uri)


def test_E_18_a_file_that_another_record_names_outlives_the_first_ones_deletion(new_task, coffer, peer):
    first, second = new_task("first owner"), new_task("second owner")
    first.upload_artifact("shared", {"a": 1}, wait_on_upload=True)
    record = coffer.record(first.id, "shared")
    coffer.register(second.id, {**record, "key": "borrowed"})
    assert first.delete(raise_on_error=True)
    assert peer.get(second.id, "borrowed").result[0] == {"a": 1}
    second.reload()
    assert second.delete(raise_on_error=True)
    assert not there(coffer, record["uri"])


def test_E_19_deleting_cannot_be_undone(new_task, coffer):
    task = new_task("gone for good")
    task.upload_artifact("output", {"a": 1}, wait_on_upload=True)
    assert task.delete(raise_on_error=True)
    assert gone(coffer, task.id)
    assert coffer.data_of("tasks.get_all", id=[task.id])["tasks"] == []
    for endpoint in ("tasks.started", "tasks.edit", "tasks.clone", "tasks.ping"):
        coffer.call(endpoint, task=task.id, force=True, name="back")
    failed = coffer.data_of("tasks.unarchive_many", ids=[task.id])["failed"]
    assert failed[0]["error"]["codes"] == [400, 101] and gone(coffer, task.id)


@pytest.mark.parametrize("files", [True, False], ids=["with files", "without files"])
def test_E_20_reset_removes_files_only_when_told_to(files, new_task, coffer):
    task = new_task("reset")
    task.upload_artifact("output", {"a": 1}, wait_on_upload=True)
    uri = coffer.record(task.id, "output")["uri"]
    coffer.data_of("tasks.reset", task=task.id, force=True, clear_all=False, delete_external_artifacts=files)
    assert coffer.task(task.id)["status"] == "created" and coffer.task(task.id)["execution"]["artifacts"] == []
    assert there(coffer, uri) is not files
