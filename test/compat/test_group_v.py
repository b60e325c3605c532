"""The wire contract the Python SDK depends on: one test for each row of group V, named after it.

Each row is shown with the SDK where it can show it, and with the same calls over plain HTTP where its answers hide the
detail.
"""

import gzip
import http.client
import socket
import sqlite3
import threading
import time
import urllib.parse

import pytest
import requests
import samples
from samples import digest
from server import Server


def item(coffer, path, content, key="item", **changes):
    """An artifact record as the SDK sends it, for bytes at a path."""
    record = {
        "key": key,
        "type": "custom",
        "uri": coffer.url_of(path),
        "hash": digest(content),
        "content_size": len(content),
        "timestamp": 1700000000,
        "type_data": {"preview": "", "content_type": "text/plain"},
    }
    return {**record, **changes}


def test_V_01_the_version_reported_selects_the_artifact_calls(new_task, monkeypatch):
    from clearml.backend_api import Session

    assert Session.check_min_api_version("2.13") and Session.check_min_api_version("2.23")
    called = []
    plain = requests.Session.send

    def counted(session, request, **options):
        called.append((request.url.rsplit("/", 1)[1], str(request.body)))
        return plain(session, request, **options)

    task = new_task()
    with monkeypatch.context() as patch:
        patch.setattr(requests.Session, "send", counted)
        task.upload_artifact("V-01", {"a": 1}, wait_on_upload=True)
        task.delete_artifacts(["V-01"])
    endpoints = [endpoint for endpoint, body in called if task.id in body]
    assert "tasks.add_or_update_artifacts" in endpoints and "tasks.delete_artifacts" in endpoints
    assert "tasks.edit" not in endpoints


def test_V_02_artifacts_are_always_a_list(new_task, coffer):
    task = new_task()
    assert coffer.task(task.id)["execution"]["artifacts"] == []
    for fields in (["execution.artifacts"], ["execution"], ["execution.artifacts", "status"]):
        (found,) = coffer.data_of("tasks.get_all", id=[task.id], only_fields=fields)["tasks"]
        assert found["execution"]["artifacts"] == []
    assert task.delete(raise_on_error=True)


def test_V_03_every_artifact_comes_back_with_its_mode(new_task, coffer, peer):
    task = new_task()
    task.upload_artifact("sent without", {"a": 1}, wait_on_upload=True)
    coffer.register(task.id, item(coffer, "/V-03", b"", key="an input", mode="input"))
    modes = {entry["key"]: entry["mode"] for entry in coffer.task(task.id)["execution"]["artifacts"]}
    assert modes == {"sent without": "output", "an input": "input"}
    assert peer.read(task.id, "sent without").result["mode"] == "output"


def test_V_04_metadata_pairs_and_type_data_round_trip(new_task, coffer):
    task = new_task()
    type_data = {"preview": "p\n\tq ü", "content_type": "text/csv", "data_hash": "ab" * 32}
    pairs = [["b", "2"], ["a", "1"], ["b", "again"], ["ü", ""]]
    coffer.register(task.id, item(coffer, "/V-04", b"", type_data=type_data, display_data=pairs))
    record = coffer.record(task.id, "item")
    assert record["display_data"] == pairs
    assert {name: record["type_data"][name] for name in type_data} == type_data


def test_V_05_updated_and_deleted_count(new_task, coffer):
    task = new_task()
    one = item(coffer, "/V-05", b"x")
    assert [coffer.register(task.id, one)["updated"] > 0, coffer.register(task.id, one)["updated"] > 0] == [True, True]
    assert type(coffer.register(task.id, one)["updated"]) is int
    deleted = coffer.data_of(
        "tasks.delete_artifacts", task=task.id, force=True, artifacts=[{"key": "item", "mode": "output"}]
    )
    assert type(deleted["deleted"]) is int and deleted["deleted"] > 0


def test_V_06_sending_everything_again_changes_nothing(new_task, coffer):
    task = new_task()
    for number in range(5):
        task.upload_artifact(f"V-06 {number}", {"n": number}, wait_on_upload=True)
    before = coffer.task(task.id)
    coffer.register(
        task.id, *({k: v for k, v in entry.items() if k != "mode"} for entry in before["execution"]["artifacts"])
    )
    after = coffer.task(task.id)
    assert after["execution"]["artifacts"] == before["execution"]["artifacts"]
    assert after["last_update"] == before["last_update"]
    assert [len(coffer.versions(task.id, f"V-06 {number}")) for number in range(5)] == [1] * 5


def test_V_07_upload_download_and_delete_answer_exactly_200(coffer, sdk, tmp_path):
    assert coffer.upload("/V-07/plain.txt", b"plain").status == 200
    url = coffer.url_of("/V-07/plain.txt")
    assert (coffer.file(url).status, coffer.file(url).body) == (200, b"plain")
    assert coffer.file(url, "DELETE").status == 200
    assert coffer.file(url).status == 404

    path = samples.one_file(tmp_path, "sdk.txt", b"sdk")
    uploaded = sdk.StorageManager.upload_file(str(path), f"{coffer.files_url}/V-07/sdk.txt")
    assert digest(open(sdk.StorageManager.get_local_copy(uploaded), "rb").read()) == digest(b"sdk")


def test_V_07_a_cut_upload_leaves_nothing_to_see(coffer):
    RunningUpload(coffer, "/V-07/cut.bin", b"x" * 1_000_000).cut()
    assert coffer.file(coffer.url_of("/V-07/cut.bin")).status == 404
    assert coffer.upload("/V-07/cut.bin", b"whole").status == 200
    RunningUpload(coffer, "/V-07/cut.bin", b"x" * 1_000_000).cut()
    assert coffer.file(coffer.url_of("/V-07/cut.bin")).body == b"whole"


VERBATIM = [
    "/V-08/plain.txt",
    "/V-08/with space/and%20percent.txt",
    "/V-08/pr%C3%BCf %231/prüf #1.txt",
    "/V-08/100%/a+b&c=d?e;f.txt",
    "/V-08/%2F%2e%2E/%25.txt",
    "/V-08/日本語/🎛️.bin",
    "/V-08/back\\slash'quote.txt",
    "/V-08/dots.../.hidden/..almost",
]


@pytest.mark.parametrize("name", VERBATIM)
def test_V_08_the_upload_name_is_taken_as_it_is(name, coffer, peer):
    content = name.encode()
    assert coffer.upload(name, content).status == 200
    assert coffer.file(coffer.url_of(name)).body == content
    assert peer.fetch(coffer.url_of(name)).result["sha256"] == digest(content)


def test_V_08_a_project_name_that_needs_quoting_round_trips(sdk, coffer, peer):
    task = sdk.Task.create("compat/prüf #1 100%", "täsk ?&+")
    assert task.upload_artifact("V-08", {"a": 1}, wait_on_upload=True) is True
    record = coffer.record(task.id, "V-08")
    assert "pr%25C3%25BCf%20%25231" in record["uri"]
    assert peer.get(task.id, "V-08").result[0] == {"a": 1}


@pytest.fixture
def own_server(tmp_path_factory):
    """A server that the test may stop, start again and disturb."""
    started = []

    def start(**options):
        data = started[-1].data if started else tmp_path_factory.mktemp("own") / "data"
        started.append(Server.start(data, **options))
        return started[-1]

    yield start
    for server in started:
        server.stop()


def test_V_09_a_restart_during_a_run_loses_nothing(own_server, new_peer_of):
    server = own_server()
    task_id = new_task_on(server)
    writer = new_peer_of(server)
    writer.upload(task_id, "before", {"n": 0}, wait_on_upload=True)
    server.stop()
    results = {}

    def upload():
        results["during"] = writer.upload(task_id, "during", {"n": 1}, wait_on_upload=True).result

    thread = threading.Thread(target=upload)
    thread.start()
    time.sleep(1)
    again = own_server(ports=server.ports, keys=server.keys)
    thread.join(120)
    assert results == {"during": True}
    assert [entry["key"] for entry in again.artifacts(task_id)] == ["before", "during"]
    assert {entry["state"] for entry in again.artifacts(task_id)} == {"stored"}


class RunningUpload:
    """An upload of which the server has begun to read the body, and which goes on only when the test says so."""

    def __init__(self, server, path, content):
        host, port = server.files_url.removeprefix("http://").split(":")
        part = f'--b\r\nContent-Disposition: form-data; name="{path}"; filename="{path}"\r\n\r\n'.encode()
        body = part + content + b"\r\n--b--\r\n"
        self._rest = body[len(body) // 2 :]
        self._connection = socket.create_connection((host, int(port)), timeout=60)
        head = f"POST / HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {server.basic['Authorization']}\r\n"
        head += f"Content-Type: multipart/form-data; boundary=b\r\nContent-Length: {len(body)}\r\nExpect: 100-continue\r\n\r\n"
        self._connection.sendall(head.encode())
        # The server asks for the body when its handler reads it.
        assert self._connection.recv(1000).startswith(b"HTTP/1.1 100")
        self._connection.sendall(body[: len(body) // 2])

    def cut(self):
        self._connection.close()

    def finish(self):
        """Sends the rest; gives the status of the answer."""
        self._connection.sendall(self._rest)
        answer = http.client.HTTPResponse(self._connection)
        answer.begin()
        self._connection.close()
        return answer.status


def test_V_09_while_stopping_running_uploads_finish_and_new_calls_are_told_to_come_back(own_server):
    server = own_server()
    content = b"x" * 1_000_000
    running = RunningUpload(server, "/V-09/slow", content)

    server.process.terminate()
    seen = {"api": set(), "files": set()}
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        for door, url in (("api", f"{server.api_url}/tasks.get_all"), ("files", f"{server.files_url}/V-09/none")):
            try:
                answer = server.http("GET", url)
            except OSError:
                seen[door].add("refused")  # clients try again as they do after a 503
                continue
            seen[door].add(answer.status)
            if door == "files" and answer.status == 503:
                assert "retry-after" in answer.headers
        time.sleep(0.1)
    assert seen["api"] <= {200, 503, "refused"} and seen["files"] <= {404, 503, "refused"}
    assert seen["api"] & {503, "refused"} and seen["files"] & {503, "refused"}

    assert running.finish() == 200
    server.process.wait(60)
    again = own_server(ports=server.ports, keys=server.keys)
    assert again.file(again.url_of("/V-09/slow")).body == content


def test_V_09_a_busy_store_is_500_on_the_api_and_503_on_the_files(own_server):
    server = own_server()
    task_id = new_task_on(server)
    answers = {}

    def call(name, make):
        answers[name] = make()

    edits = {
        "api": lambda: server.call("tasks.edit", task=task_id, comment="busy")["meta"]["result_code"],
        "files": lambda: server.upload("/V-09/busy", b"busy"),
    }
    (database,) = [
        path for path in server.data.rglob("*") if path.is_file() and path.open("rb").read(15) == b"SQLite format 3"
    ]
    with sqlite3.connect(database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        threads = [threading.Thread(target=call, args=pair) for pair in edits.items()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        other.execute("ROLLBACK")
    assert answers["api"] == 500
    assert answers["files"].status == 503 and "retry-after" in answers["files"].headers
    assert edits["api"]() == 200 and edits["files"]().status == 200


def new_task_on(server):
    project = server.data_of("projects.create", name="own", description="")["id"]
    return server.data_of("tasks.create", name="own task", type="training", project=project)["id"]


@pytest.fixture
def new_peer_of(sdk_lines, tmp_path):
    """A second process for a server of the test's own."""
    from conftest import QUICK_CONF
    from peer import Peer

    peers = []

    def make(server):
        environment = server.environment(tmp_path / f"home-{len(peers)}")
        (tmp_path / f"home-{len(peers)}" / "clearml.conf").write_text(QUICK_CONF)
        peers.append(Peer(environment, sdk_lines))
        return peers[-1]

    yield make
    for peer in peers:
        peer.close()


def test_V_10_head_answers_with_the_length(coffer, peer):
    coffer.upload("/V-10/file.bin", b"x" * 1234)
    head = coffer.file(coffer.url_of("/V-10/file.bin"), "HEAD")
    assert (head.status, head.headers["content-length"], head.body) == (200, "1234", b"")
    assert peer.exists(coffer.url_of("/V-10/file.bin")).result is True
    assert peer.exists(coffer.url_of("/V-10/none.bin")).result is False


def test_V_11_models_are_deleted_once_and_not_while_in_use(sdk, new_task, coffer):
    model = sdk.InputModel.import_model("https://example.org/V-11.bin", name="V-11")
    new_task("user").set_input_model(model.id)
    assert coffer.call("models.delete", model=model.id)["meta"]["result_code"] == 400
    assert coffer.data_of("models.delete", model=model.id, force=True)["deleted"] is True
    meta = coffer.call("models.delete", model=model.id, force=True)["meta"]
    assert (meta["result_code"], meta["result_subcode"]) == (400, 201)


def test_V_12_artifacts_come_sorted_by_key(new_task, coffer):
    task = new_task()
    keys = ["b", "a", "Z", "ä", "10", "9", "a b", "a.b"]
    coffer.register(task.id, *(item(coffer, "/V-12", b"", key=key) for key in keys))
    coffer.register(task.id, item(coffer, "/V-12", b"", key="a", mode="input"))
    got = [(entry["key"], entry["mode"]) for entry in coffer.task(task.id)["execution"]["artifacts"]]
    assert got == sorted([(key, "output") for key in keys] + [("a", "input")])


@pytest.mark.parametrize(
    "key", ["a.b.c", "$set", "a$b", "a/b/c", "/lead", "trail/", ".", "..", "a.slash.b", "%2e", "__x__"]
)
def test_V_13_keys_with_dots_dollars_and_slashes_are_found(key, task, coffer, peer):
    coffer.register(task.id, item(coffer, "/V-13", b"", key=key, type_data={"preview": key}))
    assert coffer.record(task.id, key)["type_data"]["preview"] == key
    assert coffer.artifact(task.id, key)["preview"] == key
    assert key in peer.names(task.id).result
    assert task.delete_artifacts([key], delete_from_storage=False) is True
    assert coffer.record(task.id, key) is None and coffer.artifact(task.id, key) is None


def test_V_14_gzip_artifacts_are_served_without_content_encoding(task, coffer, peer):
    task.upload_artifact("V-14", samples.frame(), wait_on_upload=True)
    record = coffer.record(task.id, "V-14")
    for method in ("GET", "HEAD"):
        answer = coffer.file(record["uri"], method, Accept_Encoding="gzip, deflate, br")
        assert "content-encoding" not in answer.headers
    body = coffer.file(record["uri"], Accept_Encoding="gzip, deflate, br").body
    assert digest(body) == record["hash"] and gzip.decompress(body).decode() == samples.frame().to_csv()
    samples.equal_frame(peer.read(task.id, "V-14").result, samples.frame())


def into(state, task, coffer):
    """Brings a fresh task into a state."""
    if state == "queued":
        coffer.data_of("tasks.enqueue", task=task.id)
    elif state != "created":
        task.mark_started()
        {
            "in_progress": lambda: None,
            "completed": task.mark_completed,
            "failed": task.mark_failed,
            "stopped": task.mark_stopped,
        }[state]()
    task.reload()
    assert task.status == state


@pytest.mark.parametrize("state", ["created", "queued", "in_progress", "completed", "failed", "stopped"])
def test_V_15_artifacts_are_added_and_deleted_in_every_state_but_published(state, new_task, coffer):
    task = new_task(state)
    task.upload_artifact("earlier", {"a": 1}, wait_on_upload=True)
    into(state, task, coffer)
    assert task.upload_artifact("V-15", {"state": state}, wait_on_upload=True) is True
    assert coffer.artifact(task.id, "V-15")["state"] == "stored"
    assert task.delete_artifacts(["earlier"]) is True
    assert [entry["key"] for entry in coffer.task(task.id)["execution"]["artifacts"]] == ["V-15"]
    assert coffer.task(task.id)["status"] == state


def test_V_15_published_tasks_refuse_with_400_110(new_task, publish, coffer, log):
    task = new_task("published")
    task.upload_artifact("kept", {"a": 1}, wait_on_upload=True)
    publish(task)
    refused = coffer.call(
        "tasks.add_or_update_artifacts", task=task.id, force=True, artifacts=[item(coffer, "/V-15", b"")]
    )["meta"]
    assert (refused["result_code"], refused["result_subcode"]) == (400, 110)
    refused = coffer.call(
        "tasks.delete_artifacts", task=task.id, force=True, artifacts=[{"key": "kept", "mode": "output"}]
    )["meta"]
    assert (refused["result_code"], refused["result_subcode"]) == (400, 110)
    log.expect("Action failed <400/110: tasks.add_or_update_artifacts")
    assert task.upload_artifact("new", {"a": 2}, wait_on_upload=True) is True, "the SDK only logs the refusal"
    assert [entry["key"] for entry in coffer.task(task.id)["execution"]["artifacts"]] == ["kept"]

    url = coffer.record(task.id, "kept")["uri"]
    path = urllib.parse.unquote(url.removeprefix(coffer.files_url))
    for frozen in (coffer.upload(path, b"other"), coffer.file(url, "DELETE")):
        assert frozen.status == 409 and task.id in frozen.body.decode()
    assert coffer.file(url).status == 200
