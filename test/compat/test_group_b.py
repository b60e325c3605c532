"""Logging static artifacts, by type: one test for each row of group B, named after it."""

import gzip
import hashlib
import io
import json
import mimetypes
import os
import pickle
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import samples
from samples import digest


def archive(trip):
    return zipfile.ZipFile(io.BytesIO(trip.content))


def recorded(trip):
    """What the record says of the kind: (type, content type)."""
    return trip.record["type"], trip.record["type_data"].get("content_type")


def test_B_01_one_call_logs_a_name_and_an_object(task, coffer):
    assert task.upload_artifact("B-01 result", {"score": 1}, wait_on_upload=True) is True
    listed = {item["key"]: item for item in coffer.artifacts(task.id)}
    assert listed["B-01 result"]["state"] == "stored"


@pytest.mark.parametrize(
    "value",
    [
        42,
        1.5,
        True,
        2 - 1j,
        b"raw",
        {"a", "b"},
        range(5),
        Decimal("1.10"),
        date(2024, 2, 29),
        len,
        dict,
        samples.to_bytes,
    ],
    ids=lambda value: getattr(value, "__name__", type(value).__name__),
)
def test_B_02_no_type_of_object_only_fails(value, round_trip):
    trip = round_trip(f"B-02 {value!r:.20}", value)
    assert recorded(trip) == ("pickle", "application/pickle")
    assert trip.report["value"] == value


def test_B_03_numpy_arrays_can_be_logged(round_trip):
    samples.equal_array(round_trip("B-03", np.eye(3)).report, np.eye(3))


def test_B_04_data_frames_can_be_logged(round_trip):
    samples.equal_frame(round_trip("B-04", samples.frame()).report, samples.frame())


def test_B_05_pil_images_can_be_logged(round_trip):
    samples.equal_pixels(round_trip("B-05", samples.image()).report, samples.image())


def test_B_06_a_single_file_can_be_logged(round_trip, tmp_path):
    path = samples.one_file(tmp_path)
    samples.equal_file(round_trip("B-06", path).report, path)


def test_B_07_a_folder_can_be_logged(round_trip, tmp_path):
    trip = round_trip("B-07", samples.tree(tmp_path))
    samples.members(samples.TREE)(trip.report, trip.sent)


def test_B_08_any_python_object_can_be_logged(round_trip):
    trip = round_trip("B-08", samples.Measurement("south", (0.25,)))
    samples.equal(trip.report, trip.sent)


def test_B_09_numpy_is_stored_as_npz_with_the_artifact_name(round_trip):
    trip = round_trip("B-09", np.arange(1000))
    (member,) = archive(trip).infolist()
    assert (member.filename, member.compress_type) == ("B-09.npy", zipfile.ZIP_DEFLATED)
    assert trip.record["uri"].endswith("/B-09.npz")
    assert recorded(trip) == ("numpy", "application/numpy")
    assert trip.record["type_data"]["preview"] == repr(np.arange(1000))


def test_B_10_numpy_as_csv_gz_is_comma_separated_text(round_trip):
    trip = round_trip("B-10", np.array([[1.0, 2.5], [3.0, 4.0]]), extension_name=".csv.gz")
    rows = gzip.decompress(trip.content).decode().splitlines()
    assert [[float(cell) for cell in row.split(",")] for row in rows] == [[1.0, 2.5], [3.0, 4.0]]
    assert recorded(trip) == ("numpy", "text/csv")
    samples.equal_numbers(trip.report, trip.sent)


def test_B_11_a_frame_is_csv_gz_with_the_index_first(round_trip):
    frame = samples.frame().set_index(pd.Index([10, 20, 30, 40], name="step"))
    trip = round_trip("B-11", frame)
    assert gzip.decompress(trip.content).decode() == frame.to_csv()
    assert trip.record["uri"].endswith("/B-11.csv.gz")
    assert recorded(trip) == ("pandas", "text/csv")
    assert trip.record["type_data"]["preview"] == repr(frame)
    samples.equal_frame(trip.report, frame)


def test_B_12_equal_frames_give_equal_hashes(task, new_task, coffer, clock):
    other = new_task()
    for owner in (task, other):
        assert owner.upload_artifact("B-12", samples.frame(), wait_on_upload=True) is True
        clock.tick()
    first, second = (coffer.record(owner.id, "B-12") for owner in (task, other))
    assert first["hash"] == second["hash"] and first["timestamp"] < second["timestamp"]
    assert coffer.file(first["uri"]).body[4:8] == bytes(4), "the time in the gzip header"


@pytest.mark.parametrize("kind", ["parquet", "feather"])
def test_B_13_a_frame_as_parquet_or_feather(kind, round_trip, log, task, coffer):
    trip = round_trip(f"B-13 {kind}", samples.typed_frame(), extension_name=f".{kind}")
    assert recorded(trip) == ("pandas", f"application/{kind}")
    samples.equal_frame(trip.report, trip.sent)

    # A column of mixed objects is beyond both writers: gzip CSV goes out in their place, with a warning.
    mixed = pd.DataFrame({"mixed": [1, "two", {"three": 3}]})
    assert task.upload_artifact(f"B-13 {kind} mixed", mixed, extension_name=f".{kind}", wait_on_upload=True) is True
    assert log.lines(f"encountered when uploading artifact as .{kind}. Defaulting to .csv.gz")
    record = coffer.record(task.id, f"B-13 {kind} mixed")
    assert record["type_data"]["content_type"] == "text/csv"
    assert gzip.decompress(coffer.file(record["uri"]).body).decode() == mixed.to_csv()


def test_B_14_a_frame_as_pickle(round_trip):
    trip = round_trip("B-14", samples.typed_frame(), extension_name=".pickle")
    assert recorded(trip) == ("pandas", "application/pickle")
    samples.equal_frame(trip.report, trip.sent)


@pytest.mark.parametrize("make", [samples.multi_index_frame, samples.multi_column_frame])
def test_B_15_a_frame_with_a_multi_level_index_is_pickled(make, round_trip):
    trip = round_trip(f"B-15 {make.__name__}", make())
    assert recorded(trip) == ("pickle", "application/pickle")
    samples.equal_frame(trip.report, make())


def test_B_16_the_default_frame_format_comes_from_the_configuration(new_peer, task, coffer):
    other = new_peer(conf='sdk.development.artifacts.default_pandas_dataframe_extension_name: ".parquet"\n')
    other.upload(task.id, "B-16 default", samples.frame(), wait_on_upload=True)
    other.upload(task.id, "B-16 chosen", samples.frame(), extension_name=".feather", wait_on_upload=True)
    types = [coffer.record(task.id, f"B-16 {which}")["type_data"]["content_type"] for which in ("default", "chosen")]
    assert types == ["application/parquet", "application/feather"]


@pytest.mark.parametrize("extension", ["", ".jpg", ".webp", ".gif", ".tiff", ".dib"])
def test_B_17_an_image_in_any_format_pillow_knows(extension, round_trip):
    trip = round_trip(
        f"B-17 picture{extension}", samples.image(), **({"extension_name": extension} if extension else {})
    )
    file = f"B-17 picture{extension}" + (extension or ".png")
    assert trip.record["uri"].endswith("/" + file.replace(" ", "%20"))
    assert recorded(trip) == ("image", mimetypes.guess_type(file)[0] or "image/unknown-type")
    assert trip.record["type_data"]["preview"] == "PIL.Image.Image image mode=RGB size=8x6"
    assert trip.report["value"].size == (8, 6)


def test_B_18_a_dictionary_is_json_with_sorted_keys(round_trip):
    trip = round_trip("B-18", {"b": [1, 2], "a": "ü"})
    text = '{\n    "a": "\\u00fc",\n    "b": [\n        1,\n        2\n    ]\n}'
    assert trip.content.decode() == text == trip.record["type_data"]["preview"]
    assert recorded(trip) == ("dict", "application/json")
    samples.equal(trip.report, trip.sent)


def test_B_19_a_dictionary_as_yaml(round_trip):
    trip = round_trip("B-19", samples.settings(), extension_name=".yaml")
    assert trip.record["uri"].endswith("/B-19.yaml")
    assert recorded(trip) == ("dict", "application/yaml")
    samples.equal(trip.report, trip.sent)


@pytest.mark.parametrize("extension", [".json", ".yaml"])
def test_B_20_sort_keys_off_keeps_the_order(extension, round_trip):
    trip = round_trip(f"B-20{extension}", {"zeta": 1, "alpha": 2, "mid": 3}, sort_keys=False, extension_name=extension)
    text = trip.content.decode()
    assert text.index("zeta") < text.index("alpha") < text.index("mid")
    assert list(trip.report["value"]) == ["zeta", "alpha", "mid"]


def test_B_21_a_dictionary_json_cannot_express_is_pickled_or_refused(round_trip, task, coffer, log):
    trip = round_trip("B-21", {(1, 2): {3}})
    assert recorded(trip) == ("pickle", "application/pickle")
    assert log.lines("JSON serialization of artifact 'B-21' failed, reverting to pickle")
    samples.equal(trip.report, trip.sent)
    with pytest.raises(TypeError):
        task.upload_artifact("B-21 refused", {(1, 2): {3}}, auto_pickle=False)
    assert coffer.record(task.id, "B-21 refused") is None


def test_B_22_a_single_file_keeps_its_name_and_bytes(round_trip, tmp_path):
    known = round_trip("B-22", samples.one_file(tmp_path, "report.html", b"<p>x</p>"))
    assert known.content == b"<p>x</p>" and known.record["uri"].endswith("/artifacts/B-22/report.html")
    assert recorded(known) == ("custom", "text/html")
    assert known.record["type_data"]["preview"] == "report.html - 8 bytes\n"
    unknown = round_trip("B-22 unknown", samples.one_file(tmp_path, "state.cofferbin", bytes(1234)))
    assert recorded(unknown) == ("custom", None)
    assert unknown.record["type_data"]["preview"] == "state.cofferbin - 1.23 KB\n"


def test_B_23_a_folder_is_one_zip_named_after_it(round_trip, tmp_path):
    trip = round_trip("B-23", samples.tree(tmp_path))
    assert recorded(trip) == ("archive", "application/zip") and trip.record["uri"].endswith("/tree.zip")
    held = archive(trip)
    assert {name: held.read(name) for name in held.namelist()} == samples.TREE
    assert {member.compress_type for member in held.infolist()} == {zipfile.ZIP_DEFLATED}


def test_B_24_a_folder_preview_lists_every_member_sorted(round_trip, tmp_path):
    trip = round_trip("B-24", samples.tree(tmp_path))
    head, *lines = trip.record["type_data"]["preview"].splitlines()
    assert head.startswith("Archive content")
    assert lines == [f"{name} - {len(content)} bytes" for name, content in sorted(samples.TREE.items())]


@pytest.mark.parametrize("pattern, matching", [("*.txt", ["a.txt", "sub/c.txt"]), ("?.*", sorted(samples.TREE))])
def test_B_25_a_wildcard_zips_what_matches_below_the_folder(pattern, matching, round_trip, tmp_path):
    trip = round_trip(f"B-25 {len(matching)}", str(samples.tree(tmp_path) / pattern))
    assert recorded(trip) == ("archive", "application/zip")
    assert sorted(archive(trip).namelist()) == matching


@pytest.mark.parametrize("kind", [list, tuple])
def test_B_26_a_list_of_paths_is_one_zip_without_the_common_root(kind, round_trip, tmp_path, log):
    root = samples.tree(tmp_path)
    trip = round_trip(f"B-26 {kind.__name__}", kind([root / "sub" / "c.txt", root / "a.txt", root / "missing.txt"]))
    assert recorded(trip) == ("archive", "application/zip")
    assert archive(trip).namelist() == ["a.txt", "sub/c.txt"]
    assert log.lines("missing.txt', file not found!")


@pytest.mark.parametrize(
    "url",
    [
        "http://elsewhere.example/a b/data.csv?version=2#top",
        "https://elsewhere.example:8443/data.csv",
        "s3://bucket/key/model.bin",
        "s3://minio.example:9000/bucket/key",
        "gs://bucket/key",
        "azure://account.blob.core.windows.net/container/blob",
    ],
)
def test_B_27_a_url_is_only_registered(url, task, coffer):
    name = f"B-27 {url}"
    before = coffer.metric("coffer_upload_bytes_total")
    assert task.upload_artifact(name, url, wait_on_upload=True) is True
    assert coffer.metric("coffer_upload_bytes_total") == before, "nothing is uploaded"
    record = coffer.record(task.id, name)
    assert (record["uri"], record["type"]) == (url, "custom")
    assert record.get("content_size") is None and record.get("hash") is None
    assert coffer.artifact(task.id, name)["state"] == "external"


def test_B_28_a_plain_string_is_stored_as_text(round_trip):
    trip = round_trip("B-28", "neither a path nor a URL\nzweite Zeile: äöü")
    assert trip.record["uri"].endswith("/B-28.txt") and trip.content.decode() == trip.sent
    assert recorded(trip) == ("string", "text/plain")
    assert trip.record["type_data"]["preview"] == trip.sent == trip.report["value"]


@pytest.mark.parametrize("value", [None, "", [], ()], ids=repr)
def test_B_29_nothing_can_be_logged(value, round_trip):
    trip = round_trip(f"B-29 {value!r}", value)
    assert recorded(trip) == ("pickle", "application/pickle")
    samples.equal(trip.report, value)


def test_B_30_any_other_object_is_pickled_by_default(round_trip):
    trip = round_trip("B-30", samples.Measurement("west", (1,)))
    assert trip.record["uri"].endswith("/B-30.pkl")
    assert recorded(trip) == ("pickle", "application/pickle")
    assert pickle.loads(trip.content) == trip.sent
    assert trip.record["type_data"]["preview"] == repr(trip.sent)


def test_B_30_the_argument_wins_over_the_configuration(task, coffer, new_peer):
    unwilling = new_peer(conf="sdk.development.artifacts.auto_pickle: false\n")
    value = samples.Measurement("north-west", (2,))
    assert unwilling.upload(task.id, "B-30 argument", value, auto_pickle=True, wait_on_upload=True).result is True
    record = coffer.record(task.id, "B-30 argument")
    assert record["type"] == "pickle" and pickle.loads(coffer.file(record["uri"]).body) == value


def test_B_31_with_auto_pickle_off_another_type_is_refused(task, coffer, new_peer):
    with pytest.raises(ValueError, match="not supported"):
        task.upload_artifact("B-31", object(), auto_pickle=False)
    by_configuration = new_peer(conf="sdk.development.artifacts.auto_pickle: false\n")
    with pytest.raises(Exception, match="not supported"):
        by_configuration.upload(task.id, "B-31", samples.Measurement("east", ()))
    assert coffer.record(task.id, "B-31") is None


@pytest.mark.parametrize("value", ["text", {"a": 1}, np.arange(3)], ids=["text", "dict", "array"])
def test_B_32_the_extension_pkl_always_pickles(value, round_trip):
    trip = round_trip(f"B-32 {type(value).__name__}", value, extension_name=".pkl")
    assert recorded(trip) == ("pickle", "application/pickle")
    assert np.array_equal(pickle.loads(trip.content), value) and np.array_equal(trip.report["value"], value)


@pytest.mark.parametrize("extension", [None, ".json", ".own"])
def test_B_33_a_serialization_function_makes_the_bytes(extension, round_trip):
    trip = round_trip(f"B-33{extension}", [1, 2], serialization_function=samples.to_bytes, extension_name=extension)
    assert trip.content == samples.to_bytes([1, 2])
    assert recorded(trip) == ("custom", mimetypes.guess_type(f"x{extension or ''}")[0])
    assert trip.record["type_data"]["preview"] == "[1, 2]"


@pytest.mark.parametrize(
    "value, default",
    [(np.arange(3), ".npz"), (samples.frame(), ".csv.gz"), ({"a": 1}, ".json"), (samples.image(), ".png")],
    ids=["array", "frame", "dict", "image"],
)
def test_B_34_an_extension_not_valid_for_the_type_is_warned_about(value, default, round_trip, log):
    trip = round_trip(f"B-34 {default}", value, extension_name=".xyz")
    assert trip.record["uri"].endswith(default)
    assert log.lines(f"can not be uploaded with extension .xyz. Valid extensions are: ")
    assert log.lines(f"Defaulting to {default}")


def test_B_35_a_given_preview_replaces_the_automatic_one(round_trip):
    assert round_trip("B-35", samples.frame(), preview="by hand").record["type_data"]["preview"] == "by hand"
    assert round_trip("B-35 number", {"a": 1}, preview=12.5).report["preview"] == "12.5"


@pytest.mark.parametrize("value", ["x" * 70_000, {"key": "y" * 70_000}, ["z" * 70_000]], ids=["text", "dict", "pickle"])
def test_B_36_a_preview_over_64_kib_is_cut(value, round_trip, coffer, task):
    trip = round_trip(f"B-36 {type(value).__name__}", value)
    preview = trip.record["type_data"]["preview"]
    assert trip.report["value"] == value
    assert preview == trip.report["preview"] == coffer.artifact(task.id, f"B-36 {type(value).__name__}")["preview"]
    if isinstance(value, list):
        # The SDK cuts the text of a pickled object without the notice.
        assert preview == repr(value)[:65536]
    else:
        notice, rest = preview.split("\n", 1)
        assert "too large to store, storing first 64kb" in notice and len(rest) == 65536


def test_B_37_metadata_is_kept_as_text(round_trip):
    trip = round_trip("B-37", {"a": 1}, metadata={"rows": 10, "größe": 1.5, "none": None, "": "empty key"})
    expected = {"rows": "10", "größe": "1.5", "none": "None", "": "empty key"}
    assert trip.report["metadata"] == expected
    assert trip.record["display_data"] == [list(pair) for pair in expected.items()]


def test_B_38_every_upload_records_size_hash_time_and_type(round_trip, clock, coffer, task):
    before = clock.now()
    trip = round_trip("B-38", {"a": 1})
    assert (trip.record["content_size"], trip.record["hash"]) == (len(trip.content), digest(trip.content))
    assert before <= trip.record["timestamp"] <= clock.now()
    assert recorded(trip) == ("dict", "application/json")
    own = coffer.artifact(task.id, "B-38")
    assert (own["size"], own["sha256"], own["type"]) == (len(trip.content), digest(trip.content), "dict")
    assert (own["timestamp"], own["content_type"]) == (trip.record["timestamp"], "application/json")


def test_B_39_uploading_again_replaces_the_record(task, coffer, peer):
    for value in ({"round": 1}, {"round": 2}):
        assert task.upload_artifact("B-39", value, wait_on_upload=True) is True
    assert peer.get(task.id, "B-39").result[0] == {"round": 2}
    (record,) = [item for item in coffer.artifacts(task.id) if item["key"] == "B-39"]
    assert record["sha256"] == digest(json.dumps({"round": 2}, indent=4).encode())
    assert coffer.record(task.id, "B-39")["hash"] == record["sha256"]


def test_B_40_the_name_of_a_registered_artifact_is_taken(task):
    task.register_artifact("B-40", samples.frame())
    with pytest.raises(ValueError, match="already registered, use register_artifact"):
        task.upload_artifact("B-40", {"a": 1})
    task.unregister_artifact("B-40")


def test_B_41_delete_after_upload_removes_the_file_only_after_success(task, new_task, publish, coffer, tmp_path):
    path = samples.one_file(tmp_path, "once.txt", b"once")
    assert task.upload_artifact("B-41", path, delete_after_upload=True, wait_on_upload=True) is True
    assert not path.exists() and coffer.file(coffer.record(task.id, "B-41")["uri"]).body == b"once"

    frozen = new_task("frozen")
    path = samples.one_file(tmp_path, "kept.txt", b"first")
    assert frozen.upload_artifact("B-41", path, wait_on_upload=True) is True
    publish(frozen)
    path.write_bytes(b"second")
    with pytest.raises(ValueError, match="409"):
        frozen.upload_artifact("B-41", path, delete_after_upload=True, wait_on_upload=True)
    assert path.read_bytes() == b"second"
    assert coffer.file(coffer.record(frozen.id, "B-41")["uri"]).body == b"first"


def test_B_42_uploads_run_in_the_background_unless_waited_for(task, coffer):
    assert task.upload_artifact("B-42 waited", {"a": 1}, wait_on_upload=True) is True
    assert coffer.artifact(task.id, "B-42 waited")["state"] == "stored"
    assert task.upload_artifact("B-42 background", {"a": 2}) is True
    assert coffer.record(task.id, "B-42 background") is not None, "recorded before the bytes are there"
    assert coffer.artifact(task.id, "B-42 background", wait=30)["state"] == "stored"


def test_B_43_a_failed_upload_is_tried_again(task, coffer, log, tmp_path):
    failures = iter([OSError("first"), OSError("second")])

    def third_time(value):
        for failure in failures:
            raise failure
        return json.dumps(value).encode()

    assert (
        task.upload_artifact("B-43", {"a": 1}, serialization_function=third_time, retries=2, wait_on_upload=True)
        is True
    )
    assert len(log.lines("Failed uploading artifact 'B-43'. Retrying...")) == 2
    assert coffer.file(coffer.record(task.id, "B-43")["uri"]).body == b'{"a": 1}'

    with pytest.raises(ValueError, match="could not be found"):
        task.upload_artifact("B-43 never", tmp_path / "no folder" / "file", retries=2)
    assert len(log.lines("Failed uploading artifact 'B-43 never'. Retrying...")) == 2
    assert coffer.record(task.id, "B-43 never") is None


@pytest.mark.parametrize("missing", ["missing.txt", "missing folder/*", "folder/deeper/file"])
def test_B_44_a_path_that_does_not_exist_is_shown_in_the_error(missing, task, coffer, tmp_path):
    with pytest.raises(ValueError, match="could not be found") as raised:
        task.upload_artifact("B-44", Path(missing) if os.sep not in missing else tmp_path / missing)
    assert missing.rsplit("/", 1)[0] in str(raised.value)
    assert coffer.record(task.id, "B-44") is None


def test_B_45_the_call_says_whether_it_succeeded(task, coffer, tmp_path, log):
    assert task.upload_artifact("B-45", {"a": 1}, wait_on_upload=True) is True
    root = samples.tree(tmp_path)
    os.utime(root / "a.txt", (0, 0))  # zip knows no time before 1980
    assert task.upload_artifact("B-45 no zip", root, wait_on_upload=True) is False
    assert log.lines("Failed zipping artifact folder")
    assert coffer.record(task.id, "B-45 no zip") is None


def test_B_46_the_stored_path_names_project_task_and_artifact(round_trip, task, coffer):
    trip = round_trip("B-46 name", {"a": 1})
    path = f"/{task.get_project_name()}/{task.name}.{task.id}/artifacts/B-46 name/B-46 name.json"
    assert trip.record["uri"] == coffer.url_of(path)


AWKWARD = [
    "B-47 with/slash",
    "B-47 with \"double\" and 'single' quotes",
    "B-47 100% #1 a+b?c&d=e",
    "B-47 Größe 日本語 🎛️",
    "B-47 " + "long " * 30,
    "B-47 " + "x" * 195,
    "B-47 .dots. $dollar",
]


@pytest.mark.parametrize("name", AWKWARD, ids=lambda name: name[5:25])
def test_B_47_awkward_names_upload_list_download_and_delete(name, round_trip, task, peer, coffer):
    trip = round_trip(name, {"name": name})
    assert trip.report["value"] == {"name": name} and trip.report["name"] == name
    assert name in [item["key"] for item in coffer.artifacts(task.id)] and name in peer.names(task.id).result
    assert task.delete_artifacts([name]) is True
    assert name not in peer.names(task.id).result
    assert coffer.file(trip.record["uri"]).status == 404


def test_B_47_a_path_part_over_250_characters_becomes_a_hash(round_trip, tmp_path):
    path = samples.one_file(tmp_path, "f" * 247 + ".txt", b"a file name of 251 characters")
    trip = round_trip("B-47 long file", path)
    stem = hashlib.md5(("f" * 247).encode()).hexdigest()
    assert trip.record["uri"].endswith(f"/artifacts/B-47%20long%20file/{stem}.txt")
    samples.equal_file(trip.report, path)


def test_B_48_types_nobody_has_seen_are_kept_as_they_are(new_task, peer, coffer):
    task = new_task()
    coffer.upload(f"/{task.id}/strange", b"strange")
    item = {
        "key": "strange",
        "type": "acme/tensor-graph",
        "uri": coffer.url_of(f"/{task.id}/strange"),
        "hash": digest(b"strange"),
        "content_size": 7,
        "timestamp": 1700000000,
        "type_data": {"content_type": "application/x-never-seen; v=2", "preview": "?"},
    }
    coffer.register(task.id, item)
    report = peer.read(task.id, "strange").result
    assert report["type"] == "acme/tensor-graph" and report["value_path"]["sha256"] == digest(b"strange")
    assert coffer.record(task.id, "strange")["type_data"]["content_type"] == "application/x-never-seen; v=2"
    assert coffer.artifact(task.id, "strange")["type"] == "acme/tensor-graph"
