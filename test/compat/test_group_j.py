"""Datasets through the SDK: one test for each row of group J that concerns it, named after it."""

import hashlib
import json
import re
import uuid
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from conftest import QUICK_INIT
from server import wait_until


@pytest.fixture(scope="module")
def datasets(sdk):
    from clearml import Dataset

    return Dataset


@pytest.fixture
def folder(tmp_path):
    """Writes files into a folder of the test: `folder(**{"a/b.txt": "text"})`."""

    def write(**files):
        for name, content in files.items():
            path = tmp_path / "files" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return str(tmp_path / "files")

    return write


@pytest.fixture
def make(datasets, project):
    """Makes a version; with a folder it holds the folder's files and is finalized."""

    def go(name, folder=None, **options):
        made = datasets.create(dataset_name=name, dataset_project=project, **options)
        if folder is not None:
            made.add_files(folder)
            made.finalize(auto_upload=True)
        return made

    return go


def unique(name):
    return f"{name} {uuid.uuid4().hex[:8]}"


def contents(root):
    root = Path(root)
    return {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*")) if path.is_file()}


def state_of(coffer, dataset):
    """The index of a version as the server keeps it."""
    return json.loads(coffer.file(coffer.record(dataset.id, "state")["uri"]).body)


def plot_of(coffer, dataset, metric):
    """The plot of a metric, once the SDK's thread has sent it."""

    def sent():
        plots = coffer.data_of("events.get_task_plots", task=dataset.id)["plots"]
        return next((plot for plot in plots if plot["metric"] == metric), None)

    return wait_until(sent, 60, f"no plot {metric} came")


def test_J_01_a_version_is_created_with_all_that_describes_it(sdk, datasets, make, project, coffer, folder):
    name = unique("J-01")
    parent = make(name, folder(a="a"))
    child = make(
        name, dataset_tags=["good"], description="what it holds", dataset_version="2.5.0", parent_datasets=[parent.id], output_uri=coffer.files_url
    )
    record = coffer.task(child.id)
    assert record["type"] == "data_processing" and record["status"] == "in_progress" and "dataset" in record["system_tags"]
    assert record["tags"] == ["good"] and record["comment"] == "what it holds" and record["runtime"]["version"] == "2.5.0"
    assert state_of(coffer, child)["dependency_graph"][child.id] == [parent.id]
    home = coffer.data_of("projects.get_by_id", project=record["project"])["project"]
    assert home["name"] == f"{project}/.datasets/{name}" and sorted(home["system_tags"]) == ["dataset", "hidden"]
    child.finalize()

    running = sdk.Task.init(project, unique("J-01 run"), **QUICK_INIT)
    try:
        bound = datasets.create(dataset_name=unique("J-01 bound"), dataset_project=project, use_current_task=True)
        assert bound.id == running.id and "dataset" in coffer.task(running.id)["system_tags"]
        bound.finalize()
    finally:
        running.close()


def test_J_02_versions_count_up(make, folder, coffer):
    name = unique("J-02")
    first = make(name, folder(a="a"))
    second = make(name, folder(b="b"), parent_datasets=[first.id])
    third = make(name, folder(c="c"), parent_datasets=[second.id], dataset_version="3.0.0")
    fourth = make(name, folder(d="d"), parent_datasets=[third.id])
    versions = [coffer.task(version.id)["runtime"]["version"] for version in (first, second, third, fourth)]
    assert versions == ["1.0.0", "1.0.1", "3.0.0", "3.0.1"]


def test_J_03_only_what_is_new_or_changed_is_recorded(make, folder, coffer):
    name = unique("J-03")
    source = folder(**{"keep.txt": "same", "change.txt": "old", "deep/x.csv": "1"})
    first = make(name, source)
    entries = {entry["relative_path"]: entry for entry in state_of(coffer, first)["dataset_file_entries"]}
    assert set(entries) == {"keep.txt", "change.txt", "deep/x.csv"}
    assert entries["keep.txt"]["hash"] == hashlib.sha256(b"same").hexdigest()

    folder(**{"change.txt": "newer", "new.csv": "2", "not.me": "3"})
    second = make(name, parent_datasets=[first.id])
    second.add_files(source, wildcard=["*.txt", "*.csv"], dataset_path="")
    second.add_files(source + "/new.csv", dataset_path="elsewhere")
    second.finalize(auto_upload=True)
    mine = {entry["relative_path"] for entry in state_of(coffer, second)["dataset_file_entries"] if entry["parent_dataset_id"] == second.id}
    assert mine == {"change.txt", "new.csv", "elsewhere/new.csv"}
    assert len(coffer.record(second.id, "data")["type_data"]["preview"].splitlines()) >= 3

    flat = make(unique("J-03 flat"))
    flat.add_files(source, recursive=False)
    assert "deep/x.csv" not in flat.list_files()
    flat.finalize(auto_upload=True)


def test_J_04_links_are_recorded_and_not_copied(make, coffer, datasets, folder):
    coffer.upload("/J-04/linked.txt", b"linked")
    version = make(unique("J-04"))
    version.add_external_files(source_url=coffer.url_of("/J-04/linked.txt"), dataset_path="links", read_hash=True)
    version.add_external_files(source_url=(Path(folder(**{"near.txt": "near"})) / "near.txt").as_uri())
    version.finalize(auto_upload=True)
    links = {link["relative_path"]: link["size"] for link in state_of(coffer, version)["dataset_link_entries"]}
    assert links == {"links/linked.txt": len(b"linked"), "near.txt": len(b"near")}
    assert contents(datasets.get(dataset_id=version.id).get_local_copy()) == {"links/linked.txt": "linked", "near.txt": "near"}


def test_J_05_files_and_links_are_removed(make, folder, coffer):
    name = unique("J-05")
    coffer.upload("/J-05/linked.txt", b"linked")
    first = make(name)
    first.add_files(folder(**{"a.txt": "a", "b.txt": "b", "deep/c.csv": "c", "deep/d.csv": "d"}))
    first.add_external_files(source_url=coffer.url_of("/J-05/linked.txt"))
    first.finalize(auto_upload=True)
    second = make(name, parent_datasets=[first.id])
    assert second.remove_files("a.txt") == 1
    assert second.remove_files("deep/*.csv") == 2
    assert second.remove_files(coffer.url_of("/J-05/linked.txt")) == 1
    second.finalize(auto_upload=True)
    assert second.list_files() == ["b.txt"] and state_of(coffer, second)["dataset_link_entries"] == []
    assert len(state_of(coffer, first)["dataset_file_entries"]) == 4, "the earlier version stays as it was"


def test_J_06_a_folder_is_synchronised(make, folder, coffer):
    name = unique("J-06")
    source = folder(**{"same.txt": "same", "changes.txt": "old", "goes.txt": "x"})
    first = make(name, source)
    folder(**{"changes.txt": "newer", "comes.txt": "y"})
    (Path(source) / "goes.txt").unlink()
    second = make(name, parent_datasets=[first.id])
    assert second.sync_folder(source) == (1, 1, 1)  # removed, added, modified
    second.finalize(auto_upload=True)
    assert second.list_files() == ["changes.txt", "comes.txt", "same.txt"]
    runtime = coffer.task(second.id)["runtime"]
    assert [int(runtime[f"ds_change_{what}"]) for what in ("add", "modify", "remove")] == [1, 1, 1]


def test_J_07_files_go_up_in_chunks(make, folder, coffer):
    version = make(unique("J-07"))
    version.add_files(folder(**{f"{number}.bin": uuid.uuid4().hex * 20_000 for number in range(4)}))
    version.upload(chunk_size=1, max_workers=2, preview=False, compression=zipfile.ZIP_STORED)
    version.finalize()
    kept = {item["key"]: item for item in coffer.task(version.id)["execution"]["artifacts"]}
    chunks = sorted(key for key in kept if key.startswith("data"))
    assert chunks[:2] == ["data", "data_001"] and version.get_num_chunks() == len(chunks) > 1
    assert all(coffer.artifact(version.id, key)["state"] == "stored" for key in chunks)
    listed = "".join(kept[key]["type_data"]["preview"] for key in chunks)
    assert all(f"{number}.bin" in listed for number in range(4))


def test_J_08_the_index_is_an_artifact(make, folder, coffer):
    name = unique("J-08")
    version = make(name)
    version.add_files(folder(**{"a.txt": "aa", "b.txt": "bbb"}))
    assert version.is_dirty()
    version.upload()
    index = state_of(coffer, version)
    assert {entry["relative_path"] for entry in index["dataset_file_entries"]} == {"a.txt", "b.txt"}
    assert index["dependency_graph"] == {version.id: []} and index["dirty"] is False
    version.finalize()
    runtime = coffer.task(version.id)["runtime"]
    assert int(runtime["ds_file_count"]) == 2 and int(runtime["ds_total_size"]) == 5
    shown = coffer.data_of("projects.get_all_ex", id=[coffer.task(version.id)["project"]], include_dataset_stats=True)["projects"][0]
    assert shown["dataset_stats"] == {"file_count": 2, "total_size": 5}


def test_J_09_a_final_version_stays_as_it_is(make, folder, coffer):
    version = make(unique("J-09"))
    version.add_files(folder(**{"a.txt": "a"}))
    with pytest.raises(ValueError):
        version.finalize()
    assert coffer.task(version.id)["status"] == "in_progress"
    version.finalize(auto_upload=True)
    assert coffer.task(version.id)["status"] == "completed" and version.is_final()
    with pytest.raises(ValueError):
        version.add_files(folder(**{"b.txt": "b"}))
    version.publish()
    assert coffer.task(version.id)["status"] == "published"
    path = coffer.record(version.id, "data")["uri"]
    name = path.split("/", 3)[3]
    assert coffer.http("DELETE", path).status == 409, f"{name} is named by what is published"


def test_J_10_versions_are_found(sdk, datasets, make, project, folder, coffer):
    name = unique("J-10")
    first = make(name, folder(**{"a.txt": "1"}), dataset_tags=["old"])
    second = make(name, folder(**{"a.txt": "2"}), parent_datasets=[first.id])
    third = make(name, parent_datasets=[second.id])
    found = dict(dataset_project=project, dataset_name=name)
    assert datasets.get(dataset_id=first.id).id == first.id
    assert datasets.get(**found, only_completed=True).id == second.id
    assert datasets.get(**found, dataset_version="1.0.0").id == first.id
    assert datasets.get(**found, dataset_tags=["old"]).id == first.id
    with pytest.raises(ValueError):
        datasets.get(**found, only_published=True)
    first.publish()
    assert datasets.get(**found, only_published=True).id == first.id
    with pytest.raises(ValueError):
        datasets.get(dataset_project=project, dataset_name=unique("never made"))
    third.finalize()

    copy = datasets.get(dataset_id=second.id, writable_copy=True)
    assert copy.id != second.id and coffer.task(copy.id)["status"] == "in_progress"
    assert state_of(coffer, copy)["dependency_graph"][copy.id] == [second.id]
    copy.finalize()
    made = datasets.get(dataset_project=project, dataset_name=unique("J-10 new"), auto_create=True)
    assert coffer.task(made.id)["status"] == "in_progress"
    made.finalize()

    run = sdk.Task.init(project, unique("J-10 run"), **QUICK_INIT)
    try:
        datasets.get(dataset_id=second.id, alias="train", overridable=True)
        assert coffer.task(run.id)["hyperparams"]["Datasets"]["train"]["value"] == second.id
    finally:
        run.close()


def test_J_11_a_local_copy_holds_all_parents(datasets, make, folder):
    name = unique("J-11")
    first = make(name, folder(**{"a.txt": "a", "b.txt": "b"}))
    second = make(name, folder(**{"c.txt": "c"}), parent_datasets=[first.id])
    read = datasets.get(dataset_id=second.id)
    copy = read.get_local_copy(max_workers=2)
    assert contents(copy) == {"a.txt": "a", "b.txt": "b", "c.txt": "c"}
    assert read.get_local_copy() == copy, "it is cached"
    parts = [contents(read.get_local_copy(part=part, num_parts=2)) for part in range(2)]
    assert parts[0] and parts[1] and parts[0] | parts[1] == contents(copy)


def test_J_12_a_mutable_copy_lies_where_it_is_wanted(datasets, make, folder, tmp_path):
    version = make(unique("J-12"), folder(**{"a.txt": "a"}))
    read = datasets.get(dataset_id=version.id)
    target = tmp_path / "mutable"
    assert Path(read.get_mutable_local_copy(str(target))) == target
    (target / "a.txt").write_text("changed")
    assert contents(read.get_local_copy()) == {"a.txt": "a"}, "the cached copy does not change with it"
    with pytest.raises(ValueError):
        read.get_mutable_local_copy(str(target))
    assert contents(read.get_mutable_local_copy(str(target), overwrite=True)) == {"a.txt": "a"}


def test_J_13_later_parents_win(datasets, make, folder):
    left = make(unique("J-13 left"), folder(**{"same.txt": "left", "left.txt": "l"}))
    source = folder(**{"same.txt": "right", "right.txt": "r"})
    (Path(source) / "left.txt").unlink()
    right = make(unique("J-13 right"), source)
    both = make(unique("J-13"), parent_datasets=[left.id, right.id])
    both.finalize()
    expected = {"same.txt": "right", "left.txt": "l", "right.txt": "r"}
    assert contents(datasets.get(dataset_id=both.id).get_local_copy()) == expected


def test_J_14_versions_are_squashed(datasets, make, folder, coffer):
    name = unique("J-14")
    first = make(name, folder(**{"a.txt": "a"}))
    second = make(name, folder(**{"b.txt": "b"}), parent_datasets=[first.id])
    one = datasets.squash(unique("J-14 squashed"), dataset_ids=[first.id, second.id])
    assert coffer.task(one.id)["status"] == "completed" and state_of(coffer, one)["dependency_graph"] == {one.id: []}
    datasets.delete(dataset_id=second.id, force=True)
    datasets.delete(dataset_id=first.id, force=True)
    assert contents(datasets.get(dataset_id=one.id).get_local_copy()) == {"a.txt": "a", "b.txt": "b"}


def test_J_15_metadata_goes_with_a_version(datasets, make, folder, coffer):
    version = make(unique("J-15"))
    frame = pd.DataFrame({"label": ["cat", "dog"], "count": [1, 2]})
    version.set_metadata(frame, metadata_name="labels")
    version.set_metadata({"source": "camera"}, metadata_name="notes", ui_visible=False)
    version.add_files(folder(**{"a.txt": "a"}))
    version.finalize(auto_upload=True)
    read = datasets.get(dataset_id=version.id)
    pd.testing.assert_frame_equal(read.get_metadata("labels"), frame, check_names=False)
    assert read.get_metadata("notes") == {"source": "camera"}
    assert "cat" in plot_of(coffer, version, "Dataset Metadata")["plot_str"], "the frame shows as a table"


def test_J_16_versions_are_compared(datasets, make, folder):
    name = unique("J-16")
    source = folder(**{"same.txt": "same", "changes.txt": "old", "goes.txt": "x"})
    first = make(name, source)
    folder(**{"changes.txt": "newer", "comes.txt": "y"})
    (Path(source) / "goes.txt").unlink()
    second = make(name, parent_datasets=[first.id])
    second.sync_folder(source)
    second.finalize(auto_upload=True)
    read = datasets.get(dataset_id=second.id)
    assert read.list_files() == ["changes.txt", "comes.txt", "same.txt"]
    assert read.list_added_files(first.id) == ["comes.txt"]
    assert read.list_modified_files(first.id) == ["changes.txt"]
    assert read.list_removed_files(first.id) == ["goes.txt"]
    assert read.list_files(dataset_id=second.id) == ["changes.txt", "comes.txt"]


def test_J_17_a_copy_is_verified(datasets, make, folder, tmp_path):
    version = make(unique("J-17"), folder(**{"a.txt": "aaa", "b.txt": "bbb"}))
    read = datasets.get(dataset_id=version.id)
    copy = Path(read.get_mutable_local_copy(str(tmp_path / "copy")))
    assert read.verify_dataset_hash(str(copy)) == []
    (copy / "a.txt").write_text("xyz")
    assert read.verify_dataset_hash(str(copy)) == ["a.txt"]
    assert read.verify_dataset_hash(str(copy), skip_hash=True) == [], "the size is the same"
    (copy / "b.txt").write_text("longer")
    assert read.verify_dataset_hash(str(copy), skip_hash=True) == ["b.txt"]


def test_J_18_deletion_is_careful_and_takes_the_files(datasets, make, folder, project, coffer, log):
    name = unique("J-18")
    first = make(name, folder(**{"a.txt": "a"}))
    second = make(name, folder(**{"b.txt": "b"}), parent_datasets=[first.id])
    log.expect("Multiple datasets found")
    datasets.delete(dataset_project=project, dataset_name=name)
    log.expect("Failed deleting dataset")
    datasets.delete(dataset_project=project, dataset_name=name, dataset_version="1.0.0")  # another version stands on it
    assert coffer.task(first.id)["status"] == "completed"
    uri = coffer.record(second.id, "data")["uri"]
    assert coffer.file(uri).status == 200
    datasets.delete(dataset_id=second.id)
    assert coffer.file(uri).status == 404 and not coffer.data_of("tasks.get_all", id=[second.id])["tasks"]
    datasets.delete(dataset_project=project, dataset_name=name, entire_dataset=True, force=True)
    assert not coffer.data_of("tasks.get_all", id=[first.id])["tasks"]


def test_J_19_datasets_are_renamed_moved_and_listed(datasets, make, folder, project, coffer):
    name, renamed = unique("J-19"), unique("J-19 renamed")
    version = make(name, folder(**{"a.txt": "a"}), dataset_tags=["J-19"])
    version.set_description("found by its words")
    assert coffer.task(version.id)["comment"] == "found by its words"
    elsewhere = unique("compat/elsewhere")
    datasets.move_to_project(elsewhere, dataset_project=project, dataset_name=name)
    assert datasets.get(dataset_project=elsewhere, dataset_name=name).id == version.id
    datasets.rename(renamed, dataset_project=elsewhere, dataset_name=name)
    home = coffer.data_of("projects.get_by_id", project=coffer.task(version.id)["project"])["project"]
    assert home["name"] == f"{elsewhere}/.datasets/{renamed}" and sorted(home["system_tags"]) == ["dataset", "hidden"]
    assert datasets.get(dataset_project=elsewhere, dataset_name=renamed).id == version.id
    listed = datasets.list_datasets(dataset_project=elsewhere)
    assert [(entry["id"], entry["name"], entry["project"]) for entry in listed] == [(version.id, renamed, elsewhere)]
    assert [entry["id"] for entry in datasets.list_datasets(partial_name=renamed, tags=["J-19"])] == [version.id]
    assert datasets.list_datasets(dataset_project=project, partial_name=renamed) == []


def test_J_20_tables_get_previews(make, coffer, tmp_path):
    pd.DataFrame({"n": range(50)}).to_csv(tmp_path / "table.csv", index=False)
    version = make(unique("J-20"))
    version.add_files(str(tmp_path / "table.csv"))
    version.upload(preview=True)
    version.finalize()
    table = json.loads(plot_of(coffer, version, "Tables")["plot_str"])["data"][0]
    assert len(table["cells"]["values"][-1]) == 10, "the first ten rows"


def test_J_21_a_dataset_made_offline_is_imported(datasets, project, folder, coffer, run_program):
    output = run_program("offline_dataset.py", project, unique("J-21"), folder(**{"a.txt": "offline"}))
    imported = re.search(r"^imported (\w+)$", output, re.MULTILINE)[1]
    assert coffer.task(imported)["status"] == "completed"
    assert contents(datasets.get(dataset_id=imported).get_local_copy()) == {"a.txt": "offline"}
