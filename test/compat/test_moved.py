"""A data directory is copied elsewhere and served at another host name and port, and its bytes are moved to S3 under
load: everything opens as before, since no record holds a host of the server."""

import hashlib
import re
import shutil
import sqlite3
import subprocess
import threading
from pathlib import Path

import pytest
import samples
import stores
from conftest import DEFAULT_CONF
from peer import Peer
from server import BINARY, Server

HERE = Path(__file__).parent


@pytest.fixture
def serve():
    started = []

    def go(data, *args, keys=None):
        started.append(Server.start(data, keys=keys, args=args))
        return started[-1]

    yield go
    for server in started:
        server.stop()


def texts(data):
    """Every text in the database of a data directory."""
    with sqlite3.connect(f"file:{data}/coffer.db?mode=ro", uri=True) as db:
        db.text_factory = lambda raw: raw.decode(errors="replace")
        for (table,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'").fetchall():
            for row in db.execute(f'SELECT * FROM "{table}"'):
                yield from ((table, value) for value in row if isinstance(value, str))


def addresses(server, task_id):
    """Every address that the records of a task hold, by field, as this server renders it."""
    task = server.task(task_id)
    (project,) = server.data_of("projects.get_all_ex", id=[task["project"]])["projects"]
    (model,) = server.data_of("models.get_all_ex", task=[task_id])["models"]
    (metric,) = server.data_of("events.debug_images", metrics=[{"task": task_id}], iters=5)["metrics"]
    events = [event for iteration in metric["iterations"] for event in iteration["events"]]
    (plot,) = server.data_of("events.get_task_plots", task=task_id)["plots"]
    return {
        "output.destination": [task["output"]["destination"]],
        "default_output_destination": [project["default_output_destination"]],
        "model uri": [model["uri"]],
        "event url": [event["url"] for event in events],
        "plot source": re.findall(r'"source": *"([^"]+)"', plot["plot_str"]),
        "artifact uri": [artifact["uri"] for artifact in task["execution"]["artifacts"]],
    }


def test_everything_opens_after_a_move(serve, run_program, tmp_path, sdk_lines):
    first = serve(tmp_path / "first" / "data")
    env = first.environment(tmp_path / "home") | {"PYTHONPATH": str(HERE)}
    (tmp_path / "home" / "clearml.conf").write_text(DEFAULT_CONF)
    output = run_program("everywhere.py", tmp_path / "sent", env=env)
    task = re.search(r"^task (\w+)$", output, re.MULTILINE)[1]
    before = {a["key"]: first.file(a["uri"]).body for a in first.task(task)["execution"]["artifacts"]}
    assert len(before) == len(samples.SAMPLES)
    first.data_of("projects.update", project=first.task(task)["project"], default_output_destination=f"{first.files_url}/shelf")
    had = addresses(first, task)
    assert (len(had["event url"]), len(had["plot source"])) == (2, 1)
    assert all(url.startswith(first.files_url) for urls in had.values() for url in urls), had
    first.stop()

    hosts = [url.split("//")[1] for url in (first.files_url, first.api_url, first.web_url)]
    found = [(table, text[:200]) for table, text in texts(first.data) if any(host in text for host in hosts)]
    assert found == [], "records hold a host of the server"

    shutil.copytree(tmp_path / "first", tmp_path / "elsewhere")
    shutil.rmtree(tmp_path / "first")
    data, bucket = tmp_path / "elsewhere" / "data", stores.started("s3").address
    second = serve(data, "--blobs", bucket, "--also-blobs", f"{data}/blobs")
    named = {name: value.replace("127.0.0.1", "localhost") for name, value in second.keys.items()}
    second = Server(named, second.process, data)

    stop, failed = threading.Event(), []

    def load(number):
        count = 0
        while not stop.is_set():
            path, content = f"/load/{number}/{count % 7}", f"{number} {count}".encode()
            if second.upload(path, content).status != 200 or second.file(second.url_of(path)).body != content:
                failed.append(path)
            count += 1

    threads = [threading.Thread(target=load, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    command = [BINARY, "blobs", "move", "--data", data, "--from", f"{data}/blobs", "--to", bucket]
    moved = subprocess.run(command, capture_output=True, text=True, timeout=120)
    stop.set()
    for thread in threads:
        thread.join()
    assert (moved.returncode, failed) == (0, []), moved.stderr
    assert subprocess.run([BINARY, "gc", "--data", data, "--grace", "0"], timeout=120).returncode == 0
    left = [path for path in (data / "blobs" / "objects").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["0" * 32], "nothing but the mark is left where the bytes were"

    peer = Peer(second.environment(tmp_path / "other home"), sdk_lines)
    try:
        for artifact in second.task(task)["execution"]["artifacts"]:
            key, uri = artifact["key"], artifact["uri"]
            assert uri.startswith(second.files_url + "/"), "an address is rendered for whoever asks"
            by_web = second.web_url + "/files" + uri.removeprefix(second.files_url)
            assert second.file(uri).body == second.file(by_web).body == before[key]
            assert second.artifact(task, key)["state"] == "stored"
            if before[key]:
                copy = peer.copy(task, key, extract_archive=False).result
                assert copy["sha256"] == hashlib.sha256(before[key]).hexdigest()
    finally:
        peer.close()
    has = addresses(second, task)
    assert {field: [url.replace(second.files_url, first.files_url) for url in urls] for field, urls in has.items()} == had
    for field in ("model uri", "event url", "plot source"):
        for url in has[field]:
            assert url.startswith(second.files_url + "/"), field
            assert second.file(url).status == 200, f"{field}: {url}"
