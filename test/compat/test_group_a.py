"""The life of a task around its artifacts: one test for each row of group A, named after it."""

import hashlib
import json
import pickle
import re

import pytest
from server import Server, wait_until


def uri_of(coffer, task, name):
    return coffer.record(task.id, name)["uri"]


def names_of(coffer, task_id):
    return [item["key"] for item in coffer.task(task_id)["execution"]["artifacts"]]


def said(output, what):
    """What a program printed after the word."""
    return re.findall(rf"^{what} (.*)$", output, re.MULTILINE)[-1]


def test_A_01_every_task_has_its_own_list_of_artifacts(new_task, coffer):
    first, second = new_task("first"), new_task("second")
    assert first.upload_artifact("A-01", {"of": "first"}, wait_on_upload=True) is True
    assert second.upload_artifact("A-01", {"of": "second"}, wait_on_upload=True) is True
    assert names_of(coffer, first.id) == names_of(coffer, second.id) == ["A-01"]
    assert uri_of(coffer, first, "A-01") != uri_of(coffer, second, "A-01")


def test_A_02_success_means_uploaded_and_recorded(new_task, coffer):
    task = new_task()
    assert task.upload_artifact("A-02", {"a": 1}, wait_on_upload=True) is True
    assert coffer.artifact(task.id, "A-02")["state"] == "stored"
    assert json.loads(coffer.file(uri_of(coffer, task, "A-02")).body) == {"a": 1}


def test_A_03_artifacts_live_on_after_the_run(new_task, coffer, peer):
    task = new_task()
    task.upload_artifact("A-03", {"round": 1}, wait_on_upload=True)
    task.mark_started()
    task.mark_completed()
    assert peer.get(task.id, "A-03").result[0] == {"round": 1}
    assert peer.upload(task.id, "A-03", {"round": 2}, wait_on_upload=True).result is True
    assert json.loads(coffer.file(uri_of(coffer, task, "A-03")).body) == {"round": 2}
    assert coffer.task(task.id)["status"] == "completed"


def test_A_04_an_artifact_is_reached_from_code_and_over_http(new_task, coffer, peer):
    task = new_task()
    task.upload_artifact("A-04", {"a": 1}, wait_on_upload=True)
    assert peer.get(task.id, "A-04").result[0] == {"a": 1}
    listed = {item["key"]: item for item in coffer.artifacts(task.id)}
    assert json.loads(coffer.file(listed["A-04"]["uri"]).body) == {"a": 1}


def test_A_05_a_task_is_found_by_id_and_the_latest_by_name(sdk, project, clock):
    older, newer = (sdk.Task.create(project, "A-05 twins") for _ in range(2))
    for last in (older, newer):
        clock.tick()
        last.upload_artifact("touch", {"of": last.id}, wait_on_upload=True)
        assert sdk.Task.get_task(project_name=project, task_name="A-05 twins").id == last.id
    assert sdk.Task.get_task(task_id=older.id).id == older.id


def test_A_06_a_consumer_picks_only_finished_producers(sdk, project, clock):
    done, running = (sdk.Task.create(project, "A-06 producer") for _ in range(2))
    done.mark_started()
    done.mark_completed()
    clock.tick()
    running.mark_started()
    found = sdk.Task.get_task(project_name=project, task_name="A-06 producer", task_filter={"status": ["completed"]})
    assert found.id == done.id
    assert sdk.Task.get_task(project_name=project, task_name="A-06 producer").id == running.id


def test_A_07_name_and_project_change_and_artifacts_stay_readable(new_task, project, peer, coffer):
    task = new_task("before")
    task.upload_artifact("A-07", {"a": 1}, wait_on_upload=True)
    task.mark_started()
    task.mark_completed()
    uri, id = uri_of(coffer, task, "A-07"), task.id
    assert task.rename("A-07 after") is True
    assert task.move_to_project(new_project_name=f"{project}/moved") is True
    document = coffer.task(id)
    assert document["name"] == "A-07 after" and uri_of(coffer, task, "A-07") == uri
    assert peer.get((f"{project}/moved", "A-07 after"), "A-07").result[0] == {"a": 1}


def test_A_08_later_uploads_use_the_new_name(new_task, coffer, peer):
    task = new_task("old name")
    task.upload_artifact("first", {"a": 1}, wait_on_upload=True)
    assert task.rename("A-08 new name") is True
    # A task object keeps the folder it began with; who opens the task anew takes the new one.
    assert peer.upload(task.id, "second", {"a": 2}, wait_on_upload=True).result is True
    assert f"/A-08%20new%20name.{task.id}/" in uri_of(coffer, task, "second")
    assert "/old%20name" in uri_of(coffer, task, "first")
    assert coffer.file(uri_of(coffer, task, "first")).status == 200


@pytest.fixture
def rerun(run_program, environment, project):
    """Runs a script again and again, in one home: gives the id of its task and the iteration it begins with."""
    env = environment()

    def go(name, log=(), models=(), more=None, **options):
        given = map(json.dumps, (options, list(log), list(models)))
        output = run_program("rerun.py", project, name, *given, env=env | (more or {}))
        return said(output, "task id"), int(said(output, "begins at"))

    return go


def models_of(coffer, task_id, kind="output"):
    return [link["model"] for link in coffer.task(task_id)["models"][kind]]


def test_A_09_a_task_is_run_again_only_if_it_left_no_artifact_and_no_model(rerun, coffer):
    first, _ = rerun("A-09")
    again, _ = rerun("A-09", log=["kept"])
    assert again == first
    other, _ = rerun("A-09")
    assert other != first and names_of(coffer, first) == ["kept"]
    with_model, _ = rerun("A-09", models=["kept"])
    assert with_model == other
    last, _ = rerun("A-09")
    assert last != other and len(models_of(coffer, other)) == 1


def test_A_10_reuse_can_be_turned_off(rerun):
    first, _ = rerun("A-10")
    second, _ = rerun("A-10", reuse_last_task_id=False)
    third, _ = rerun("A-10", more={"CLEARML_TASK_NO_REUSE": "1"})
    assert len({first, second, third}) == 3


def test_A_11_a_continued_task_keeps_what_it_has_and_goes_on(rerun, coffer):
    first, start = rerun("A-11", log=["one"], models=["one"])
    assert start == 0 and coffer.task(first)["last_iteration"] == 2
    kept = models_of(coffer, first)
    again, start = rerun("A-11", log=["two"], models=["two"], continue_last_task=True)
    assert (again, start) == (first, 3)
    assert len(kept) == 1 and models_of(coffer, first)[:1] == kept and len(models_of(coffer, first)) == 2
    document = coffer.task(first)
    assert names_of(coffer, first) == ["one", "two"] and document["last_iteration"] == 5
    by_id, start = rerun("A-11 other", continue_last_task=first)
    assert (by_id, start) == (first, 6)
    by_offset, start = rerun("A-11", continue_last_task=100)
    assert (by_offset, start) == (first, 100)
    off, start = rerun("A-11", continue_last_task=0)
    assert (off, start) == (first, 0)


@pytest.fixture(scope="module")
def offline_session(environment, project, sdk, sdk_lines, coffer):
    """One session without a server, imported twice: as a task of its own, and onto another."""
    import subprocess
    import sys
    from pathlib import Path

    previous = sdk.Task.create(project, "A-13 previous")
    previous.get_logger().report_scalar("loss", "train", value=0.5, iteration=7)
    previous.flush(wait_for_uploads=True)
    program = Path(__file__).parent / "programs" / "offline.py"
    done = subprocess.run(
        [sys.executable, str(program), project, previous.id],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=150,
    )
    sdk_lines.extend(done.stdout.splitlines())
    assert done.returncode == 0, done.stdout
    return done.stdout, previous.id


def test_A_12_offline_work_is_kept_in_a_local_zip(offline_session):
    output, _ = offline_session
    zip_path, exists = said(output, "session").rsplit(" ", 1)
    assert zip_path.endswith(".zip") and exists == "True"
    assert "session stored in" in output
    assert said(output, "asked") == "[]"


def test_A_13_an_offline_session_is_imported(offline_session, coffer):
    output, previous = offline_session
    imported = said(output, "imported")
    assert f"/{imported}/" in "".join(re.findall("^ClearML results page: .*$", output, re.MULTILINE))
    document = coffer.task(imported)
    assert document["status"] == "completed" and document["last_iteration"] == 2
    record = coffer.record(imported, "numbers")
    assert imported in record["uri"] and json.loads(coffer.file(record["uri"]).body) == {"one": 1}
    log = coffer.data_of("events.get_task_log", task=imported)["events"]
    assert any("a line of its log" in line["msg"] for line in log)
    assert said(output, "appended") == previous
    assert coffer.task(previous)["last_iteration"] == 102
    assert coffer.record(previous, "numbers") is not None


def test_A_15_a_task_moves_only_along_its_documented_states(sdk, new_task, coffer):
    task = new_task()
    status = lambda: coffer.task(task.id)["status"]  # noqa: E731
    assert status() == "created"
    with pytest.raises(ValueError, match="Can't publish"):
        task.publish()
    sdk.Task.enqueue(task, queue_name="default")
    assert status() == "queued"
    queue = coffer.data_of("queues.get_default")["id"]
    assert [e["task"] for e in coffer.data_of("queues.get_by_id", queue=queue)["queue"]["entries"]] == [task.id]
    sdk.Task.dequeue(task)
    assert status() == "created"
    task.mark_started()
    assert status() == "in_progress"
    with pytest.raises(Exception, match="400/110: tasks.enqueue"):
        sdk.Task.enqueue(task, queue_name="default")
    task.mark_stopped()
    assert status() == "stopped"
    task.mark_started(force=True)
    task.mark_failed(status_reason="why", status_message="how")
    assert (status(), coffer.task(task.id)["status_reason"]) == ("failed", "why")
    task.mark_started(force=True)
    task.mark_completed()
    assert status() == "completed"
    task.publish()
    assert status() == "published"
    task.mark_started()
    assert status() == "published"


def test_A_16_every_task_type_is_taken(sdk, project, coffer):
    types = {str(t) for t in sdk.Task.TaskTypes}
    assert {"training", "testing", "inference", "controller", "optimizer", "service", "monitor"} <= types
    assert {"application", "data_processing", "qc", "custom"} <= types
    for kind in sorted(types):
        task = sdk.Task.create(project, f"A-16 {kind}", task_type=sdk.Task.TaskTypes(kind))
        assert coffer.task(task.id)["type"] == kind
    report = coffer.data_of("tasks.create", name="A-16 report", type="report")["id"]
    assert coffer.task(report)["type"] == "report"


def test_A_17_only_drafts_are_edited_user_properties_until_published(new_task, publish, coffer):
    task = new_task()
    refused = lambda **more: coffer.call("tasks.edit", task=task.id, comment="x", **more)["meta"]  # noqa: E731
    assert refused()["result_code"] == 200
    task.mark_started()
    task.mark_completed()
    assert (refused()["result_code"], refused()["result_subcode"]) == (400, 110)
    parameter = [{"section": "Args", "name": "a", "value": "1"}]
    meta = coffer.call("tasks.edit_hyper_params", task=task.id, hyperparams=parameter)["meta"]
    assert (meta["result_code"], meta["result_subcode"]) == (400, 110)
    assert task.set_user_properties(owner="me") is True
    assert task.get_user_properties()["owner"]["value"] == "me"
    publish(task)
    assert not task.set_user_properties(owner="you")
    assert coffer.task(task.id)["hyperparams"]["properties"]["owner"]["value"] == "me"


def test_A_18_a_published_task_refuses_new_replaced_and_removed_artifacts(new_task, publish, coffer, log):
    task = new_task()
    task.upload_artifact("kept", {"a": 1}, wait_on_upload=True)
    publish(task)
    before = coffer.task(task.id)["execution"]

    # Replacing, waited for: the file server refuses the bytes, and the call raises.
    with pytest.raises(ValueError, match="409"):
        task.upload_artifact("kept", {"a": 2}, wait_on_upload=True)
    # A new name, waited for: the bytes have a path of their own, the record is refused, which the SDK only logs.
    log.expect("Action failed <400/110: tasks.add_or_update_artifacts")
    assert task.upload_artifact("new", {"a": 3}, wait_on_upload=True) is True
    # In the background the call is over before the bytes are on their way: it returns True either way.
    assert task.upload_artifact("newer", {"a": 4}) is True
    assert task.upload_artifact("kept", {"a": 5}) is True
    task.flush(wait_for_uploads=True)
    log.expect("tasks.delete_artifacts")
    assert task.delete_artifacts(["kept"], raise_on_errors=False) is False

    assert coffer.task(task.id)["execution"] == before
    assert json.loads(coffer.file(uri_of(coffer, task, "kept")).body) == {"a": 1}
    assert coffer.artifact(task.id, "kept")["state"] == "stored"


def test_A_19_a_published_task_is_cloned_but_not_reset_enqueued_or_deleted(sdk, new_task, publish, coffer, log):
    task, other = new_task("published"), new_task("other")
    publish(task)
    other.mark_started()
    other.mark_completed()
    clone = sdk.Task.clone(task, name="A-19 clone")
    assert coffer.task(clone.id)["status"] == "created"
    with pytest.raises(Exception, match="400/110: tasks.enqueue"):
        sdk.Task.enqueue(task, queue_name="default")
    with pytest.raises(Exception, match="Cannot delete published task"):
        task.delete(raise_on_error=True)
    log.expect("tasks.reset")
    with pytest.raises(Exception):
        task.reset()
        assert coffer.task(task.id)["status"] != "published", "refused, as expected"
        raise AssertionError("the published task was reset")
    done = coffer.data_of("tasks.reset_many", ids=[task.id, other.id])
    assert [item["id"] for item in done["succeeded"]] == [other.id]
    assert done["failed"][0]["error"]["codes"] == [400, 110]
    assert coffer.task(task.id)["status"] == "published"


def prepared(task, coffer):
    """A run with parameters, a configuration, outputs, an input, metrics and a log."""
    task.set_parameters({"Args/lr": 0.1})
    task.set_configuration_object("settings", config_text="a: 1")
    task.mark_started()
    task.upload_artifact("output", {"a": 1}, wait_on_upload=True)
    path = f"/A/{task.id}/input.txt"
    coffer.upload(path, b"input")
    coffer.register(task.id, {"key": "input", "mode": "input", "type": "custom", "uri": coffer.url_of(path)})
    address = f"https://example.org/{task.id}.bin"
    weights = coffer.data_of("models.create", name="weights", uri=address, ready=False)["id"]
    link = {"task": task.id, "name": "weights", "model": weights}
    coffer.data_of("tasks.add_or_update_model", type="input", **link)
    coffer.data_of("tasks.add_or_update_model", type="output", **link)
    task.get_logger().report_scalar("loss", "train", value=1, iteration=3)
    task.get_logger().report_text("a line")
    task.flush(wait_for_uploads=True)
    task.mark_completed()


def left(coffer, task_id):
    document = coffer.task(task_id)
    return {
        "status": document["status"],
        "artifacts": [item["key"] for item in document["execution"]["artifacts"]],
        "inputs": len(document["models"]["input"]),
        "outputs": len(document["models"]["output"]),
        "metrics": len(document["last_metrics"]),
        "iteration": document["last_iteration"],
        "log": coffer.data_of("events.get_task_log", task=task_id)["total"],
        "parameter": document["hyperparams"]["Args"]["lr"]["value"],
        "configuration": document["configuration"]["settings"]["value"],
    }


DRAFT = {
    "status": "created",
    "artifacts": ["input"],
    "inputs": 1,
    "outputs": 0,
    "metrics": 0,
    "iteration": 0,
    "log": 0,
    "parameter": "0.1",
    "configuration": "a: 1",
}


def model_made_by(sdk, task, name):
    model = sdk.OutputModel(task=task, name=name, framework="custom")
    model.update_weights(register_uri=f"https://example.org/{name}.bin")
    return model.id


def test_A_20_a_clone_is_a_draft_of_the_configuration(sdk, new_task, coffer):
    task = new_task()
    made = model_made_by(sdk, task, "A-20")
    prepared(task, coffer)
    assert made in models_of(coffer, task.id) and made not in models_of(coffer, sdk.Task.clone(task).id)
    assert left(coffer, task.id) != DRAFT
    assert left(coffer, sdk.Task.clone(task).id) == DRAFT


def test_A_21_a_clone_takes_the_parent_of_its_source_or_the_source(sdk, new_task, coffer):
    root = new_task("root")
    child = sdk.Task.clone(root)
    grandchild = sdk.Task.clone(child)
    forced = sdk.Task.clone(child, parent=child.id)
    assert [coffer.task(t.id)["parent"] for t in (child, grandchild, forced)] == [root.id, root.id, child.id]


def test_A_22_a_reset_removes_what_the_run_made(sdk, new_task, coffer):
    task = new_task()
    draft, used = (model_made_by(sdk, task, name) for name in ("A-22 draft", "A-22 used"))
    new_task("user").set_input_model(used)
    prepared(task, coffer)
    uri = uri_of(coffer, task, "output")
    task.reset()
    assert coffer.call("models.get_by_id", model=draft)["meta"]["result_code"] == 400
    assert coffer.call("models.get_by_id", model=used)["meta"]["result_code"] == 200
    assert left(coffer, task.id) == DRAFT
    assert coffer.file(uri).status == 404


def test_A_23_the_end_of_a_process_waits_for_its_uploads(rerun, coffer):
    wanted = [f"artifact {i}" for i in range(20)]
    task_id, _ = rerun("A-23", log=wanted, reuse_last_task_id=False)
    assert coffer.task(task_id)["status"] == "completed"
    assert {item["key"]: item["state"] for item in coffer.artifacts(task_id)} == dict.fromkeys(wanted, "stored")


def test_A_24_flush_waits_for_every_upload(new_task, coffer):
    task = new_task()
    for i in range(10):
        assert task.upload_artifact(f"A-24 {i}", {"filler": "x" * 100_000 * i}) is True
    assert task.flush(wait_for_uploads=True)
    assert {item["state"] for item in coffer.artifacts(task.id)} == {"stored"}


def test_A_25_a_silent_run_is_stopped_and_its_artifacts_stay(tmp_path):
    server = Server.start(tmp_path / "data", args=["--watchdog-silence", "1s", "--watchdog-every", "200ms"])
    try:
        task = server.data_of("tasks.create", name="silent", type="training")["id"]
        server.data_of("tasks.started", task=task)
        server.upload("/A-25", b"bytes")
        server.register(task, {"key": "kept", "type": "custom", "uri": server.url_of("/A-25")})
        wait_until(lambda: server.task(task)["status"] == "stopped", 60, "nothing stopped the silent run")
        assert server.task(task)["status_reason"] == "forced stop (non-responsive)"
        assert server.artifact(task, "kept")["state"] == "stored"
    finally:
        server.stop()


@pytest.fixture(scope="module")
def catalogue(sdk, project, coffer):
    """A few tasks that differ in everything a list may be filtered by: {letter: id}."""
    tasks = {}
    for letter, tags, kind in (
        ("a", ["x"], "training"),
        ("b", ["x", "y"], "testing"),
        ("c", ["y", "z"], "training"),
        ("d", [], "testing"),
    ):
        task = sdk.Task.create(f"{project}/catalogue", f"item {letter}", task_type=sdk.Task.TaskTypes(kind))
        task.set_tags(tags)
        task.set_comment(f"comment of {letter}")
        tasks[letter] = task
    tasks["b"].mark_started()
    tasks["c"].mark_started()
    tasks["c"].mark_completed()
    tasks["d"].set_archived(True)
    # Last, least and greatest value each put the tasks into another order.
    for letter, losses in {"a": (1, 5), "b": (7, 2), "c": (4, 9, 3), "d": (6, 8)}.items():
        for iteration, loss in enumerate(losses):
            point = {"type": "training_stats_scalar", "metric": "loss", "variant": "total", "value": loss}
            coffer.data_of("events.add", task=tasks[letter].id, iter=iteration, **point)
    return {letter: task.id for letter, task in tasks.items()}


@pytest.fixture
def letters(sdk, project, catalogue):
    by_id = {id: letter for letter, id in catalogue.items()}

    def query(ordered=False, **options):
        options.setdefault("project_name", f"{project}/catalogue")
        found = [by_id[task.id] for task in sdk.Task.get_tasks(**options)]
        return "".join(found if ordered else sorted(found))

    return query


def test_A_26_tasks_are_found_by_every_kind_of_filter(letters, catalogue):
    assert letters() == "abcd"
    assert letters(task_ids=[catalogue["a"], catalogue["c"]]) == "ac"
    assert letters(task_name="^item b$") == "b"
    assert letters(task_name="item") == "abcd"
    assert letters(tags=["y"]) == "bc"
    assert letters(allow_archived=False) == "abc"
    assert letters(task_filter={"status": ["completed", "in_progress"]}) == "bc"
    assert letters(task_filter={"type": ["testing"]}) == "bd"
    assert letters(task_filter={"_any_": {"fields": ["comment", "name"], "pattern": "of a$"}}) == "a"
    assert letters(ordered=True, task_filter={"order_by": ["-name"]}) == "dcba"
    assert letters(ordered=True, task_filter={"order_by": ["name"]}) == "abcd"
    assert letters(task_filter={"search_text": "comment"}) == "abcd"
    assert letters(task_filter={"search_text": '"comment of b"'}) == "b"
    loss = "last_metrics." + ".".join(hashlib.md5(name).hexdigest() for name in (b"loss", b"total"))
    for value, order in (("value", "bcad"), ("min_value", "abcd"), ("max_value", "abdc")):
        assert letters(ordered=True, task_filter={"order_by": [f"{loss}.{value}"]}) == order
        assert letters(ordered=True, task_filter={"order_by": [f"-{loss}.{value}"]}) == order[::-1]


@pytest.mark.parametrize(
    "tags, found",
    [
        (["x", "z"], "abc"),
        (["__$all", "x", "y"], "b"),
        (["__$all", "y", "__$not", "z"], "b"),
        (["-x"], "cd"),
        (["x", "-y"], "a"),
        (["__$all", "y", "__$or", "x", "z"], "bc"),
    ],
    ids=lambda value: " ".join(value),
)
def test_A_27_tag_filters_understand_their_operators(tags, found, letters):
    assert letters(tags=tags) == found


def test_A_28_pipeline_steps_pass_results_as_artifacts(run_program, coffer, project):
    pipeline = said(run_program("pipeline.py", f"{project}/pipelines"), "pipeline")
    document = coffer.task(pipeline)
    steps = coffer.data_of("tasks.get_all", parent=[pipeline], search_hidden=True)["tasks"]
    produce, consume = sorted(steps, key=lambda step: step["name"], reverse=True)
    assert [document["status"], produce["status"], consume["status"]] == ["completed"] * 3
    # The parameter of the second step points at the artifact of the first.
    assert consume["hyperparams"]["kwargs_artifacts"]["data"]["value"] == f"{produce['id']}.data"
    data, result = (coffer.record(step["id"], name) for step, name in ((produce, "data"), (consume, "result")))
    assert pickle.loads(coffer.file(data["uri"]).body) == {"a": 1}
    assert pickle.loads(coffer.file(result["uri"]).body) == {"b": 2}
    copies = {item["key"]: (item["uri"], item["hash"]) for item in document["execution"]["artifacts"]}
    assert copies["data"] == copies["renamed"] == (data["uri"], data["hash"])


def test_A_29_a_task_is_exported_and_imported(sdk, new_task, coffer):
    task = new_task("exported")
    prepared(task, coffer)
    data = json.loads(json.dumps(task.export_task(), default=str))
    assert "last_metrics" not in data and "artifacts" not in data["execution"]
    made = sdk.Task.import_task(data)
    assert made.id != task.id
    document = coffer.task(made.id)
    assert document["hyperparams"]["Args"]["lr"]["value"] == "0.1"
    assert document["configuration"]["settings"]["value"] == "a: 1"
    assert document["execution"]["artifacts"] == [] and document["last_metrics"] == {}
    data["comment"] = "updated"
    assert sdk.Task.import_task(data, target_task=made.id, update=True).id == made.id
    assert coffer.task(made.id)["comment"] == "updated"


def test_A_30_description_tags_properties_and_progress_change_until_published(new_task, coffer):
    task = new_task()
    for round, state in enumerate(["created", "in_progress", "completed"]):
        {"created": lambda: None, "in_progress": task.mark_started, "completed": task.mark_completed}[state]()
        task.set_comment(f"comment {round}")
        task.set_tags([f"tag {round}"])
        task.set_progress(round * 50)
        assert task.set_user_properties(round=str(round)) is True
        document = coffer.task(task.id)
        assert (document["status"], document["comment"], document["tags"]) == (state, f"comment {round}", [f"tag {round}"])
        assert document["runtime"]["progress"] == str(round * 50) and task.get_progress() == round * 50
        assert document["hyperparams"]["properties"]["round"]["value"] == str(round)


def test_A_31_children_outlive_their_parent_and_show_that_it_is_gone(sdk, new_task, coffer):
    parent = new_task("parent")
    child = sdk.Task.clone(parent)
    assert coffer.task(child.id)["parent"] == parent.id
    assert parent.delete(raise_on_error=True)
    assert coffer.task(child.id)["parent"] == f"__DELETED__{parent.id}"
