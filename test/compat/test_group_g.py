"""Where things are stored: one test for each row of group G that concerns no bucket, named after it. Those that do are
in test_output_uri.py and test_buckets.py."""

import gzip
import hashlib
import json
import os
import re
import subprocess
import sys
import uuid
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest
from conftest import QUICK_CONF
from peer import PeerError
from recorder import Recorder
from server import Server


@pytest.fixture
def where(run_program, environment, coffer):
    """Runs a program that logs an artifact; says where on this server it is stored."""

    def run(project, task="", config=""):
        settings = {"CLEARML_DEFAULT_OUTPUT_URI": config} if config else {}
        output = run_program("destination.py", project, task, env=environment(**settings))
        id = re.search(r"^task (\w+)$", output, re.MULTILINE)[1]
        uri = coffer.record(id, "numbers")["uri"]
        assert coffer.file(uri).status == 200 and uri.startswith(coffer.files_url)
        return uri.removeprefix(coffer.files_url + "/").split("/")[0]

    return run


@pytest.fixture
def new_project(coffer):
    def make(**fields):
        name = f"G {uuid.uuid4().hex[:8]}"
        coffer.data_of("projects.create", name=name, **fields)
        return name

    return make


def test_G_12_a_project_has_a_default_destination(where, new_project, coffer):
    name = new_project(default_output_destination=coffer.files_url + "/shelf")
    assert where(name) == "shelf"
    (shown,) = coffer.data_of("projects.get_all_ex", name=f"^{name}$")["projects"]
    assert shown["default_output_destination"] == coffer.files_url + "/shelf"
    coffer.data_of("projects.update", project=shown["id"], default_output_destination=None)
    assert where(name) == name.replace(" ", "%20"), "the file server, as if there had never been one"


def test_G_13_the_nearest_destination_wins(where, new_project, coffer):
    of_config, of_project, of_task = (f"{coffer.files_url}/{level}" for level in ("config", "project", "task"))
    bare, shelved = new_project(), new_project(default_output_destination=of_project)
    assert where(bare, config=of_config) == "config"
    assert where(shelved, config=of_config) == "project"
    assert where(shelved, config=of_config, task=of_task) == "task"


@pytest.fixture(scope="module")
def shelf(tmp_path_factory):
    """A folder, and the one that an old path of it is substituted by."""
    folder = tmp_path_factory.mktemp("shelf")
    for name in ("now/out", "named", "default"):
        (folder / name).mkdir(parents=True)
    return folder


@pytest.fixture(scope="module")
def old_server():
    """A file server of an older address, and one that nobody lists; both notice who asks."""
    listed, unlisted = (Recorder(answer=lambda _: (200, b"content")) for _ in range(2))
    yield listed, unlisted
    listed.close()
    unlisted.close()


@pytest.fixture
def configured(new_peer, shelf, old_server):
    """Another process, with the settings of several rows."""
    return new_peer(
        conf=QUICK_CONF
        + f"""
        sdk.storage.path_substitution: [{{registered_prefix: "file://{shelf}/then", local_prefix: "file://{shelf}/now"}}]
        sdk.storage.direct_access: []
        sdk.storage.http.legacy_fileservers: ["http://{old_server[0].host}"]
        sdk.network.file_upload_retries: 2
        """
    )


@pytest.fixture
def sent(tmp_path):
    """Makes a file of so many bytes."""

    def make(size=1000, name="sent.bin"):
        path = tmp_path / name
        path.write_bytes(os.urandom(size))
        return path

    return make


@pytest.fixture(scope="module")
def destinations(environment, programs, coffer, shelf):
    """What a program logged with each value of output_uri, without a default and with one."""
    found = {}
    for default in ("", f"file://{shelf}/default"):
        settings = {"CLEARML_DEFAULT_OUTPUT_URI": default} if default else {}
        command = [sys.executable, str(programs / "destinations.py"), f"file://{shelf}/named"]
        ran = subprocess.run(command, env=environment(**settings), capture_output=True, text=True, timeout=150)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        found[default] = json.loads(re.search("^found (.*)$", ran.stdout, re.MULTILINE)[1])
        for values in found[default].values():
            values["uri"] = coffer.record(values["task"], "numbers")["uri"]
    return found


def test_G_06_the_destination_is_a_matter_of_configuration(destinations, shelf, coffer):
    """The same program, with another default."""
    by_default = f"file://{shelf}/default"
    assert destinations[""]["none"]["uri"].startswith(coffer.files_url + "/")
    stored = destinations[by_default]["none"]["uri"]
    assert stored.startswith(by_default + "/") and Path(stored.removeprefix("file://")).read_bytes()


def test_G_08_the_file_server_is_the_default(destinations, coffer):
    found = destinations[""]["none"]
    assert not found["destination"] and coffer.file(found["uri"]).status == 200
    assert coffer.artifact(found["task"], "numbers")["state"] == "stored"


def test_G_09_output_uri_is_true_false_or_an_address(destinations, shelf, coffer):
    for default in destinations:
        found = destinations[default]
        assert found["uri"]["uri"].startswith(f"file://{shelf}/named/") and found["uri"]["destination"] == f"file://{shelf}/named"
        assert found["true"]["destination"].rstrip("/") == (default or coffer.files_url)
        assert not found["false"]["destination"], "no default of the configuration"
        assert found["false"]["uri"].startswith(coffer.files_url + "/")


def test_G_11_the_destination_of_a_draft_is_edited_and_cleared(new_task, coffer):
    task = new_task("draft").id

    def destination():
        return coffer.task(task).get("output", {}).get("destination") or ""

    for uri in ("s3://bucket/path", coffer.files_url + "/shelf", ""):
        coffer.data_of("tasks.edit", task=task, output_dest=uri)
        assert destination() == uri
    coffer.data_of("tasks.started", task=task)
    refused = coffer.call("tasks.edit", task=task, output_dest="s3://bucket/other")["meta"]
    assert (refused["result_code"], destination()) == (400, "")


def test_G_24_registered_prefixes_are_substituted(configured, new_task, shelf, coffer):
    (shelf / "now/read.bin").write_bytes(b"content")
    task = new_task("substituted")
    uri = f"file://{shelf}/then/read.bin"
    coffer.register(task.id, dict(key="old", type="custom", mode="output", uri=uri, hash=hashlib.sha256(b"content").hexdigest(), content_size=7, timestamp=1))
    assert configured.copy(task.id, "old").result["sha256"] == hashlib.sha256(b"content").hexdigest()
    assert configured.destination(task.id, f"file://{shelf}/then/out").result == f"file://{shelf}/then/out"
    assert configured.upload(task.id, "new", {"n": 1}, wait_on_upload=True).result is True
    record = coffer.record(task.id, "new")
    assert record["uri"].startswith(f"file://{shelf}/then/out/"), "as it was registered"
    written = Path(record["uri"].removeprefix("file://").replace("/then/", "/now/"))
    assert hashlib.sha256(written.read_bytes()).hexdigest() == record["hash"]
    assert configured.delete(task.id, ["new", "old"]).result is True
    assert not written.exists() and not (shelf / "now/read.bin").exists() and not (shelf / "then").exists()


def test_G_25_direct_access_gives_the_file_itself(configured, peer, sent):
    file = sent()
    assert peer.fetch(f"file://{file}").result["path"] == str(file)
    assert peer.fetch(str(file)).result["path"] == str(file)


def test_G_26_get_local_copy_has_a_cache(peer, sent, coffer, tmp_path):
    packed = tmp_path / "packed.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/b.txt", "in it")
    for path in ("/G-26/packed.zip", "/G-26/plain.bin"):
        assert coffer.upload(path, packed.read_bytes()).status == 200
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    folder = peer.fetch(coffer.files_url + "/G-26/packed.zip", name="named").result
    assert folder["folder"] == {"a/b.txt": hashlib.sha256(b"in it").hexdigest()} and "named" in folder["path"]
    assert peer.fetch(coffer.files_url + "/G-26/packed.zip", extract_archive=False).result["sha256"] == digest
    first = peer.fetch(coffer.files_url + "/G-26/plain.bin", cache_context="mine")
    assert first.result["sha256"] == digest
    again = peer.fetch(coffer.files_url + "/G-26/plain.bin", cache_context="mine")
    assert again.result["path"] == first.result["path"] and not [url for method, url in again.requests if method == "GET"]
    assert peer.fetch(coffer.files_url + "/G-26/plain.bin", cache_context="other").result["path"] != first.result["path"]
    assert coffer.upload("/G-26/plain.bin", b"newer").status == 200
    forced = peer.fetch(coffer.files_url + "/G-26/plain.bin", cache_context="mine", force_download=True).result
    assert forced["sha256"] == hashlib.sha256(b"newer").hexdigest()


def test_G_27_upload_file_returns_the_address(peer, sent, coffer, tmp_path):
    file = sent()
    for url in (coffer.files_url + quote("/G-27/a b/sent.bin"), f"file://{tmp_path}/there/sent.bin"):
        assert peer.manager("upload_file", str(file), url.replace("%20", " "), wait_for_upload=True, retries=2).result == url
    assert coffer.file(coffer.files_url + quote("/G-27/a b/sent.bin")).body == file.read_bytes()
    assert (tmp_path / "there/sent.bin").read_bytes() == file.read_bytes()


def test_G_30_empty_downloads_are_an_error_unless_told(peer, coffer, tmp_path, log):
    url = coffer.files_url + "/G-30/empty.bin"
    assert coffer.upload("/G-30/empty.bin", b"").status == 200
    assert peer.manager("download_file", url, str(tmp_path / "no")).result is None
    assert log.lines("0-sized file")
    got = peer.manager("download_file", url, str(tmp_path / "yes"), skip_zero_size_check=True).result
    assert got and Path(got).read_bytes() == b""


def test_G_31_progress_is_told_step_by_step(run_program, environment, coffer):
    size = 21  # MB

    def told(name, step=0, conf=""):
        """The megabytes that the lines (or bars, with tqdm) of an upload and of a download told, each once."""
        address = f"{coffer.files_url}/G-31/{name}.bin"
        output = run_program("progress.py", address, size, step, env=environment(conf=QUICK_CONF + conf))
        up, down = re.fullmatch(r".*^upload$(.*)^download$(.*)^end$.*", output, re.DOTALL | re.MULTILINE).groups()
        return [sorted({float(n) for n in re.findall(rf"([\d.]+)(?:MB )?/ ?{size}(?:\.0*)? ?MB", part)}) for part in (up, down)]

    def steps(values):
        return [b - a for a, b in zip(values, values[1:], strict=False)]

    for values in told("default"):
        assert values[-1] == size and 3 <= len(values) <= 7 and max(steps(values)) < 10, values
    # The SDK takes a download from a file server 5 MB at a time, so that only a longer step shows there.
    conf = "sdk.storage.log.report_upload_chunk_size_mb: 2\nsdk.storage.log.report_download_chunk_size_mb: 10\n"
    (up, down), (up_by_code, down_by_code) = told("config", conf=conf), (told("two", 2)[0], told("ten", 10)[1])
    for values in (up, up_by_code):
        assert values[-1] == size and 8 <= len(values) <= 13 and max(steps(values)) < 5, values
    for values in (down, down_by_code):
        assert values[-1] == size and len(values) <= 3, values


def test_G_32_uploads_are_tried_again(configured, peer, sent, coffer):
    busy = Recorder(answer=lambda _: (500, b"not now"))
    try:
        for process, times in ((peer, 3), (configured, 2)):
            busy.requests.clear()
            with pytest.raises(PeerError):
                process.manager("upload_file", str(sent()), f"http://{busy.host}/G-32/{times}.bin")
            assert len(busy.under("/", "POST")) == times
    finally:
        busy.close()


def test_G_34_older_file_servers_get_the_credentials(configured, old_server):
    for server, told in zip(old_server, (True, False)):
        configured.fetch(f"http://{server.host}/G-34/x.bin")
        gets = server.under("/G-34", "GET")
        assert gets and all(("authorization" in r.headers) is told for r in gets)


def form(parts):
    boundary = "b" + os.urandom(16).hex()
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n" for name, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), {"Content-Type": f"multipart/form-data; boundary={boundary}"}


def test_G_35_one_post_uploads_several_files(coffer):
    body, headers = form([("/G-35/a.txt", b"one"), ("/G-35/b/c.txt", b"two")])
    assert coffer.http("POST", coffer.files_url, body, headers).status == 200
    assert [coffer.file(coffer.files_url + path).body for path in ("/G-35/a.txt", "/G-35/b/c.txt")] == [b"one", b"two"]
    assert coffer.upload("/G-35/a.txt", b"newer").status == 200
    assert coffer.file(coffer.files_url + "/G-35/a.txt").body == b"newer"
    assert coffer.http("POST", coffer.files_url, body, headers | {"Content-Encoding": "gzip"}).status == 415
    assert coffer.file(coffer.files_url + "/G-35/a.txt").body == b"newer"


def test_G_36_files_are_served_with_type_and_ranges(coffer):
    content = gzip.compress(bytes(range(256)) * 10)
    for path, media in {"/G-36/x.json.gz": "application/gzip", "/G-36/x.png": "image/png"}.items():
        url = coffer.files_url + path
        assert coffer.upload(path, content).status == 200
        whole = coffer.file(url)
        assert (whole.status, whole.body, whole.headers["content-type"]) == (200, content, media)
        assert "content-encoding" not in whole.headers and "cache-control" in whole.headers
        part = coffer.file(url, Range="bytes=3-9")
        assert (part.status, part.body, part.headers["content-range"]) == (206, content[3:10], f"bytes 3-9/{len(content)}")
        assert coffer.file(url, "HEAD").headers["content-length"] == str(len(content))
        assert coffer.file(url + "?download").headers["content-disposition"].startswith("attachment")


def test_G_37_nobody_reads_or_writes_without_a_token(coffer):
    assert coffer.upload("/G-37/x.txt", b"mine").status == 200
    url = coffer.files_url + "/G-37/x.txt"
    body, headers = form([("/G-37/y.txt", b"theirs")])
    assert [coffer.http("GET", url, auth=False).status, coffer.http("DELETE", url, auth=False).status] == [401, 401]
    assert coffer.http("POST", coffer.files_url, body, headers, auth=False).status == 401
    token = coffer.data_of("auth.login")["token"]
    for given in ({"Authorization": f"Bearer {token}"}, {"Cookie": f"{cookie_of(coffer)}={token}"}):
        assert coffer.http("GET", url, headers=given, auth=False).body == b"mine"


def cookie_of(coffer):
    """The name of the session cookie, as signing in sets it."""
    answer = coffer.http("POST", f"{coffer.api_url}/v2.23/auth.login", b"{}", {"Content-Type": "application/json"})
    return answer.headers["set-cookie"].partition("=")[0]


def test_G_38_paths_stay_below_the_root(coffer, tmp_path):
    assert coffer.upload("/../../G-38/up.txt", b"x").status in (200, 400)
    for path in ("/../../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/G-38/..%2f..%2f..%2fetc/passwd", "//etc/passwd"):
        for method in ("GET", "DELETE"):
            assert coffer.http(method, coffer.files_url + path).status in (400, 404), (method, path)
    assert Path("/etc/passwd").exists()
    if coffer.data:
        inside = {p.relative_to(coffer.data).parts[0] for p in coffer.data.rglob("*")}
        assert "G-38" not in inside and not (coffer.data.parent / "G-38").exists() and not (coffer.data.parent.parent / "G-38").exists()


def test_G_39_pages_of_other_hosts_read_files_if_configured(coffer, tmp_path):
    def ask(server, url, method="GET", **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return server.http(method, url, headers=headers, auth=method != "OPTIONS")

    lab, other = "https://lab.example.org", "http://10.0.0.7:8888"
    server = Server.start(tmp_path / "open" / "data", args=["--files-origins", f"{lab}, {other}"])
    try:
        for store in (server, coffer):
            assert store.upload("/G-39/a.bin", b"0123456789").status == 200
        for base in (server.files_url, server.web_url + "/files"):
            for origin in (lab, other):
                question = ask(server, base + "/G-39/a.bin", "OPTIONS", Origin=origin, Access_Control_Request_Method="GET")
                assert question.status == 204
                assert question.headers["access-control-allow-origin"] == origin
                assert "GET" in question.headers["access-control-allow-methods"]
                assert {"Authorization", "Range"} <= set(question.headers["access-control-allow-headers"].split(", "))
                answer = ask(server, base + "/G-39/a.bin", Origin=origin, Range="bytes=2-4")
                assert (answer.status, answer.body) == (206, b"234")
                assert answer.headers["access-control-allow-origin"] == origin
                assert "Content-Range" in answer.headers["access-control-expose-headers"]
                assert "access-control-allow-credentials" not in answer.headers, "no cookie counts for another page"
            stranger = ask(server, base + "/G-39/a.bin", Origin="https://evil.example.org")
            assert stranger.status == 200 and "access-control-allow-origin" not in stranger.headers
            naked = server.http("GET", base + "/G-39/a.bin", headers={"Origin": lab}, auth=False)
            assert naked.status == 401, "a page needs a token, too"
        closed = ask(coffer, coffer.files_url + "/G-39/a.bin", Origin=lab)
        assert "access-control-allow-origin" not in closed.headers, "none by default"
    finally:
        server.stop()


def test_G_40_a_file_that_is_too_large_is_refused_plainly(new_peer, sent, tmp_path, log):
    server = Server.start(tmp_path / "capped" / "data", args=["--max-upload-size", "5000"])
    try:
        assert server.upload("/G-40/fits.bin", b"x" * 5000).status == 200
        refused = server.upload("/G-40/large.bin", b"x" * 5001)
        assert refused.status == 413 and b"5000" in refused.body
        assert server.file(server.files_url + "/G-40/large.bin").status == 404
        hosts = dict(CLEARML_API_HOST=server.api_url, CLEARML_FILES_HOST=server.files_url)
        hosts |= dict(CLEARML_API_ACCESS_KEY=server.keys["access_key"], CLEARML_API_SECRET_KEY=server.keys["secret_key"])
        with pytest.raises(PeerError):
            new_peer(**hosts).manager("upload_file", str(sent(6000)), server.files_url + "/G-40/sdk.bin")
        assert log.lines("413") and log.lines("5000")
    finally:
        server.stop()
