"""Accessing artifacts: one test for each row of group D, named after it."""

import io
import os
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import requests as http
import samples
from peer import PeerError
from samples import digest


@pytest.fixture
def logged(task):
    """Logs an object to the shared task and waits for it: (task id, name), the arguments of most verbs of the peer."""

    def log(name, value, **options):
        assert task.upload_artifact(name, value, wait_on_upload=True, **options) is True
        return task.id, name

    return log


class Elsewhere:
    """Another HTTP server, as a registered link may name it. `cut` makes it end after half of the promised bytes."""

    def __init__(self, content):
        self.content = content
        self.cut = False
        self.requests = []
        elsewhere = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                elsewhere.requests.append(dict(self.headers))
                self.send_response(200)
                self.send_header("Content-Length", str(len(elsewhere.content)))
                self.end_headers()
                half = len(elsewhere.content) // 2
                self.wfile.write(elsewhere.content[:half] if elsewhere.cut else elsewhere.content)

            def log_message(self, *_args):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self._server.server_port}/{name}"

    def close(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def elsewhere():
    server = Elsewhere(os.urandom(100_000))
    yield server
    server.close()


def test_D_01_another_task_reaches_artifacts_by_name(logged, task, new_task, sdk):
    logged("D-01", {"a": 1})
    consumer = new_task("consumer")
    value = sdk.Task.get_task(task_id=task.id).artifacts["D-01"].get()
    assert consumer.upload_artifact("derived", {"from": value}, wait_on_upload=True) is True
    assert consumer.artifacts["derived"].get() == {"from": {"a": 1}}


def test_D_02_the_second_local_copy_does_not_download(logged, peer):
    where = logged("D-02", np.arange(5000))
    first, second = peer.copy(*where), peer.copy(*where)
    downloads = [url for method, url in first.requests if method == "GET" and url.endswith(".npz")]
    assert downloads and first.result == second.result
    assert not [url for _method, url in second.requests if url.endswith(".npz")]


def test_D_03_get_returns_the_object_that_was_logged(logged, peer):
    assert peer.get(*logged("D-03", samples.Measurement("up", (1,)))).result[0] == samples.Measurement("up", (1,))


def test_D_04_an_artifact_is_reached_through_task_id_and_name(logged, new_task, peer):
    other = new_task("same name")
    other.upload_artifact("D-04", {"owner": "other"}, wait_on_upload=True)
    assert peer.get(*logged("D-04", {"owner": "shared"})).result[0] == {"owner": "shared"}
    assert peer.get(other.id, "D-04").result[0] == {"owner": "other"}


def test_D_05_artifacts_are_a_read_only_dictionary(logged, task, peer):
    logged("D-05", {"a": 1})
    with pytest.raises(KeyError):
        task.artifacts["D-05 unknown"]
    with pytest.raises(Exception):
        task.artifacts["D-05"] = {"b": 2}
    with pytest.raises(PeerError, match="KeyError"):
        peer.get(task.id, "D-05 unknown")


def test_D_06_the_record_is_there_without_downloading(logged, task, coffer, sdk, monkeypatch):
    logged("D-06", {"a": 1}, metadata={"m": "v"}, preview="seen")
    requests = []
    plain = http.Session.send

    def counted(session, request, **options):
        requests.append(request.url)
        return plain(session, request, **options)

    with monkeypatch.context() as patch:
        patch.setattr(http.Session, "send", counted)
        found = sdk.Task.get_task(task_id=task.id).artifacts["D-06"]
        seen = (
            found.name,
            found.type,
            found.mode.value,
            found.size,
            found.hash,
            found.url,
            found.metadata,
            found.preview,
        )
        stamp = found.timestamp.timestamp()
    record = coffer.record(task.id, "D-06")
    assert seen == ("D-06", "dict", "output", record["content_size"], record["hash"], record["uri"], {"m": "v"}, "seen")
    assert stamp == record["timestamp"]
    assert requests and not [url for url in requests if url.startswith(coffer.files_url)]


@pytest.mark.parametrize(
    "value, options, kind",
    [
        (np.eye(2), {}, "ndarray"),
        (samples.frame(), {}, "DataFrame"),
        (samples.frame(), {"extension_name": ".parquet"}, "DataFrame"),
        (samples.frame(), {"extension_name": ".feather"}, "DataFrame"),
        (samples.frame(), {"extension_name": ".pickle"}, "DataFrame"),
        (samples.image(), {}, "PngImageFile"),
        ({"a": 1}, {}, "dict"),
        ({"a": 1}, {"extension_name": ".yaml"}, "dict"),
        ("text", {}, "str"),
        ({1, 2}, {}, "set"),
    ],
    ids=["npz", "csv.gz", "parquet", "feather", "pickle", "image", "json", "yaml", "text", "pkl"],
)
def test_D_07_get_maps_each_type_to_its_object(value, options, kind, logged, peer):
    got, path = peer.get(*logged(f"D-07 {kind} {options.get('extension_name', '')}", value, **options)).result
    assert type(got).__name__ == kind and path is None


def test_D_08_a_file_gives_its_path_and_an_archive_its_folder(logged, peer, tmp_path):
    value, path = peer.get(*logged("D-08 file", samples.one_file(tmp_path))).result
    assert value is None and path["sha256"] == digest(b"four")
    value, path = peer.get(*logged("D-08 folder", samples.tree(tmp_path))).result
    assert value is None and path["folder"] == {name: digest(content) for name, content in samples.TREE.items()}


def test_D_09_what_cannot_be_parsed_comes_as_its_path(task, peer, coffer, log):
    name = f"/{task.id}/broken.json"
    coffer.upload(name, b"{not json")
    item = {
        "key": "D-09",
        "type": "dict",
        "uri": coffer.url_of(name),
        "type_data": {"content_type": "application/json"},
    }
    coffer.register(task.id, item)
    value, path = peer.get(task.id, "D-09").result
    assert value is None and path["sha256"] == digest(b"{not json")
    assert log.lines("when getting artifact with type dict")


def test_D_10_get_hands_the_raw_bytes_to_a_deserialization_function(logged, peer):
    where = logged("D-10", [1, {"two": 3}], serialization_function=samples.to_bytes, extension_name=".own")
    assert peer.get(*where, deserialize="from_bytes").result == ([1, {"two": 3}], None)


def test_D_11_an_archive_comes_packed_or_unpacked(logged, peer, task, coffer, tmp_path):
    where = logged("D-11", samples.tree(tmp_path))
    assert peer.copy(*where).result["folder"].keys() == samples.TREE.keys()
    packed = peer.copy(*where, extract_archive=False).result
    assert packed["path"].endswith(".zip") and packed["sha256"] == coffer.record(task.id, "D-11")["hash"]


def test_D_12_a_users_own_zip_comes_back_as_the_same_zip(logged, peer, tmp_path):
    own = io.BytesIO()
    with zipfile.ZipFile(own, "w") as held:
        held.writestr("inside.txt", "x")
    path = samples.one_file(tmp_path, "own.zip", own.getvalue())
    copy = peer.copy(*logged("D-12", path)).result
    assert copy["path"].endswith(".zip") and copy["sha256"] == digest(own.getvalue())


def test_D_13_force_download_replaces_the_cached_copy(logged, peer):
    where = logged("D-13", {"round": 1})
    assert peer.get(*where).result[0] == {"round": 1}
    logged("D-13", {"round": 2})
    assert peer.get(*where).result[0] == {"round": 1}, "the SDK trusts its cache"
    assert peer.get(*where, force_download=True).result[0] == {"round": 2}
    assert peer.get(*where).result[0] == {"round": 2}


def test_D_14_a_failed_fetch_raises_or_warns(peer, task, coffer, log):
    item = {
        "key": "D-14",
        "type": "custom",
        "uri": coffer.url_of("/never/uploaded.bin"),
        "hash": digest(b"x"),
        "content_size": 1,
    }
    coffer.register(task.id, item)
    with pytest.raises(PeerError, match="D-14.*never/uploaded.bin"):
        peer.copy(task.id, "D-14", raise_on_error=True)
    assert peer.copy(task.id, "D-14").result is None
    assert log.lines("Could not download")


@pytest.mark.parametrize("value", [np.arange(4), {1, 2}], ids=["npz", "pickle"])
def test_D_15_pickles_and_arrays_are_checked_against_the_recorded_hash(value, logged, task, peer, coffer, log):
    kind = type(value).__name__
    _, name = logged(f"D-15 {kind}", value)
    record = coffer.record(task.id, name)
    forged = {**record, "key": f"{name} forged", "hash": digest(b"other bytes")}
    coffer.register(task.id, forged)
    got, path = peer.get(task.id, f"{name} forged").result
    assert got is None and path["sha256"] == record["hash"]
    assert log.lines("ArtifactIntegrityError")


@pytest.mark.parametrize("by", ["argument", "environment", "configuration"])
def test_D_16_loading_pickles_can_be_blocked(by, logged, peer, new_peer, log):
    where = logged(f"D-16 {by}", {1, 2})
    options = {}
    if by == "argument":
        options["block_unsafe_artifacts"] = True
    elif by == "environment":
        peer = new_peer(CLEARML_BLOCK_PICKLED_ARTIFACTS="1")
    else:
        peer = new_peer(conf="sdk.storage.block_pickled_artifacts: true\n")
    got, path = peer.get(*where, **options).result
    assert got is None and path["path"].endswith(".pkl")
    assert log.lines("BlockedPickledArtifactError")


def evil_zip(member):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as held:
        held.writestr(member, "escaped")
    return packed.getvalue()


def evil_tar(member, link=None):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as held:
        info = tarfile.TarInfo(member)
        if link:
            info.type, info.linkname = tarfile.SYMTYPE, link
        held.addfile(info, io.BytesIO())
    return packed.getvalue()


def test_D_17_archive_members_and_links_cannot_escape_the_cache(task, new_peer, coffer, tmp_path, log):
    outside, home = tmp_path / "outside", tmp_path / "home"
    outside.mkdir()
    home.mkdir()
    archives = {
        "up.zip": evil_zip("../escaped.txt"),
        "absolute.zip": evil_zip(f"{outside}/escaped.txt"),
        "up.tar.gz": evil_tar("../escaped.txt"),
        "absolute.tar.gz": evil_tar(f"{outside}/escaped.txt"),
        "link.tar.gz": evil_tar("escaped.txt", link=str(outside)),
    }
    victim = new_peer(HOME=str(home))
    for file, content in archives.items():
        coffer.upload(f"/{task.id}/D-17/{file}", content)
        item = {"key": f"D-17 {file}", "type": "archive", "uri": coffer.url_of(f"/{task.id}/D-17/{file}")}
        coffer.register(task.id, item)
        assert "folder" not in (victim.copy(task.id, f"D-17 {file}").result or {})
    assert len(log.lines("Failed extracting zip file")) == len(archives)
    assert not list(tmp_path.rglob("escaped.txt"))


def test_D_17_a_file_name_cannot_escape_the_cache(task, new_peer, coffer, tmp_path):
    name = f"/{task.id}/D-17/..\\..\\escaped.txt"
    assert coffer.upload(name, b"a name with backslashes").status == 200
    item = {"key": "D-17 name", "type": "custom", "uri": coffer.url_of(name)}
    coffer.register(task.id, item)
    copy = new_peer(HOME=str(tmp_path)).copy(task.id, "D-17 name").result
    assert copy["sha256"] == digest(b"a name with backslashes")
    assert copy["path"].startswith(f"{tmp_path}/.clearml/cache/storage_manager/global/") and ".." not in copy[
        "path"
    ].split("/")


def test_D_18_a_directly_reachable_file_is_used_in_place(new_task, peer, coffer, tmp_path):
    task = new_task("shared folder")
    task.output_uri = str(tmp_path)
    assert task.upload_artifact("D-18", {"a": 1}, wait_on_upload=True) is True
    record = coffer.record(task.id, "D-18")
    assert record["uri"].startswith(f"file://{tmp_path}") or record["uri"].startswith(str(tmp_path))
    copy = peer.copy(task.id, "D-18")
    assert copy.result["path"].startswith(str(tmp_path)) and copy.result["sha256"] == record["hash"]
    assert not [url for _method, url in copy.requests if url.startswith(coffer.files_url)]
    assert coffer.artifact(task.id, "D-18")["state"] == "external"


def test_D_19_a_registered_link_is_fetched_from_its_own_location(logged, peer, elsewhere):
    url = elsewhere.url("set/data.bin")
    copy = peer.copy(*logged("D-19", url))
    assert copy.result["sha256"] == digest(elsewhere.content)
    assert {url for _method, url in copy.requests if url.endswith("data.bin")} == {url}
    assert elsewhere.requests and not [headers for headers in elsewhere.requests if "Authorization" in headers]


@pytest.mark.parametrize("how", ["archived", "published"])
def test_D_20_artifacts_of_archived_and_published_tasks_are_readable(how, new_task, publish, peer):
    task = new_task(how)
    assert task.upload_artifact("D-20", {"how": how}, wait_on_upload=True) is True
    if how == "archived":
        task.set_archived(True)
        assert task.get_archived()
    else:
        publish(task)
    assert peer.get(task.id, "D-20").result[0] == {"how": how}
    samples.equal(peer.read(task.id, "D-20").result, {"how": how})


def test_D_21_a_cut_download_is_no_cache_hit(logged, peer, elsewhere, log):
    where = logged("D-21", elsewhere.url("cut.bin"))
    elsewhere.cut = True
    assert peer.copy(*where).result is None
    assert log.lines("Could not download")
    elsewhere.cut = False
    assert peer.copy(*where).result["sha256"] == digest(elsewhere.content)
