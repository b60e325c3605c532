"""The SDK writes to a store by itself, and Coffer keeps where. Azure is not here: the SDK reaches it by https alone, at
the host name of an account, which no store on this machine can have."""

import hashlib
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import stores
from conftest import QUICK_CONF

SENT = bytes(range(256)) * 4000


def s3(_folder):
    store = stores.started("s3")
    key, secret = store.keys
    credentials = f'[{{host: "{store.host}", key: "{key}", secret: "{secret}", multipart: true, secure: false}}]'
    return f"s3://{store.host}/{store.bucket}/by/the-sdk", f"sdk.aws.s3.credentials: {credentials}\n", {}


def gs(_folder):
    store = stores.started("gs")
    return f"gs://{store.bucket}/by/the-sdk", 'sdk.google.storage.project: "test"\n', {"STORAGE_EMULATOR_HOST": store.endpoint}


def local_folder(folder):
    (folder / "local").mkdir()
    return str(folder / "local"), "", {}


def shared_folder(folder):
    (folder / "mnt/share").mkdir(parents=True)
    return f"file://{folder}/mnt/share", "", {}


@pytest.fixture
def round_trip_by(environment, run_program, new_peer, coffer, tmp_path):
    """Logs to a destination that only the configuration knows how to reach, reads back in another process, deletes."""

    def go(destination, conf, extra, as_default=False):
        settings = {**extra, "CLEARML_DEFAULT_OUTPUT_URI": destination} if as_default else extra
        arguments = [] if as_default else [destination]
        output = run_program("output_uri.py", *arguments, env=environment(conf=QUICK_CONF + conf, **settings), cwd=tmp_path)
        task = re.search(r"^task (\w+)$", output, re.MULTILINE)[1]

        peer = new_peer(conf=QUICK_CONF + conf, **extra)
        numbers = peer.read(task, "numbers").result
        assert numbers["value"] == {"n": list(range(1000))}
        for name in ("numbers", "file ä %+#"):
            record = coffer.record(task, name)
            assert record["uri"].removeprefix("file://").startswith(destination.removeprefix("file://") + "/")
            assert coffer.artifact(task, name)["state"] == "external"
            copy = peer.copy(task, name, extract_archive=False).result
            assert (copy["sha256"], copy["size"]) == (record["hash"], record["content_size"])
            assert peer.exists(record["uri"]).result is True
        assert record["hash"] == hashlib.sha256(SENT).hexdigest() and record["content_size"] == len(SENT)

        assert peer.delete(task, ["numbers"]).result is True
        assert peer.exists(numbers["url"]).result is False
        assert coffer.record(task, "numbers") is None
        assert peer.exists(record["uri"]).result is True, "the other one stays"

    return go


def test_G_01_a_local_folder(round_trip_by, tmp_path):
    round_trip_by(*local_folder(tmp_path))


def test_G_02_a_shared_folder(round_trip_by, tmp_path):
    round_trip_by(*shared_folder(tmp_path))


def test_G_03_s3(round_trip_by, tmp_path):
    round_trip_by(*s3(tmp_path))


def test_G_04_google_cloud_storage(round_trip_by, tmp_path):
    round_trip_by(*gs(tmp_path))


def test_G_10_a_default_of_the_configuration(round_trip_by, tmp_path):
    round_trip_by(*s3(tmp_path), as_default=True)


FOREIGN = (
    "s3://bucket/a b/ü%20%.bin",
    "s3://127.0.0.1:9000/bucket/key",
    "gs://bucket/x?y#z",
    "azure://account.blob.core.windows.net/container/x",
    "file:///mnt/share/x y",
    "https://example.org/data//set.csv?a=b",
)


def test_G_42_foreign_addresses_are_returned_as_written_and_never_followed(new_task, coffer):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET

    asked = []
    with HTTPServer(("127.0.0.1", 0), Handler) as trap:
        threading.Thread(target=trap.serve_forever, daemon=True).start()
        port = trap.server_address[1]
        addresses = [*FOREIGN, f"http://127.0.0.1:{port}/bucket/key", f"s3://127.0.0.1:{port}/bucket/key"]
        task = new_task("foreign")
        coffer.register(
            task.id,
            *(dict(key=f"k{n}", type="custom", mode="output", uri=uri, hash="0" * 64, content_size=9, timestamp=1) for n, uri in enumerate(addresses)),
        )
        for n, uri in enumerate(addresses):
            assert coffer.record(task.id, f"k{n}")["uri"] == uri
            own = coffer.artifact(task.id, f"k{n}", wait=1)
            assert (own["uri"], own["state"]) == (uri, "external")
        copy = coffer.data_of("tasks.clone", task=task.id)["id"]
        assert [a["uri"] for a in coffer.task(task.id)["execution"]["artifacts"]] == addresses
        for id in (copy, task.id):
            coffer.data_of("tasks.delete", task=id, force=True, delete_external_artifacts=True)
        trap.shutdown()
    assert asked == []
