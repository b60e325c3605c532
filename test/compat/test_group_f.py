"""Models: one test for each row of group F, named after it."""

import hashlib
import json
import os
import re
import urllib.parse
import zipfile
from pathlib import Path

import pytest
from server import wait_until

SENT_LIMIT = 60


@pytest.fixture
def model_of(coffer):
    """The model as the protocol shows it."""
    return lambda model_id: coffer.data_of("models.get_by_id", model=model_id)["model"]


@pytest.fixture
def bytes_at(coffer):
    """Reads an address as the SDK wrote it: models have theirs unquoted."""
    return lambda url, **headers: coffer.file(urllib.parse.quote(url, safe="/:%?=&"), **headers)


@pytest.fixture
def links_of(coffer):
    """The models that a task lists: [(name, model id), ...]."""
    return lambda task, kind="output": [
        (item["name"], item["model"]) for item in coffer.task(getattr(task, "id", task))["models"][kind]
    ]


@pytest.fixture
def stored_task(new_task, coffer):
    """Makes a task whose models go to the file server."""

    def make(name="stored"):
        made = new_task(name)
        made.output_uri = coffer.files_url
        return made

    return make


@pytest.fixture
def weights(tmp_path):
    """Writes a file of weights."""

    def make(name="weights.bin", content=None):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if content is not None else os.urandom(2000))
        return path

    return make


@pytest.fixture
def output_model(sdk, stored_task, weights):
    """An output model with weights on the file server, and what was sent."""

    def make(name="model", task=None, file="weights.bin", content=None, wait=True, **options):
        path = weights(file, content)
        sent = path.read_bytes()
        model = sdk.OutputModel(task=task or stored_task(name), name=name, framework="custom", **options)
        model.update_weights(str(path), auto_delete_file=False, async_enable=not wait)
        return model, sent

    return make


def sha(content):
    return hashlib.sha256(content).hexdigest()


def ids(models):
    return [model.id for model in models]


def said(output, what):
    """What a program printed after the word, all of it."""
    return re.findall(rf"^{what} (.*)$", output, re.MULTILINE)


def test_F_01_input_output_and_snapshots_are_models_of_the_task(sdk, stored_task, output_model, links_of, weights):
    used, _ = output_model("F-01 used")
    task = stored_task("F-01")
    task.connect(sdk.InputModel(used.id), name="start")
    made = sdk.OutputModel(task=task, name="F-01 made", framework="custom")
    for step in range(2):
        made.update_weights(str(weights(f"F-01-{step}.bin")), iteration=step, async_enable=False)
    assert links_of(task, "input") == [("start", used.id)]
    assert {model for _, model in links_of(task)} == {made.id}


def test_F_02_a_model_has_an_id_of_its_own(output_model, model_of):
    first, second = (output_model("F-02 twins")[0] for _ in range(2))
    assert first.id != second.id
    assert re.fullmatch("[0-9a-f]{32}", first.id)
    assert model_of(first.id)["name"] == model_of(second.id)["name"] == "F-02 twins"


def test_F_03_a_model_is_opened_by_its_id(output_model, peer):
    model, sent = output_model("F-03")
    report = peer.model(model.id).result
    assert report["name"] == "F-03" and report["copy"]["sha256"] == sha(sent)


def test_F_04_a_model_is_reached_through_its_task(sdk, output_model, stored_task, peer):
    task = stored_task("F-04")
    model, sent = output_model("F-04", task=task)
    found = sdk.Task.get_task(task.id).models["output"]
    assert ids(found) == [model.id]
    assert peer.model_copy(found[0].id).result["sha256"] == sha(sent)


def test_F_05_frameworks_register_what_they_save(run_program, coffer, links_of, model_of, bytes_at):
    output = run_program("saves_models.py", coffer.files_url)
    (task,) = said(output, "task id")
    found = {name: model_of(model) for name, model in links_of(task)}
    assert set(found) == {"classifier", "trees", "pickled"}
    assert found["classifier"]["framework"] == "ScikitLearn" and found["trees"]["framework"] == "XGBoost"
    (digests,) = said(output, "digests")
    for name, digest in json.loads(digests).items():
        assert sha(bytes_at(found[name]["uri"]).body) == digest


def test_F_06_each_snapshot_is_an_entry_of_its_own_in_order(run_program, coffer, sdk, bytes_at):
    output = run_program("saves_snapshots.py", coffer.files_url, "different")
    (task,) = said(output, "task id")
    found = sdk.Task.get_task(task).models["output"]
    assert [model.url.rsplit("/", 1)[1] for model in found] == [f"step_{step}.pkl" for step in range(5)]
    assert [sha(bytes_at(model.url).body) for model in found] == said(output, "digest")
    assert found[-1].url.endswith("step_4.pkl")


def test_F_07_saving_over_the_same_file_updates_the_model(run_program, coffer, links_of, bytes_at):
    output = run_program("saves_snapshots.py", coffer.files_url, "same", 20)
    (task,) = said(output, "task id")
    ((_, model),) = links_of(task)
    digests = said(output, "digest")
    versions = coffer.data_of("models.get_versions", model=model)["versions"]
    assert [version["sha256"] for version in reversed(versions)] == digests
    assert [version["iteration"] for version in reversed(versions)] == list(range(20))
    for version in versions:  # each of the snapshots can still be read
        assert sha(coffer.file(version["url"]).body) == version["sha256"]
        assert sha(bytes_at(f"{version['uri']}?version={version['file_version']}").body) == version["sha256"]


def test_F_08_loading_weights_makes_an_input_model(run_program, coffer, links_of, model_of):
    trained = run_program("saves_snapshots.py", coffer.files_url, "same")
    (maker,) = said(trained, "task id")
    ((_, model),) = links_of(maker)
    output = run_program("loads_model.py", model)
    (task,) = said(output, "task id")
    assert [linked for _, linked in links_of(task, "input")] == [model]
    assert model_of(model)["task"] == maker


def test_F_09_capture_is_switched_off_or_restricted(run_program, coffer, links_of):
    for choice, want in (
        ("false", []),
        ('{"joblib": false}', ["trees"]),
        ('{"joblib": ["classifier*"], "xgboost": false}', ["classifier"]),
    ):
        output = run_program("saves_models.py", coffer.files_url, choice)
        (task,) = said(output, "task id")
        assert sorted(name for name, _ in links_of(task)) == want, choice


def test_F_10_without_a_destination_the_local_path_is_stored(run_program, coffer, links_of, model_of):
    output = run_program("saves_snapshots.py", "", "same")
    (task,) = said(output, "task id")
    ((_, model),) = links_of(task)
    assert model_of(model)["uri"].startswith("file:///") and model_of(model)["uri"].endswith("/snapshot.pkl")
    output = run_program("saves_snapshots.py", coffer.files_url, "same")
    (task,) = said(output, "task id")
    ((_, model),) = links_of(task)
    assert model_of(model)["uri"].startswith(coffer.files_url)


@pytest.fixture
def folder_uri(tmp_path):
    """Makes a folder and gives its address: the SDK wants one that exists."""

    def make(name):
        (tmp_path / name).mkdir()
        return (tmp_path / name).as_uri()

    return make


def test_F_11_the_narrower_destination_wins(sdk, new_task, weights, model_of, run_program, environment, links_of, folder_uri):
    by_task, by_model, by_call = (folder_uri(name) for name in ("task", "model", "call"))
    by_config = folder_uri("config")
    task = new_task("F-11")
    task.output_uri = by_task
    first = sdk.OutputModel(task=task, name="F-11 by task", framework="custom")
    first.update_weights(str(weights("1.bin")), async_enable=False)
    second = sdk.OutputModel(task=task, name="F-11 by model", framework="custom")
    second.set_upload_destination(by_model)
    second.update_weights(str(weights("2.bin")), async_enable=False)
    third = sdk.OutputModel(task=task, name="F-11 by call", framework="custom")
    third.update_weights(str(weights("3.bin")), upload_uri=by_call, async_enable=False)
    for model, uri in ((first, by_task), (second, by_model), (third, by_call)):
        assert model_of(model.id)["uri"].startswith(uri)

    conf = f'sdk.development.default_output_uri: "{by_config}"\n'
    conf += "sdk.development.report_use_subprocess: false\n"
    output = run_program("saves_snapshots.py", "", "same", env=environment(conf=conf))
    ((_, model),) = links_of(said(output, "task id")[0])
    assert model_of(model)["uri"].startswith(by_config)


def test_F_12_an_output_model_belongs_to_its_task_at_once(sdk, stored_task, links_of):
    task = stored_task("F-12")
    model = sdk.OutputModel(task=task, name="F-12", framework="custom", base_model_id=None)
    model.update_design(config_text="layers: 3")
    model.update_weights(register_uri="https://example.org/F-12.bin")
    assert [linked for _, linked in links_of(task)] == [model.id]


def test_F_13_an_output_model_serves_as_input_of_another_task(sdk, stored_task, output_model, links_of, weights):
    model, _ = output_model("F-13")
    task = stored_task("F-13 user")
    task.connect(sdk.InputModel(model.id), name="base")
    assert links_of(task, "input") == [("base", model.id)]
    model.update_weights(str(weights("F-13-more.bin")), async_enable=False)  # still to be written
    assert model.url.endswith("F-13-more.bin")


def test_F_14_input_models_come_from_urls_from_models_or_from_code(sdk, stored_task, output_model, links_of, model_of):
    imported = sdk.InputModel.import_model("https://example.org/F-14/resnet.onnx", name="F-14 imported")
    registered = sdk.InputModel(output_model("F-14 registered")[0].id)
    defined = sdk.InputModel.empty(config_text="layers: 4", label_enumeration={"cat": 1})
    task = stored_task("F-14")
    for name, model in (("url", imported), ("model", registered), ("code", defined)):
        task.connect(model, name=name)
    assert links_of(task, "input") == [("url", imported.id), ("model", registered.id)]
    assert model_of(imported.id)["framework"] == "ONNX"
    assert task.get_model_config_text() == "layers: 4" and task.get_labels_enumeration() == {"cat": 1}


def test_F_15_a_registered_model_is_connected_as_input(sdk, stored_task, output_model, links_of, project):
    model, _ = output_model("F-15")
    by_id, by_name = stored_task("F-15 by id"), stored_task("F-15 by name")
    by_id.connect(sdk.InputModel(model_id=model.id))
    by_name.connect(sdk.InputModel(name="F-15", project=project))
    assert [m for _, m in links_of(by_id, "input")] == [m for _, m in links_of(by_name, "input")] == [model.id]
    with pytest.raises(ValueError, match="Could not locate model"):
        sdk.InputModel(name="F-15 nobody", project=project)


def test_F_16_importing_reuses_a_registered_address(sdk, model_of, project):
    address = "https://example.org/F-16/model.h5"
    first = sdk.InputModel.import_model(
        address,
        name="F-16",
        project=project,
        label_enumeration={"dog": 1},
        config_dict={"layers": 2},
        tags=["imported"],
        comment="from elsewhere",
        is_package=True,
        create_as_published=True,
    )
    shown = model_of(first.id)
    assert shown["uri"] == address and shown["name"] == "F-16" and shown["ready"] is True
    assert shown["labels"] == {"dog": 1} and shown["tags"] == ["imported"] and "from elsewhere" in shown["comment"]
    assert shown["framework"] == "Keras" and "package" in " ".join(shown["system_tags"]).lower()
    assert "layers" in shown["design"]["design"]
    second = sdk.InputModel.import_model(address, name="F-16 another name", tags=["ignored"])
    assert second.id == first.id and model_of(first.id) == shown


def test_F_17_load_model_finds_a_registered_address(sdk):
    address = "https://example.org/F-17/model.pt"
    assert sdk.InputModel.load_model(address) is None
    model = sdk.InputModel.import_model(address, name="F-17")
    assert sdk.InputModel.load_model(address).id == model.id
    model.archive()
    assert sdk.InputModel.load_model(address) is None
    assert sdk.InputModel.load_model(address, load_archived=True).id == model.id


def test_F_18_a_remote_run_takes_the_model_chosen_by_people(sdk, stored_task, output_model, run_program, environment, links_of):
    in_code, _ = output_model("F-18 in code")
    chosen, _ = output_model("F-18 chosen")
    for ignore, want in (("follow", chosen.id), ("ignore", in_code.id)):
        task = stored_task("F-18 " + ignore)
        task.set_input_model(chosen.id, name="start")
        remote = environment(CLEARML_TASK_ID=task.id, CLEARML_LOG_TASK_TO_BACKEND="0", TRAINS_TASK_ID=task.id)
        output = run_program("connects_input.py", in_code.id, ignore, env=remote)
        assert said(output, "task id") == [task.id]
        assert said(output, "model id") == [want]
        assert ("start", want) in links_of(task, "input")


def test_F_19_several_models_each_under_a_name_of_its_own(sdk, stored_task, output_model, links_of):
    task = stored_task("F-19")
    used = [output_model(f"F-19 used {i}")[0] for i in range(2)]
    for i, model in enumerate(used):
        task.connect(sdk.InputModel(model.id), name=f"input {i}")
    made = [output_model(f"F-19 made {i}", task=task, file=f"F-19-{i}.bin")[0] for i in range(2)]
    for i, model in enumerate(made):
        model.connect(task, name=f"output {i}")
    assert links_of(task, "input") == [(f"input {i}", model.id) for i, model in enumerate(used)]
    assert {("output 0", made[0].id), ("output 1", made[1].id)} <= set(links_of(task))
    assert [model.name for model in made] == ["F-19 made 0", "F-19 made 1"]


def test_F_20_the_models_of_a_task_change_by_api(sdk, stored_task, output_model, links_of, weights, model_of):
    task = stored_task("F-20")
    first, second = (output_model(f"F-20 {i}")[0] for i in range(2))
    task.set_input_model(first.id, name="a")
    task.set_input_model(second.id, name="b")
    assert links_of(task, "input") == [("a", first.id), ("b", second.id)]
    task.remove_input_models([first.id])
    assert links_of(task, "input") == [("b", second.id)]
    path = weights("F-20.bin")
    sent = path.read_bytes()
    task.update_output_model(str(path), name="F-20 entry", model_name="F-20 model", comment="by the task", auto_delete_file=False)
    sdk.OutputModel.wait_for_uploads()
    ((name, model),) = links_of(task)
    assert name == "F-20 entry"
    wait_until(lambda: model_of(model)["uri"].endswith("F-20.bin"), SENT_LIMIT, "the weights never came")
    assert model_of(model)["name"] == "F-20 model" and len(sent) == 2000


def test_F_21_weights_are_a_file_or_a_registered_address(sdk, stored_task, weights, model_of):
    model = sdk.OutputModel(task=stored_task("F-21"), name="F-21", framework="custom")
    for wrong in (dict(), dict(weights_filename=str(weights()), register_uri="https://example.org/w")):
        with pytest.raises(ValueError, match="never both"):
            model.update_weights(**wrong)
    model.update_weights(register_uri="s3://bucket/F-21/weights.pt")
    assert model_of(model.id)["uri"] == "s3://bucket/F-21/weights.pt"
    model.update_weights(str(weights("F-21.bin")), async_enable=False)
    assert model_of(model.id)["uri"].endswith("F-21.bin")


def test_F_22_destination_name_and_extension_can_be_chosen(sdk, stored_task, weights, model_of, coffer, bytes_at):
    model = sdk.OutputModel(task=stored_task("F-22"), name="F-22", framework="PyTorch")
    path = weights("local name")
    sent = path.read_bytes()
    model.update_weights(str(path), upload_uri=coffer.files_url + "/F-22", target_filename="renamed.pt", async_enable=False)
    uri = model_of(model.id)["uri"]
    assert uri.startswith(coffer.files_url + "/F-22/") and uri.endswith("/renamed.pt")
    assert bytes_at(uri).body == sent


def test_F_23_the_previous_local_file_is_removed(sdk, stored_task, weights):
    model = sdk.OutputModel(task=stored_task("F-23"), name="F-23", framework="custom")
    first, second, kept = weights("F-23-1.bin"), weights("F-23-2.bin"), weights("F-23-3.bin")
    for path in (first, second):
        model.update_weights(str(path))
        sdk.OutputModel.wait_for_uploads()
    wait_until(lambda: not first.exists() and not second.exists(), SENT_LIMIT, "the files were not removed")
    model.update_weights(str(kept), auto_delete_file=False)
    sdk.OutputModel.wait_for_uploads()
    assert kept.exists()


def test_F_24_iteration_and_comment_tell_of_the_snapshot(sdk, stored_task, weights, model_of, coffer):
    task = stored_task("F-24")
    model = sdk.OutputModel(task=task, name="F-24", framework="custom", comment="what I made")
    for iteration in (3, 7):
        model.update_weights(str(weights(f"F-24-{iteration}.bin")), iteration=iteration, auto_delete_file=False)
        sdk.OutputModel.wait_for_uploads()
        wait_until(lambda: f"F-24-{iteration}" in model_of(model.id)["uri"], SENT_LIMIT, "the weights never came")
    shown = model_of(model.id)
    assert "F-24-3.bin stored" in shown["comment"] and "F-24-7.bin stored" in shown["comment"]
    assert shown["comment"].endswith("what I made")
    versions = coffer.data_of("models.get_versions", model=model.id)["versions"]
    assert [version["iteration"] for version in versions] == [7, 3]
    assert coffer.task(task.id)["last_iteration"] == 7
    before = shown["comment"]
    model.update_weights(str(weights("F-24-8.bin")), update_comment=False, async_enable=False)
    assert model_of(model.id)["comment"] == before


def test_F_25_uploads_run_in_the_background_or_block_and_raise(sdk, stored_task, weights, model_of, coffer, log, bytes_at):
    model = sdk.OutputModel(task=stored_task("F-25"), name="F-25", framework="custom")
    for i in range(4):
        model.update_weights(str(weights(f"F-25-{i}.bin")), iteration=i)
    sdk.OutputModel.wait_for_uploads(timeout=SENT_LIMIT)
    wait_until(lambda: model_of(model.id)["uri"].endswith("F-25-3.bin"), SENT_LIMIT, "the last weights never came")
    assert bytes_at(model_of(model.id)["uri"]).status == 200
    with pytest.raises(Exception):
        model.update_weights(str(weights("F-25.bin")) + ".missing", async_enable=False)


def test_F_26_a_failed_upload_never_replaces_a_good_address(output_model, stored_task, model_of, weights, bytes_at):
    task = stored_task("F-26")
    model, sent = output_model("F-26", task=task)
    good = model_of(model.id)["uri"]
    # A published model's path is frozen, so an upload to it is refused.
    frozen, kept = output_model("F-26 frozen", task=task, file="frozen.bin")
    frozen.publish()
    model.update_weights(str(weights("frozen.bin", b"other bytes")), auto_delete_file=False)
    # What the SDK writes after an upload, failed or not, tells of the snapshot.
    wait_until(lambda: "frozen.bin stored" in model_of(model.id)["comment"], SENT_LIMIT, "the SDK never came back")
    assert model_of(model.id)["uri"] == good
    assert bytes_at(good).body == sent
    assert bytes_at(model_of(frozen.id)["uri"]).body == kept


def test_F_27_without_a_destination_the_local_path_is_registered(sdk, new_task, weights, model_of, log):
    model = sdk.OutputModel(task=new_task("F-27"), name="F-27", framework="custom")
    model._log.setLevel("INFO")  # its lines go to the console, which is not under watch at that level
    path = weights("F-27.bin")
    model.update_weights(str(path))
    assert model_of(model.id)["uri"] == path.as_uri()
    assert path.exists() and log.lines("No output storage destination defined")


@pytest.mark.parametrize("way", ["files", "folder", "update_weights"])
def test_F_28_a_package_is_one_zip(way, sdk, stored_task, weights, model_of, coffer, tmp_path, bytes_at):
    model = sdk.OutputModel(task=stored_task("F-28"), name="F-28", framework="custom")
    files = [weights("pack/a.bin"), weights("pack/deep/b.bin")]
    sent = {path.relative_to(tmp_path / "pack").as_posix(): path.read_bytes() for path in files}
    keep = dict(auto_delete_file=False, async_enable=False)
    if way == "files":
        model.update_weights_package(weights_filenames=[str(path) for path in files], **keep)
    elif way == "folder":
        model.update_weights_package(weights_path=str(tmp_path / "pack"), **keep)
    else:
        model.update_weights(str(tmp_path / "pack"), **keep)
    shown = model_of(model.id)
    assert any("package" in tag.lower() for tag in shown["system_tags"])
    archive = tmp_path / "back.zip"
    archive.write_bytes(bytes_at(shown["uri"]).body)
    with zipfile.ZipFile(archive) as found:
        assert {name: found.read(name) for name in found.namelist() if not name.endswith("/")}.items() >= sent.items()


def test_F_29_a_package_comes_extracted_a_file_as_a_file(sdk, stored_task, output_model, weights, peer, new_peer, tmp_path):
    model = sdk.OutputModel(task=stored_task("F-29"), name="F-29", framework="custom")
    sent = {name: sha(weights(f"pack/{name}").read_bytes()) for name in ("a.bin", "b.bin")}
    model.update_weights_package(weights_path=str(tmp_path / "pack"), auto_delete_file=False, async_enable=False)
    assert peer.model_copy(model.id).result["folder"] == sent
    fresh = new_peer()  # the SDK takes what it has in its cache for what was asked
    assert fresh.model_copy(model.id, extract_archive=False).result["path"].endswith(".zip")
    files = peer.model_package(model.id, return_path=False).result
    assert sorted(Path(path).name for path in files) == ["a.bin", "b.bin"]
    assert peer.model_package(model.id, return_path=True).result.strip()
    single, content = output_model("F-29 single")
    assert peer.model_copy(single.id).result["sha256"] == sha(content)


def test_F_30_a_local_copy_is_cached(output_model, peer, coffer, log):
    model, sent = output_model("F-30")
    first = peer.model_copy(model.id)
    second = peer.model_copy(model.id)
    assert first.result == second.result and first.result["sha256"] == sha(sent)
    assert [r for r in first.requests if "weights.bin" in str(r)] and not [r for r in second.requests if "weights.bin" in str(r)]
    again = peer.model_copy(model.id, force_download=True)
    assert [r for r in again.requests if "weights.bin" in str(r)]
    missing = peer.import_model("F-30 missing", coffer.files_url + "/F-30/nothing.bin").result
    assert peer.model_copy(missing).result is None
    with pytest.raises(Exception, match="ValueError"):
        peer.model_copy(missing, raise_on_error=True)


def test_F_31_the_framework_is_guessed_from_the_extension(sdk, stored_task, weights, model_of):
    for extension, want in ((".pt", "PyTorch"), (".h5", "Keras"), (".onnx", "ONNX"), (".cbm", "CatBoost"), (".pkl", "ScikitLearn")):
        model = sdk.OutputModel(task=stored_task("F-31"), name="F-31 " + extension)
        model.update_weights(register_uri="https://example.org/F-31/model" + extension)
        assert model_of(model.id)["framework"] == want
    model = sdk.OutputModel(task=stored_task("F-31"), name="F-31 own", framework="our own")
    model.update_weights(str(weights("F-31.bin")), async_enable=False)
    assert model_of(model.id)["framework"] == "our own"


def test_F_32_a_model_has_a_design(sdk, stored_task, weights, model_of):
    model = sdk.OutputModel(task=stored_task("F-32"), name="F-32", framework="custom", config_text="layers: 1")
    model.update_weights(str(weights("F-32.bin")), async_enable=False)
    assert sdk.Model(model.id).config_text == "layers: 1"
    model.update_design(config_dict={"layers": 2, "deep": {"er": [1, 2]}})
    assert sdk.Model(model.id).config_dict == {"layers": 2, "deep": {"er": [1, 2]}}
    model.publish()
    with pytest.raises(ValueError, match="published"):
        model.update_design(config_text="layers: 3")


def test_F_33_a_model_has_labels(sdk, stored_task, weights, model_of):
    labels = {"background": 0, "cat": 1, "größe": 2}
    task = stored_task("F-33")
    task.connect_label_enumeration(labels)
    model = sdk.OutputModel(task=task, name="F-33", framework="custom")
    model.update_weights(str(weights("F-33.bin")), async_enable=False)
    assert sdk.Model(model.id).labels == labels
    model.update_labels({"dog": 5})
    assert sdk.Model(model.id).labels == model_of(model.id)["labels"] == {"dog": 5}
    with pytest.raises(ValueError):
        model.update_labels({"dog": "five"})


def test_F_34_metadata_is_typed(sdk, output_model, model_of):
    model, _ = output_model("F-34")
    assert model.set_metadata("accuracy", "0.91", "float") and model.set_metadata("epochs", "7", "int")
    assert model.set_metadata("a.b", "dotted")
    read = sdk.Model(model.id)
    assert read.get_metadata("accuracy") == "0.91" and read.get_metadata_casted("accuracy") == 0.91
    epochs = read.get_all_metadata()["epochs"]
    assert (epochs["type"], epochs["value"]) == ("int", "7")
    assert read.get_metadata("a.b") == "dotted"
    assert read.get_all_metadata_casted()["epochs"] == 7
    model.publish()
    assert read.set_all_metadata({"lr": {"type": "float", "value": "0.1"}}, replace=False)
    assert set(sdk.Model(model.id).get_all_metadata()) == {"accuracy", "epochs", "a.b", "lr"}
    assert read.set_all_metadata({"only": {"type": "str", "value": "x"}}, replace=True)
    assert set(sdk.Model(model.id).get_all_metadata()) == {"only"}


def test_F_35_what_a_model_says_of_itself(sdk, stored_task, output_model, model_of, project, coffer):
    task = stored_task("F-35")
    model, _ = output_model("F-35", task=task, tags=["first"], comment="a comment")
    read = sdk.Model(model.id)
    assert (read.name, read.tags, read.framework) == ("F-35", ["first"], "custom")
    assert "a comment" in read.comment and read.task == read.original_task == task.id
    assert coffer.data_of("projects.get_by_id", project=read.project)["project"]["name"] == project
    shown = model_of(model.id)
    assert shown["user"] and shown["created"] <= shown["last_update"] and isinstance(shown["system_tags"], list)
    read.name, read.tags, read.comment = "F-35 renamed", ["a", "b"], "another"
    again = sdk.Model(model.id)
    assert (again.name, sorted(again.tags), again.comment) == ("F-35 renamed", ["a", "b"], "another")


def test_F_36_a_published_model_is_read_only(sdk, stored_task, output_model, weights, model_of, coffer):
    task = stored_task("F-36")
    model, _ = output_model("F-36", task=task)
    model.publish()
    assert model.published and model_of(model.id)["ready"] is True
    with pytest.raises(ValueError, match="published"):
        model.update_weights(str(weights("F-36.bin")))
    assert coffer.call("models.edit", model=model.id, uri="https://example.org/other")["meta"]["result_code"] == 400
    assert coffer.upload(model.url[len(coffer.files_url):], b"other").status == 409
    assert sdk.Model(model.id).set_metadata("still", "possible")
    # Publishing through the API takes the task along.
    other = stored_task("F-36 task")
    made, _ = output_model("F-36 second", task=other, file="F-36-2.bin")
    other.mark_started()
    other.mark_completed()
    answer = coffer.data_of("models.set_ready", model=made.id, publish_task=True)
    assert answer["published_task"]["id"] == other.id
    assert coffer.task(other.id)["status"] == "published"


def test_F_37_archiving_is_idempotent(sdk, output_model, model_of):
    model, _ = output_model("F-37")
    for _ in range(2):
        model.archive()
        assert model_of(model.id)["system_tags"].count("archived") == 1
    for _ in range(2):
        model.unarchive()
        assert "archived" not in model_of(model.id)["system_tags"]


def test_F_38_query_models(sdk, stored_task, project, coffer, output_model):
    tags = {"one": ["a"], "two": ["a", "b"], "three": ["b", "c"], "four": []}
    made = {}
    for name, own in tags.items():
        made[name], _ = output_model(f"F-38 {name}", tags=["F-38", *own])
        made[name].set_metadata("kind", name)
    names = {model.id: name for name, model in made.items()}

    def found(**query):
        return [names[model.id] for model in sdk.Model.query_models(**query) if model.id in names]

    everything = list(reversed(made))
    assert found(project_name=project, tags=["F-38"]) == everything  # the newest first
    assert found(model_name="F-38 two") == ["two"] and found(model_name="F-38") == []
    assert found(tags=["b"]) == ["three", "two"]
    assert found(tags=["__$all", "a", "b"]) == ["two"]
    assert found(tags=["F-38", "-a"]) == ["four", "three"]
    assert found(tags=["__$all", "F-38", "__$not", "a"]) == ["four", "three"]
    assert found(tags=["__$all", "F-38", "__$or", "a", "c"]) == ["three", "two", "one"]
    assert found(metadata={"kind": "three"}) == ["three"]
    assert len(sdk.Model.query_models(tags=["F-38"], max_results=2)) == 2
    made["one"].publish()
    assert found(tags=["F-38"], only_published=True) == ["one"]
    made["two"].archive()
    assert "two" not in found(tags=["F-38"]) and "two" in found(tags=["F-38"], include_archived=True)


def test_F_39_removing_a_model(sdk, stored_task, output_model, coffer, links_of, log, bytes_at):
    model, _ = output_model("F-39")
    url = model.url
    assert sdk.Model.remove(model.id) is True
    assert coffer.call("models.get_by_id", model=model.id)["meta"]["result_code"] == 400
    assert bytes_at(url).status == 404
    kept, sent = output_model("F-39 kept", file="F-39-kept.bin")
    url = kept.url
    assert sdk.Model.remove(kept.id, delete_weights_file=False) is True
    assert bytes_at(url).body == sent
    used, _ = output_model("F-39 used", file="F-39-used.bin")
    stored_task("F-39 user").connect(sdk.InputModel(used.id), name="used")
    assert sdk.Model.remove(used.id) is False
    with pytest.raises(ValueError, match="Could not remove"):
        sdk.Model.remove(used.id, raise_on_errors=True)
    assert sdk.Model.remove(used.id, force=True) is True
    lost = sdk.InputModel.import_model(coffer.files_url + "/F-39/never-uploaded.bin", name="F-39 lost")
    assert sdk.Model.remove(lost.id) is False  # the record went, there was no file
    log.expect("Failed deleting")
    assert coffer.call("models.get_by_id", model=lost.id)["meta"]["result_code"] == 400


def test_F_40_a_model_in_use_is_not_deleted_without_force(sdk, stored_task, output_model, coffer, publish):
    used, _ = output_model("F-40 used")
    user = stored_task("F-40 user")
    user.connect(sdk.InputModel(used.id), name="used")
    maker = stored_task("F-40 maker")
    made, _ = output_model("F-40 made", task=maker, file="F-40-made.bin")
    publish(maker)
    for model in (used, made):
        refused = coffer.call("models.delete", model=model.id)
        assert refused["meta"]["result_code"] == 400
        assert coffer.data_of("models.get_by_id", model=model.id)
        assert coffer.data_of("models.delete", model=model.id, force=True)["deleted"] is True


def test_F_41_lineage_from_a_model(sdk, stored_task, output_model, coffer):
    maker = stored_task("F-41 maker")
    model, sent = output_model("F-41", task=maker)
    users = [stored_task(f"F-41 user {i}") for i in range(2)]
    for user in users:
        user.connect(sdk.InputModel(model.id), name="base")
    after, _ = output_model("F-41 after", task=users[0], file="F-41-after.bin")
    graph = coffer.http("GET", f"{coffer.web_url}/api/lineage?model={model.id}").json()
    nodes = [(node["kind"], node["id"]) for node in graph["nodes"]]
    edges = {(nodes[edge["from"]], edge["how"], nodes[edge["to"]]) for edge in graph["edges"]}
    assert edges >= {
        (("task", maker.id), "made", ("model", model.id)),
        (("task", users[0].id), "made", ("model", after.id)),
        *((("model", model.id), "used", ("task", user.id)) for user in users),
    }
    assert graph["cut"] is False
    by_digest = coffer.http("GET", f"{coffer.web_url}/api/lineage?digest={sha(sent)}").json()
    assert ("model", model.id) in {(node["kind"], node["id"]) for node in by_digest["nodes"]}
    small = coffer.http("GET", f"{coffer.web_url}/api/lineage?model={model.id}&limit=2").json()
    assert small["cut"] is True and len(small["nodes"]) == 2


def test_F_42_models_outlive_the_task_that_made_them(sdk, stored_task, output_model, coffer, peer):
    maker = stored_task("F-42 maker")
    used, sent = output_model("F-42", task=maker)
    user = stored_task("F-42 user")
    user.connect(sdk.InputModel(used.id), name="base")
    published, _ = output_model("F-42 published", task=maker, file="F-42-published.bin")
    published.publish()
    draft, _ = output_model("F-42 draft", task=maker, file="F-42-draft.bin")
    coffer.data_of("tasks.delete", task=maker.id, force=True)
    for model in (used, published):
        shown = coffer.data_of("models.get_by_id", model=model.id)["model"]
        assert coffer.call("tasks.get_by_id", task=maker.id)["meta"]["result_code"] == 400
        assert not shown.get("task") or shown["task"] != maker.id or coffer.call("tasks.get_by_id", task=shown["task"])
    assert coffer.call("models.get_by_id", model=draft.id)["meta"]["result_code"] == 400
    assert peer.model_copy(used.id).result["sha256"] == sha(sent)


def test_F_43_reports_on_a_model(sdk, output_model, coffer):
    model, _ = output_model("F-43")
    for iteration in range(3):
        model.report_scalar("loss", "train", 1 / (iteration + 1), iteration)
    model.report_single_value("best", 0.5)
    model.report_histogram("histogram", "h", values=[1, 2, 3], iteration=0)
    model.report_table("table", "t", iteration=0, table_plot=[["a", "b"], [1, 2]])
    model.report_line_plot("lines", [dict(name="l", data=[[0, 1], [1, 2]])], "x", "y", iteration=0)
    model.report_scatter2d("scatter", "2d", [[0, 1], [1, 2]], iteration=0)
    model.report_scatter3d("scatter", "3d", [[0, 1, 2], [1, 2, 3]], iteration=0)
    model.report_confusion_matrix("confusion", "c", [[1, 0], [0, 1]], iteration=0)
    model.report_surface("surface", "s", [[1, 2], [3, 4]], iteration=0)

    def plots():
        page = coffer.data_of("events.get_task_plots", task=model.id, model_events=True)
        return {event["metric"] for event in page["plots"]}

    wanted = {"histogram", "table", "lines", "scatter", "confusion", "surface"}
    wait_until(lambda: wanted <= plots(), SENT_LIMIT, "the plots never came")

    def curve():
        data = coffer.data_of("events.scalar_metrics_iter_histogram", task=model.id, model_events=True)
        return data.get("loss", {}).get("train", {}).get("y", [])

    wait_until(lambda: len(curve()) == 3, SENT_LIMIT, "the scalars never came")
    assert curve() == pytest.approx([1, 1 / 2, 1 / 3])


def test_F_44_reports_before_any_weights(sdk, stored_task, coffer):
    model = sdk.OutputModel(task=stored_task("F-44"), name="F-44", framework="custom")
    model.report_scalar("loss", "early", 2.5, 1)
    assert model.id

    def curve():
        data = coffer.data_of("events.scalar_metrics_iter_histogram", task=model.id, model_events=True)
        return data.get("loss", {}).get("early", {}).get("y")

    wait_until(lambda: curve() == [2.5], SENT_LIMIT, "the scalar never came")


def test_F_46_the_destination_of_a_model_can_be_set(sdk, new_task, weights, model_of, folder_uri):
    destination = folder_uri("single")
    model = sdk.OutputModel(task=new_task("F-46"), name="F-46", framework="custom")
    model.set_upload_destination(destination)
    model.update_weights(str(weights("F-46.bin")), auto_delete_file=False, async_enable=False)
    assert model_of(model.id)["uri"].startswith(destination)


def test_F_47_models_of_a_task_are_a_list_and_a_dictionary(sdk, stored_task, output_model):
    task = stored_task("F-47")
    made = [output_model(f"F-47 {i}", task=task, file=f"F-47-{i}.bin")[0] for i in range(2)]
    used, _ = output_model("F-47 used")
    task.connect(sdk.InputModel(used.id), name="start")
    models = sdk.Task.get_task(task.id).models
    assert ids(models["output"]) == ids(models.output) == ids(made)
    assert models["output"][-1].id == made[-1].id and models.output["F-47-0"].id == made[0].id
    assert models["input"]["start"].id == models.input[0].id == used.id
    assert list(models.input.keys()) == ["start"] and len(models.output) == 2


def test_F_48_moving_a_model_keeps_it_whole(sdk, output_model, stored_task, coffer, model_of, project, links_of, bytes_at):
    maker = stored_task("F-48")
    model, sent = output_model("F-48", task=maker)
    before = model_of(model.id)
    coffer.data_of("models.move", ids=[model.id], project_name=project + "/moved")
    after = model_of(model.id)
    assert after["project"] != before["project"]
    assert (after["id"], after["uri"], after["task"]) == (before["id"], before["uri"], maker.id)
    assert [linked for _, linked in links_of(maker)] == [model.id]
    assert bytes_at(after["uri"]).body == sent


def test_F_49_a_folder_of_weights_comes_back_as_a_folder(sdk, stored_task, weights, peer, tmp_path):
    names = ("saved_model.pb", "variables/variables.index", "variables/variables.data-00000-of-00001")
    sent = {name: sha(weights("saved/" + name).read_bytes()) for name in names}
    model = sdk.OutputModel(task=stored_task("F-49"), name="F-49", framework="TensorFlow")
    model.update_weights(str(tmp_path / "saved"), auto_delete_file=False, async_enable=False)
    assert peer.model_copy(model.id).result["folder"] == sent
